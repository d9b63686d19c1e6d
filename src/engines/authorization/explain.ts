/** Says of every policy of a set what became of it in one decision, and why. */
import type { Candidates } from './candidates.ts';
import { formatEntity } from './entity-graph.ts';
import { decideCandidates, type Engine, reasonOf, type World } from './evaluate.ts';
import type { Policy } from './policy.ts';
import { passes, type ScopeTest } from './scope.ts';
import type { Decision, Explanation, PolicyExplanation, PolicyRequest } from './types.ts';
import { subjectOf } from './world.ts';

type Question = {
  readonly engine: Engine;
  readonly request: PolicyRequest;
  readonly world: World;
};

const mismatch = (policy: Policy, { request, world }: Question): string | undefined => {
  for (const part of ['principal', 'action', 'resource'] as const) {
    const test: ScopeTest = policy.scope[part];
    if (passes(test, subjectOf(request[part], world.source))) continue;
    const wanted = test.op === 'all' ? '' : test.text;
    return `${part} ${formatEntity(request[part])} is not ${wanted}`;
  }
  return undefined;
};

/** Decides with this policy alone: whether a permit or a forbid matched shows in the reasons. */
const askAlone = (policy: Policy, { engine, request, world }: Question): Decision => {
  const alone = [policy];
  const candidates: Candidates = {
    group: { key: `only ${policy.index}`, conditional: alone, find: () => alone },
    unconditional: policy.conditional ? [] : alone,
    conditional: policy.conditional ? alone : [],
  };
  return decideCandidates(engine, candidates, { request, world });
};

type Outcome = Pick<PolicyExplanation, 'outcome' | 'why'>;

const outcomeOf = (policy: Policy, decision: Decision, question: Question): Outcome => {
  const outside = mismatch(policy, question);
  if (outside !== undefined) return { outcome: 'out-of-scope', why: outside };
  if (decision.reasons.some(({ policyId }) => policyId === policy.id))
    return { outcome: 'determining', why: `scope and conditions match; it ${policy.effect}s` };
  const alone = askAlone(policy, question);
  const error = alone.errors[0];
  if (error !== undefined) return { outcome: 'error', why: error.message };
  if (alone.reasons.length > 0)
    return { outcome: 'matched', why: 'scope and conditions match, but a forbid policy overrides' };
  return { outcome: 'not-matched', why: 'scope matches, a condition does not' };
};

/** Explains `decision` policy by policy, in source order. */
export const explainDecision = (
  policies: readonly Policy[],
  decision: Decision,
  question: Question,
): Explanation => ({
  decision,
  policies: policies.map((policy) => ({
    ...reasonOf(policy),
    effect: policy.effect,
    ...outcomeOf(policy, decision, question),
  })),
});
