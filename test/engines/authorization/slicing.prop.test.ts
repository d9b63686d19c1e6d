/** Slices, minimal entities and answers from scopes alone change nothing: plain Cedar agrees. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import type * as Cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import {
  createPolicySet,
  type Decision,
  type Entity,
  graphOf,
  type PolicyRequest,
} from '../../../src/engines/authorization/index.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { arbitraryEntities, arbitraryPolicy, arbitraryRequest } from './arbitrary-policies.ts';

/** Asked for each time: a trap in a test beside this one replaces the instance. */
const loadCedar = (): typeof Cedar =>
  createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs') as typeof Cedar;

type Verdict = {
  readonly decision: string;
  readonly reasons: readonly string[];
  readonly errors: readonly string[];
};

/** The whole set, all entities, Cedar alone. */
const askCedar = (
  policies: readonly string[],
  request: PolicyRequest,
  entities: readonly Entity[],
): Verdict => {
  const staticPolicies = Object.fromEntries(policies.map((text, i) => [`policy${i}`, text]));
  const call = { ...request, entities, policies: { staticPolicies } };
  const cedar = loadCedar();
  const answer = cedar.isAuthorized(call as Parameters<typeof cedar.isAuthorized>[0]);
  assert.equal(answer.type, 'success');
  if (answer.type !== 'success') return { decision: '', reasons: [], errors: [] };
  const { decision, diagnostics } = answer.response;
  const errors = diagnostics.errors.map(({ policyId }) => policyId).sort();
  return { decision, reasons: diagnostics.reason.toSorted(), errors };
};

const verdictOf = ({ decision, reasons, errors }: Decision): Verdict => ({
  decision,
  reasons: reasons.map(({ policyId }) => policyId).sort(),
  errors: errors.map(({ policyId }) => policyId).sort(),
});

describe('a sliced policy set', () => {
  it('decides, reasons and errs exactly like the whole set', () => {
    const policies = fc.array(arbitraryPolicy, { minLength: 1, maxLength: 12 });
    const requests = fc.array(arbitraryRequest, { minLength: 3, maxLength: 3 });
    const property = fc.property(
      policies,
      arbitraryEntities,
      requests,
      (texts, entities, asked) => {
        const set = orThrow(createPolicySet({ policies: texts.join('\n') }));
        const graph = orThrow(graphOf(entities));
        for (const request of asked) {
          const expected = askCedar(texts, request, entities);
          // Twice: the first use of a slice borrows its action group, the second has its own.
          assert.deepEqual(verdictOf(set.decide(request, graph)), expected);
          assert.deepEqual(verdictOf(set.decide(request, graph)), expected);
          assert.deepEqual(verdictOf(set.decide(request, entities)), expected);
          assert.deepEqual(verdictOf(set.plan(request, graph).decide(request.context)), expected);
        }
        set.dispose();
      },
    );
    fc.assert(property, { numRuns: Number(process.env.SALLYPORT_PROPERTY_RUNS ?? 150) });
  });

  it('gives equal context keys only to contexts with equal decisions', () => {
    const policies = fc.array(arbitraryPolicy, { minLength: 1, maxLength: 8 });
    const contexts = fc.array(arbitraryRequest, { minLength: 2, maxLength: 6 });
    const property = fc.property(
      policies,
      arbitraryEntities,
      contexts,
      (texts, entities, asked) => {
        const set = orThrow(createPolicySet({ policies: texts.join('\n') }));
        const [first] = asked;
        if (first === undefined) return;
        const plan = set.plan(first, orThrow(graphOf(entities)));
        const known = new Map<string, Verdict>();
        for (const { context } of asked) {
          const verdict = verdictOf(plan.decide(context));
          const key = plan.contextKey(context);
          assert.deepEqual(known.get(key) ?? verdict, verdict);
          known.set(key, verdict);
        }
        set.dispose();
      },
    );
    fc.assert(property, { numRuns: Number(process.env.SALLYPORT_PROPERTY_RUNS ?? 100) });
  });
});
