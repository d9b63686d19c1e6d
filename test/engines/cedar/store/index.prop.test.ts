/** The index finds exactly the policies that a look at every scope finds. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createEntityStore } from '../../../../src/engines/cedar/entities/entity-store.ts';
import type { Env } from '../../../../src/engines/cedar/evaluate/code.ts';
import { compileConditions, scopeHolds } from '../../../../src/engines/cedar/evaluate/policy.ts';
import {
  createPolicyStore,
  type PolicyStore,
} from '../../../../src/engines/cedar/store/policy-store.ts';
import { orThrow } from '../../../../src/kernel/errors.ts';
import { policy, policySet, request } from '../differential/policies.ts';
import { createChance } from '../differential/random.ts';
import { randomWorld } from '../differential/world.ts';

type Outcomes = { readonly matched: string[]; readonly failed: string[] };

const scan = (store: PolicyStore, env: Env): Outcomes => {
  const outcomes: Outcomes = { matched: [], failed: [] };
  for (const { id, node } of store.policies) {
    if (!scopeHolds(node, env)) continue;
    const outcome = compileConditions(node)?.(env) ?? true;
    if (outcome === true) outcomes.matched.push(`${node.effect} ${id}`);
    else if (outcome !== false) outcomes.failed.push(id);
  }
  return outcomes;
};

it('agrees with a scan over all policies, in the order of the set', () => {
  let reasons = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const chance = createChance(seed * 7919);
    const world = randomWorld(chance);
    const scene = { chance, world };
    const isLarge = seed % 5 === 0;
    const large = (): string => chance.many(150, 200, () => policy(scene)).join('\n');
    const store = createPolicyStore({ policies: isLarge ? large() : policySet(scene) });
    const entities = orThrow(createEntityStore({ entities: world.entities }));
    for (let n = 0; n < 10; n++) {
      const asked = request(scene);
      const env = store.bind(asked, entities);
      assert.ok(!('problem' in env));
      const { matched, failed } = scan(store, env);
      const effect = matched.some((each) => each.startsWith('forbid')) ? 'forbid' : 'permit';
      const determining = matched.filter((each) => each.startsWith(effect));
      const answer = store.decide(asked, entities);
      assert.deepEqual(
        answer.reasons.map(({ policyId }) => `${effect} ${policyId}`),
        determining,
      );
      assert.deepEqual(
        answer.errors.map(({ policyId }) => policyId),
        failed,
      );
      reasons += determining.length;
    }
  }
  assert.ok(reasons > 100);
});
