/** Random worlds, policies and requests: Cedar's WebAssembly build and we give the same answers. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compareWithCedar } from './compare.ts';

it('decides 2,000 random requests as Cedar does', () => {
  const { requests, allowed, withErrors, disagreements } = compareWithCedar({
    requests: 2_000,
    seed: 20_261_120,
  });
  assert.deepEqual(disagreements, []);
  assert.equal(requests, 2_000);
  assert.ok(allowed > 40, `only ${allowed} requests were allowed`);
  assert.ok(withErrors > 200, `only ${withErrors} requests met an error`);
});
