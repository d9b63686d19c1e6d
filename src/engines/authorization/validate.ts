/** Reads policies and holds them against a schema; every problem says where it is. */
import { createEvaluator, type EvaluatorName } from './create-evaluator.ts';
import type { CedarEvaluator, Finding, SchemaText } from './evaluator.ts';
import { type Policy, type PolicyReading, readPolicies } from './policy.ts';
import { lineFinder } from './policy-tokens.ts';
import { maxWeight, weighText } from './split-policies.ts';
import type { PolicyProblem, PolicySource } from './types.ts';

export type ValidationInput = {
  readonly policies: readonly PolicySource[] | string;
  readonly schema?: SchemaText;
  /** `sallyport` unless said otherwise. */
  readonly evaluator?: EvaluatorName;
};

const maxSchemaLength = 1_048_576;
const maxJsonSchemaDepth = 64;

const depthOf = (value: unknown, depth = 0): number => {
  if (typeof value !== 'object' || value === null || depth > maxJsonSchemaDepth) return depth;
  return Math.max(depth, ...Object.values(value).map((item) => depthOf(item, depth + 1)));
};

const schemaProblem = (message: string, line?: number): PolicyProblem => ({
  severity: 'error',
  message: `schema: ${message}`,
  ...(line === undefined ? {} : { line }),
});

/** Keeps schemas from the evaluator that it could not survive. */
const schemaTooLarge = (schema: SchemaText): PolicyProblem | undefined => {
  if (typeof schema !== 'string')
    return depthOf(schema) > maxJsonSchemaDepth ? schemaProblem('nests too deeply') : undefined;
  if (schema.length > maxSchemaLength) return schemaProblem('is longer than 1 MiB');
  return weighText(schema) > maxWeight ? schemaProblem('nests too deeply') : undefined;
};

const placeOf = (finding: Finding, policy: Policy): PolicyProblem => ({
  severity: finding.severity,
  message: finding.message,
  policyId: policy.id,
  line: policy.line + lineFinder(policy.text)(finding.offset) - 1,
  ...(policy.file === undefined ? {} : { file: policy.file }),
});

const checkAgainstSchema = (
  policies: readonly Policy[],
  schema: SchemaText,
  evaluator: CedarEvaluator,
): readonly PolicyProblem[] => {
  const tooLarge = schemaTooLarge(schema);
  if (tooLarge !== undefined) return [tooLarge];
  const texts = new Map(policies.map(({ id, text }) => [id, text]));
  const byId = new Map(policies.map((policy) => [policy.id, policy]));
  return evaluator.validate(texts, schema).map((finding) => {
    const policy = finding.policyId === undefined ? undefined : byId.get(finding.policyId);
    if (policy !== undefined) return placeOf(finding, policy);
    const line = typeof schema === 'string' ? lineFinder(schema)(finding.offset) : undefined;
    return schemaProblem(finding.message, line);
  });
};

const inOrder = (problems: readonly PolicyProblem[]): readonly PolicyProblem[] =>
  [...problems].sort(
    (left, right) =>
      (left.file ?? '').localeCompare(right.file ?? '') || (left.line ?? 0) - (right.line ?? 0),
  );

/** Reads policies and, with a schema, validates those that could be read. */
export const readAndValidate = (
  { policies, schema }: ValidationInput,
  evaluator: CedarEvaluator,
): PolicyReading => {
  const sources = typeof policies === 'string' ? [policies] : policies;
  const reading = readPolicies(sources, evaluator);
  if (schema === undefined) return reading;
  const found = checkAgainstSchema(reading.policies, schema, evaluator);
  return { policies: reading.policies, problems: inOrder([...reading.problems, ...found]) };
};

/**
 * Everything that is wrong with these policies: syntax, ids given twice, obligations, and with a
 * schema whatever Cedar's strict validation finds. Empty of errors means the set can be used.
 */
export const validatePolicies = (input: ValidationInput): readonly PolicyProblem[] =>
  readAndValidate(input, createEvaluator(input.evaluator)).problems;
