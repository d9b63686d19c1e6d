/**
 * Deciding, closed by default: without valid policies, with knowledge too old, for malformed questions,
 * and when a prohibition cannot be evaluated, the answer is no.
 */
import {
  type Decision,
  type Entity,
  type EntitySource,
  entityKey,
  type Explanation,
  type PolicySet,
  withAttributes,
} from '../../engines/authorization/index.ts';
import { type DecisionCache, toQuestion } from './decision-cache.ts';
import { accessErrors } from './errors.ts';
import type { AccessRequest } from './types.ts';

/** A denial that no policy determined; the message starts with a stable code. */
export const denial = (code: string, detail: string): Decision => ({
  decision: 'deny',
  reasons: [],
  obligations: [],
  errors: [{ policyId: '', message: `${code}: ${detail}` }],
});

export const invalidPolicies = (problems: number): Decision =>
  denial('E_POLICY_INVALID', `the policies in force have ${problems} problem(s)`);

export const staleKnowledge = (ageMs: number): Decision =>
  denial(accessErrors.E_ACCESS_STALE.code, `last heard of changes ${Math.round(ageMs)} ms ago`);

/**
 * Cedar skips policies that err. For a permit that is closed; a forbid that is skipped would open
 * the door, so here it counts as if it had matched.
 */
export const closeOverErrors = (set: PolicySet, decision: Decision): Decision => {
  if (decision.decision === 'deny' || decision.errors.length === 0) return decision;
  const blind = decision.errors
    .map(({ policyId }) => set.describe(policyId))
    .filter((policy) => policy?.effect === 'forbid');
  if (blind.length === 0) return decision;
  const reasons = blind.flatMap((policy) => {
    if (policy === undefined) return [];
    const { effect: _effect, ...reason } = policy;
    return [reason];
  });
  return { decision: 'deny', reasons, obligations: [], errors: decision.errors };
};

/** Claims come from outside, so they may use the short notations of the schema. */
const claimsOf = (set: PolicySet, { principal, resource, claims }: AccessRequest) => {
  const added = new Map<string, Entity['attrs']>();
  for (const [ref, attrs] of [
    [principal, claims?.principal],
    [resource, claims?.resource],
  ] as const)
    if (attrs !== undefined) {
      const key = entityKey(ref);
      added.set(key, { ...added.get(key), ...set.readAttributes(ref.type, attrs) });
    }
  return added;
};

const withClaims = (set: PolicySet, source: EntitySource, request: AccessRequest) => {
  const asked = toQuestion(request);
  const context = isRecord(request.context)
    ? set.readContext(asked.action, request.context)
    : request.context;
  return {
    question: { ...asked, context },
    entities: withAttributes(source, claimsOf(set, request)),
  };
};

export type Deciding = {
  readonly set: PolicySet;
  readonly source: EntitySource;
  readonly cache: DecisionCache;
};

/** What is asked has the shape of a question; callers may pass on what foreigners sent. */
const isQuestion = ({ principal, action, resource }: Partial<AccessRequest>): boolean =>
  typeof principal?.type === 'string' &&
  typeof principal.id === 'string' &&
  typeof action === 'string' &&
  typeof resource?.type === 'string' &&
  typeof resource.id === 'string';

const isRecord = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const malformed = denial('E_MALFORMED', 'principal, action or resource is malformed');

/** Decides one request, from the cache when it holds no claims. Never throws. */
export const decideWith = ({ set, source, cache }: Deciding, request: AccessRequest): Decision => {
  if (!isQuestion(request)) return malformed;
  if (request.claims === undefined) return closeOverErrors(set, cache.decide(set, source, request));
  const { question, entities } = withClaims(set, source, request);
  return closeOverErrors(set, set.decide(question, entities));
};

/** As `decideWith`, policy by policy. */
export const explainWith = ({ set, source }: Deciding, request: AccessRequest): Explanation => {
  if (!isQuestion(request)) return { decision: malformed, policies: [] };
  const isForeign = request.claims !== undefined;
  const { question, entities } = isForeign
    ? withClaims(set, source, request)
    : { question: { ...toQuestion(request), context: request.context }, entities: source };
  const explanation = set.explain(question, entities);
  const decision = closeOverErrors(set, explanation.decision);
  if (decision === explanation.decision) return explanation;
  const decisive = new Set(decision.reasons.map(({ policyId }) => policyId));
  return {
    decision,
    policies: explanation.policies.map((policy) =>
      policy.outcome === 'determining'
        ? { ...policy, outcome: 'matched', why: 'it matches, but a forbid policy overrides' }
        : decisive.has(policy.policyId)
          ? {
              ...policy,
              outcome: 'determining',
              why: `counts as a match, as it erred: ${policy.why}`,
            }
          : policy,
    ),
  };
};
