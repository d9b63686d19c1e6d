/** Secrets do not show, clocks and randomness are what they are told to be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, inspect } from 'node:util';
import { fakeClock, systemClock, systemRandom } from '../../src/kernel/effects.ts';
import { Secret } from '../../src/kernel/secret.ts';

test('shows a secret in no way but reveal', () => {
  const secret = new Secret('hunter2');
  const shown = [
    String(secret),
    `${secret.toString()}`,
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
    format('%s %o %j', secret, secret, secret),
    Object.values(secret).join(),
  ];
  for (const text of shown) assert.doesNotMatch(text, /hunter2/);
  assert.equal(secret.reveal(), 'hunter2');
});

test('wipes bytes and leaves text alone', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  new Secret(bytes).wipe();
  assert.deepEqual([...bytes], [0, 0, 0]);
  const text = new Secret('x');
  text.wipe();
  assert.equal(text.reveal(), 'x');
});

test('moves a fake clock only when told to', () => {
  const clock = fakeClock(1000);
  assert.deepEqual([clock.nowMs(), clock.monotonicMs()], [1000, 0]);
  clock.advance(5);
  assert.deepEqual([clock.nowMs(), clock.monotonicMs()], [1005, 5]);
});

test('reads the clocks of the system and gives as much randomness as asked', () => {
  assert.ok(systemClock.nowMs() > Date.UTC(2025, 0));
  assert.ok(systemClock.monotonicMs() <= systemClock.monotonicMs());
  assert.equal(systemRandom.bytes(0).length, 0);
  assert.notDeepEqual(systemRandom.bytes(32), systemRandom.bytes(32));
});
