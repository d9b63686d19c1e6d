/** The WebAssembly evaluator under fire, in a process of its own: traps are survived, slots come back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { slotOf } from '../../../src/engines/authorization/wasm-module.ts';
import { createWasmEvaluator } from '../../../src/engines/authorization/wasm-evaluator.ts';
import { createPolicySet, type PolicyRequest } from '../../../src/engines/authorization/index.ts';
import { createWeightedLru } from '../../../src/engines/authorization/weighted-lru.ts';
import { orThrow } from '../../../src/kernel/errors.ts';

const request: PolicyRequest = {
  principal: { type: 'User', id: 'alice' },
  action: { type: 'Action', id: 'read' },
  resource: { type: 'Doc', id: 'report' },
  context: { a: 1 },
};
const conditional = 'permit (principal, action, resource) when { context.a == 1 };';
/** Far beyond what createPolicySet lets through: overflows the stack of the WebAssembly code. */
const overflow = `permit (principal, action, resource) when { ${'('.repeat(5000)}true${')'.repeat(5000)} };`;

describe('a trap of the evaluator', () => {
  it('becomes an answer, and sets that were prepared before keep deciding', () => {
    const set = orThrow(
      createPolicySet({
        policies: conditional,
        schema:
          'entity User, Doc; action read appliesTo { principal: [User], resource: [Doc], context: { a: Long } };',
      }),
    );
    assert.equal(set.decide(request, []).decision, 'allow');
    const answer = createWasmEvaluator().parsePolicy(overflow);
    assert.ok('message' in answer && answer.message.includes('stack'));
    assert.equal(set.decide(request, []).decision, 'allow');
    assert.equal(
      orThrow(createPolicySet({ policies: conditional })).decide(request, []).decision,
      'allow',
    );
  });
});

describe('slots', () => {
  it('are handed out again after release, and never to two holders', () => {
    const evaluator = createWasmEvaluator();
    const prepare = () => {
      const prepared = evaluator.preparePolicies(new Map([['p', conditional]]));
      assert.ok('handle' in prepared);
      return prepared;
    };
    const [first, second] = [prepare(), prepare()];
    assert.notEqual(slotOf(first).slot, slotOf(second).slot);
    evaluator.release(first);
    const third = prepare();
    assert.equal(slotOf(third).slot, slotOf(first).slot);
    evaluator.release(second);
    evaluator.release(third);
  });

  it('do not pile up when sets come and go', () => {
    const evaluator = createWasmEvaluator();
    const slots = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const set = orThrow(createPolicySet({ policies: conditional, evaluator: 'cedar-wasm' }));
      set.decide(request, []);
      set.dispose();
      const prepared = evaluator.preparePolicies(new Map());
      assert.ok('handle' in prepared);
      slots.add(slotOf(prepared).slot);
      evaluator.release(prepared);
    }
    assert.ok(slots.size <= 2, `${slots.size} slots`);
  });
});

describe('the bounded map of slices', () => {
  it('forgets what was used longest ago and says so', () => {
    const forgotten: string[] = [];
    const lru = createWeightedLru<string>(3, (value) => forgotten.push(value));
    for (const key of ['a', 'b', 'c']) lru.set(key, key, 1);
    lru.get('a');
    lru.set('d', 'd', 2);
    assert.deepEqual(forgotten, ['b', 'c']);
    lru.set('e', 'e', 99);
    assert.equal(lru.size(), 1);
    assert.equal(lru.get('e'), 'e');
    lru.clear();
    assert.deepEqual(forgotten, ['b', 'c', 'a', 'd', 'e']);
  });
});
