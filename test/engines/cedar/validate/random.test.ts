/** Random policies over random schemas: our verdicts are the oracle's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disagreement, mustRead, oracleVerdict } from './oracle.ts';
import { createDice, randomPolicy, randomSchema } from './random.ts';

test('agrees with the oracle on 400 random policies, good and bad ones among them', () => {
  const found: string[] = [];
  let good = 0;
  for (let seed = 1; seed <= 50; seed++) {
    const dice = createDice(seed);
    const source = randomSchema(dice);
    const schema = mustRead(source);
    for (let index = 0; index < 8; index++) {
      const text = randomPolicy(dice);
      if (oracleVerdict(source, { staticPolicies: text })?.errors.length === 0) good++;
      const parted = disagreement(source, schema, text);
      if (parted !== undefined) found.push(`seed ${seed}: ${source}\n${parted}`);
    }
  }
  assert.deepEqual(found, []);
  assert.ok(good > 100 && good < 350, `${good} of 400 are good`);
});
