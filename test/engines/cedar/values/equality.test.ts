/** Equality of sets: what is equal, and that depth does not cost twice the work with each level. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPolicyStore } from '../../../../src/engines/cedar/index.ts';
import { equalValues } from '../../../../src/engines/cedar/values/equality.ts';
import { setValue, type Value } from '../../../../src/engines/cedar/values/value.ts';

const cases: readonly (readonly [string, boolean])[] = [
  ['[[1, 2], [3]] == [[3], [2, 1, 2], [3]]', true],
  ['[[1, 2], [3]] == [[3], [2]]', false],
  ['[[1], 2] == [2, [1]]', true],
  ['[[1]] == [1]', false],
  ['[1, [1]] == [1]', false],
  ['[{a: [1, 1]}] == [{a: [1]}]', true],
  ['[{a: 1}] == [{b: 1}]', false],
  ['[["1"]] == [[1]]', false],
  ['[[]] == [[]]', true],
  ['[[]] == []', false],
];

for (const [condition, isEqual] of cases)
  it(`says ${isEqual} of ${condition}`, () => {
    const policies = `permit (principal, action, resource) when { ${condition} };`;
    const entity = { type: 'T', id: 'x' };
    const request = { principal: entity, action: entity, resource: entity, context: {} };
    const { decision } = createPolicyStore({ policies }).decide(request, []);
    assert.equal(decision, isEqual ? 'allow' : 'deny');
  });

it('compares sets of sets in time that grows with their size, not twofold with each level', () => {
  const nested = (inner: Value, depth: number): Value =>
    depth === 0 ? inner : setValue([nested(inner, depth - 1)]);
  const records = (depth: number): Value =>
    depth === 0 ? 1 : setValue([records(depth - 1), setValue([]), 'x']);
  // Doubling at every level would take longer than the universe has been there.
  assert.equal(equalValues(nested(1, 128), nested(1, 128)), true);
  assert.equal(equalValues(nested(1, 128), nested(2, 128)), false);
  assert.equal(equalValues(records(128), records(128)), true);
});
