/** UUIDv7: form and order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock, type Random, systemRandom } from '../../src/kernel/effects.ts';
import { uuidv7 } from '../../src/kernel/uuid.ts';

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const timeOf = (uuid: string): number => Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16);
const filledWith = (byte: number): Random => ({
  bytes: (count) => new Uint8Array(count).fill(byte),
});

test('carries version, variant and the time in milliseconds', () => {
  const startMs = 0x0190_1234_5678;
  const uuid = uuidv7(fakeClock(startMs), systemRandom)();
  assert.match(uuid, form);
  assert.equal(timeOf(uuid), startMs);
});

test('increases strictly within one millisecond', () => {
  const next = uuidv7(fakeClock(), systemRandom);
  const made = Array.from({ length: 5000 }, () => next());
  assert.deepEqual(made, made.toSorted());
  assert.equal(new Set(made).size, made.length);
});

test('increases over milliseconds and does not go back with the clock', () => {
  let nowMs = 1_000_000;
  const next = uuidv7({ nowMs: () => nowMs, monotonicMs: () => 0 }, systemRandom);
  const made = [0, 1, 1, 50, -1000, -2000, 3].map((step) => {
    nowMs += step;
    return next();
  });
  assert.deepEqual(made, made.toSorted());
});

test('depends on nothing but the clock and the randomness it is given', () => {
  const make = (): string => uuidv7(fakeClock(5), filledWith(0x5a))();
  assert.equal(make(), make());
});
