/**
 * COAZ mappings: an object with exactly one envelope, `evaluation` or `evaluations`, whose members become
 * an AuthZEN request. The entries of a batch are written out; no expression can add one.
 */
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import type { JsonObject, JsonValue } from '../../kernel/json-value.ts';
import type { CelValue } from './cel/values.ts';
import { checkEvaluation, checkEvaluations } from './check-request.ts';
import { isWritten, mappingProblem, readTemplate } from './template.ts';
import type { EvaluationRequest, EvaluationsRequest } from './types.ts';

export type MappedRequest =
  | { readonly kind: 'evaluation'; readonly request: EvaluationRequest }
  | { readonly kind: 'evaluations'; readonly request: EvaluationsRequest };

export type CoazMapping = {
  /** Fills the mapping. Refuses with E_COAZ_MAPPING and `data.path`; never throws for JSON. */
  readonly apply: (variables: Readonly<Record<string, CelValue>>) => MappedRequest | Refusal;
};

/** Entries of one batch, as the decision point takes them. */
const maxEntries = 100;

/** The entries have to stand in the mapping: what an expression gives never fans out. */
const entriesProblem = ({ evaluations }: JsonObject): Refusal | undefined => {
  const path = 'evaluations.evaluations';
  if (!Array.isArray(evaluations)) return mappingProblem(path, 'must be written out as a list');
  if (evaluations.length > maxEntries)
    return mappingProblem(path, `more than ${maxEntries} entries`);
  const stray = (evaluations as readonly JsonValue[]).findIndex((entry) => !isWritten(entry));
  return stray < 0 ? undefined : mappingProblem(`${path}.${stray}`, 'must be written as an object');
};

/** Reads a mapping over these variables. Refuses with E_COAZ_MAPPING; never throws for JSON. */
export const readMapping = (
  mapping: JsonValue,
  variables: readonly string[],
): CoazMapping | Refusal => {
  const members = isWritten(mapping) ? Object.keys(mapping) : [];
  const envelopes = members.filter((name) => name === 'evaluation' || name === 'evaluations');
  const [kind] = envelopes;
  if (!isWritten(mapping) || kind === undefined || envelopes.length > 1)
    return mappingProblem('', 'must hold exactly one of evaluation and evaluations');
  const envelope = mapping[kind];
  if (!isWritten(envelope)) return mappingProblem(kind, 'must be written as an object');
  const problem = kind === 'evaluations' ? entriesProblem(envelope) : undefined;
  if (problem !== undefined) return problem;
  const template = readTemplate(envelope, variables, kind);
  if (isRefusal(template)) return template;
  return {
    apply: (given) => {
      const filled = template.fill(given);
      if (isRefusal(filled)) return filled;
      if (kind === 'evaluation') {
        const request = checkEvaluation(filled, kind);
        return isRefusal(request) ? request : { kind, request };
      }
      const request = checkEvaluations(filled, kind);
      return isRefusal(request) ? request : { kind: 'evaluations', request };
    },
  };
};
