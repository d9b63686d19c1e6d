/** Templates: their slots, filling them, and what does not fit. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  isCedarErrors,
  isTemplate,
  linkTemplate,
  type SlotValues,
  slotsOf,
} from '../../../../src/engines/cedar/index.ts';
import { parseOne, withoutSpans } from './trees.ts';

const alice = { type: 'User', id: 'alice' };
const both = parseOne(
  '@a permit(principal is User in ?principal, action, resource == ?resource) when { true };',
);
const one = parseOne('permit(principal in ?principal, action, resource);');
const fixed = parseOne('permit(principal, action, resource);');

describe('a template', () => {
  it('is told by the slots of its scope', () => {
    assert.deepEqual(slotsOf(both), ['?principal', '?resource']);
    assert.deepEqual(slotsOf(one), ['?principal']);
    assert.deepEqual([both, one, fixed].map(isTemplate), [true, true, false]);
  });

  it('becomes the policy that names the entities', () => {
    const album = { type: 'Photos::Album', id: 'a"b' };
    const linked = linkTemplate(both, { '?principal': alice, '?resource': album });
    assert.ok(!isCedarErrors(linked));
    const expected = parseOne(
      '@a permit(principal is User in User::"alice", action, resource == Photos::Album::"a\\"b") when { true };',
    );
    assert.deepEqual(withoutSpans(linked.node), withoutSpans(expected));
    assert.equal(isTemplate(both), true);
  });

  it('takes a value for each of its slots and for no other', () => {
    const wrong: readonly (readonly [typeof both, SlotValues])[] = [
      [both, { '?principal': alice }],
      [both, {}],
      [one, { '?principal': alice, '?resource': alice }],
      [one, { '?resource': alice }],
      [fixed, {}],
      [one, { '?principal': { type: 'not a type', id: 'x' } }],
      [one, { '?principal': { type: '__cedar', id: 'x' } }],
    ];
    for (const [node, values] of wrong) {
      const linked = linkTemplate(node, values);
      assert.ok(
        isCedarErrors(linked) && linked[0]?.code === 'E_CEDAR_LINK',
        JSON.stringify(values),
      );
    }
  });
});
