/** Conditions of the tables joined at random: what one tests, the other may read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disagreement, mustRead, ourVerdict } from './oracle.ts';
import { createDice, type Dice } from './random.ts';
import { actions } from './table-actions.ts';
import { basics } from './table-basics.ts';
import { types } from './table-types.ts';

const join = (dice: Dice, conditions: readonly string[], depth: number): string => {
  if (depth === 0 || dice.chance(0.2)) return `(${dice.pick(conditions)})`;
  const part = (): string => join(dice, conditions, depth - 1);
  const kind = dice.below(6);
  if (kind < 2) return `(${part()} && ${part()})`;
  if (kind < 4) return `(${part()} || ${part()})`;
  if (kind === 4) return `!${part()}`;
  return `(if ${part()} then ${part()} else ${part()})`;
};

const whole = (body: string, action: string): string =>
  `permit(principal, ${action}, resource) when { ${body} };`;

for (const [name, { schema, conditions }] of Object.entries({ basics, types, actions }))
  test(`agrees with the oracle on joined conditions of the table "${name}"`, () => {
    const resolved = mustRead(schema);
    const read = 'action == Action::"read"';
    const isGood = (body: string): boolean =>
      ourVerdict(resolved, whole(body, read))?.errors.length === 0;
    const isUnsafe = (body: string): boolean => /age|getTag|opt/u.test(body);
    const parts = conditions.filter((body) => isGood(body) || isUnsafe(body));
    const dice = createDice(17);
    let good = 0;
    for (let round = 0; round < 150; round++) {
      const text = whole(join(dice, parts, 3), dice.pick([read, 'action']));
      assert.equal(disagreement(schema, resolved, text), undefined);
      if (ourVerdict(resolved, text)?.errors.length === 0) good++;
    }
    assert.ok(good > 15 && good < 140, `${good} of 150 are good`);
  });
