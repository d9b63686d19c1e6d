/** A residual comes to what the whole policy comes to, for every way to fill what was unknown. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createEntityStore } from '../../../../src/engines/cedar/entities/entity-store.ts';
import type { Env } from '../../../../src/engines/cedar/evaluate/code.ts';
import { compileExpression } from '../../../../src/engines/cedar/evaluate/compile.ts';
import { policyToExpr } from '../../../../src/engines/cedar/evaluate/policy.ts';
import {
  compileResiduals,
  decidePartially,
  type PartialDecision,
  type PartialRequest,
} from '../../../../src/engines/cedar/partial/decide-partially.ts';
import { createPolicyStore } from '../../../../src/engines/cedar/store/policy-store.ts';
import type { Outcome } from '../../../../src/engines/cedar/values/value.ts';
import { orThrow } from '../../../../src/kernel/errors.ts';
import { policySet, type Request, request } from '../differential/policies.ts';
import { type Chance, createChance } from '../differential/random.ts';
import { randomWorld } from '../differential/world.ts';

/** Leaves parts out; what stays is as in the whole request. */
const hide = (chance: Chance, whole: Request): PartialRequest => {
  const subject = (name: 'principal' | 'action' | 'resource'): PartialRequest =>
    chance.pick<PartialRequest>([
      {},
      { [name]: whole[name] },
      { [name]: whole[name] },
      { [name]: { type: whole[name].type } },
    ]);
  const keys = Object.keys(whole.context).filter(() => chance.hits(0.5));
  const rest = Object.entries(whole.context).filter(([key]) => !keys.includes(key));
  const context = chance.pick<PartialRequest>([
    {},
    { context: whole.context },
    { context: Object.fromEntries(rest), unknownContext: [...keys, 'a'] },
  ]);
  return { ...subject('principal'), ...subject('action'), ...subject('resource'), ...context };
};

const summary = (outcome: Outcome | undefined): string =>
  typeof outcome === 'boolean' ? String(outcome) : 'failure';

/** What the partial answer says about a policy, completed by the rest of the request. */
const completed = (partial: PartialDecision, id: string, env: Env): string => {
  if (partial.satisfied.some(({ policyId }) => policyId === id)) return 'true';
  if (partial.errors.some(({ policyId }) => policyId === id)) return 'failure';
  const residual = partial.residuals.find(({ policyId }) => policyId === id);
  return residual === undefined ? 'false' : summary(compileExpression(residual.condition)(env));
};

it('agrees with full evaluation on every policy and on the decision', () => {
  let residuals = 0;
  for (let seed = 1; seed <= 250; seed++) {
    const chance = createChance(seed * 104_729);
    const world = randomWorld(chance);
    const scene = { chance, world };
    const store = createPolicyStore({ policies: policySet(scene) });
    const entities = orThrow(createEntityStore({ entities: world.entities }));
    for (let n = 0; n < 6; n++) {
      const whole = request(scene);
      const open = hide(chance, whole);
      const partial = decidePartially(store, open, entities);
      const env = store.bind(whole, entities);
      assert.ok(!('problem' in env));
      residuals += partial.residuals.length;
      for (const { id, node } of store.policies) {
        const full = summary(compileExpression(policyToExpr(node))(env));
        assert.equal(completed(partial, id, env), full, `seed ${seed}, policy ${id}`);
      }
      const { decision } = store.decide(whole, entities);
      assert.equal(compileResiduals(partial)(env), decision);
      if (partial.decision !== undefined) assert.equal(partial.decision, decision);
    }
  }
  assert.ok(residuals > 500);
});
