/** A set of policies as it is in force: compiled, or invalid and then denying everything. */
import { createHash } from 'node:crypto';
import {
  createPolicySet,
  defaultEvaluator,
  type EvaluatorName,
  type PolicyProblem,
  type PolicySet,
  type PolicySource,
  validatePolicies,
} from '../../engines/authorization/index.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import type { PolicySetInfo } from './types.ts';

export type PolicyOrigin = {
  /** Our own when absent. */
  readonly evaluator?: EvaluatorName;
  readonly source: PolicySetInfo['source'];
  readonly version: number;
  readonly files: readonly PolicySource[];
  readonly schema: string;
};

export type PolicyState = {
  readonly evaluator: EvaluatorName;
  readonly info: PolicySetInfo;
  /** Undefined when invalid. */
  readonly set: PolicySet | undefined;
  /** What entities are held against: a set with the same schema, or why there is none. */
  readonly vocabulary: PolicySet | Refusal;
};

/** `sha256:…` over the files, ordered by name, and the schema. */
export const digestPolicies = (files: readonly PolicySource[], schema: string): string => {
  const sorted = files
    .map(({ file, text }) => ({ file, text }))
    .sort((left, right) => (left.file < right.file ? -1 : 1));
  const json = canonicalJson({ files: sorted, schema });
  return `sha256:${createHash('sha256').update(json).digest('hex')}`;
};

/** Compiles a set; never throws for what policies or schema say. */
export const compilePolicies = (origin: PolicyOrigin): PolicyState => {
  const { source, version, files, schema, evaluator = defaultEvaluator } = origin;
  const set = createPolicySet({ policies: files, schema, evaluator });
  const isValid = !isRefusal(set);
  const problems: readonly PolicyProblem[] = isValid
    ? set.warnings
    : validatePolicies({ policies: files, schema, evaluator });
  const info: PolicySetInfo = {
    source,
    version,
    digest: digestPolicies(files, schema),
    files,
    schema,
    policyIds: isValid ? set.policyIds : [],
    problems,
  };
  if (isValid) return { evaluator, info, set, vocabulary: set };
  const vocabulary = createPolicySet({ policies: '', schema, evaluator });
  return { evaluator, info, set: undefined, vocabulary };
};

/** Lets go of what the evaluator holds for this state. */
export const disposePolicies = ({ set, vocabulary }: PolicyState): void => {
  set?.dispose();
  if (!isRefusal(vocabulary)) vocabulary.dispose();
};
