/** The writer is killed three times here; test/crash does it hundreds of times. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sweepCrashes } from './crash-sweep.ts';

test('loses no acknowledged event when the process is killed, and verifies after each restart', async () => {
  const { acknowledged, problems } = await sweepCrashes(3);
  assert.deepEqual(problems, []);
  assert.ok(acknowledged > 0, 'nothing was acknowledged before the kills');
});
