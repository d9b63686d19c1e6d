/** Keys of issuers: when they are read, how long they count, and that failures refuse. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createKeySource } from '../../../src/doors/attestors/key-source.ts';
import { fakeClock } from '../../../src/kernel/effects.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import type { JsonObject } from '../../../src/kernel/json-value.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';

const keysNamed = (...ids: readonly string[]): JsonObject => ({
  keys: ids.map((kid) => ({ kid })),
});
const second = 1000;
const minute = 60 * second;

const openSource = (first: JsonObject | Error = keysNamed('a')) => {
  const clock = fakeClock();
  const log = createMemoryLog();
  const issuer = { answer: first, asked: 0 };
  const load = (): Promise<JsonObject> => {
    issuer.asked += 1;
    return issuer.answer instanceof Error
      ? Promise.reject(issuer.answer)
      : Promise.resolve(issuer.answer);
  };
  const ask = createKeySource({ name: 'ci', load, clock, log });
  return { ask, clock, issuer, log };
};

const statusOf = (answer: unknown): number =>
  isRefusal(answer) ? (answer.error.status ?? 0) : 200;

describe('the keys of an issuer', () => {
  it('are read once for many tokens, also at the same time', async () => {
    const { ask, issuer } = openSource();
    await Promise.all([ask('a'), ask('a'), ask(undefined)]);
    await ask('a');
    assert.equal(issuer.asked, 1);
  });

  it('are read again after ten minutes, and count for an hour without their issuer', async () => {
    const { ask, clock, issuer } = openSource();
    await ask('a');
    clock.advance(10 * minute);
    issuer.answer = new Error('gone');
    assert.equal(statusOf(await ask('a')), 200);
    assert.equal(issuer.asked, 2);
    clock.advance(49 * minute);
    assert.equal(statusOf(await ask('a')), 200);
    clock.advance(minute);
    assert.equal(statusOf(await ask('a')), 503);
    clock.advance(10 * second);
    issuer.answer = keysNamed('a');
    assert.equal(statusOf(await ask('a')), 200);
  });

  it('are read at once for a new key, but never twice in ten seconds', async () => {
    const { ask, clock, issuer } = openSource();
    await ask('a');
    issuer.answer = keysNamed('a', 'b');
    clock.advance(9 * second);
    assert.deepEqual(await ask('b'), keysNamed('a'));
    assert.equal(issuer.asked, 1);
    clock.advance(second);
    assert.deepEqual(await ask('b'), keysNamed('a', 'b'));
    for (let i = 0; i < 50; i++) await ask(`made-up-${i}`);
    assert.equal(issuer.asked, 2);
  });

  it('are unavailable for a new key while the issuer does not answer', async () => {
    const { ask, clock, issuer } = openSource();
    await ask('a');
    issuer.answer = new Error('gone');
    clock.advance(10 * second);
    assert.equal(statusOf(await ask('b')), 503);
    assert.equal(statusOf(await ask('a')), 200);
  });

  for (const [what, answer] of [
    ['an issuer that does not answer', new Error('gone')],
    ['an answer without keys', {}],
    ['an empty set', { keys: [] }],
  ] as const)
    it(`are refused as unavailable for ${what}, and the operator is told`, async () => {
      const { ask, issuer, log } = openSource(answer);
      assert.equal(statusOf(await ask('a')), 503);
      assert.equal(statusOf(await ask('a')), 503);
      assert.equal(issuer.asked, 1);
      assert.equal(log.entries.length, 1);
    });
});
