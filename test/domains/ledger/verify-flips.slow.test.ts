/** Every byte of a 32 KB log and many of a 1 MB log. SALLYPORT_TEST_FLIPS raises the second count. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { totalBytes } from './build-log.ts';
import { buildLargeLog, buildSmallLog, flipEveryByte, flipRandomBytes } from './verify-flips.ts';

test('finds a flipped bit in every single byte of a 32 KB log', async () => {
  const log = buildSmallLog();
  const { flips, undetected } = await flipEveryByte(log);
  assert.deepEqual(undetected, []);
  assert.equal(flips, totalBytes(log));
  assert.ok(flips >= 32 * 1024);
});

test('finds every changed byte of a 1 MB log', async () => {
  const log = buildLargeLog();
  assert.ok(totalBytes(log) >= 1024 * 1024);
  const count = Number(process.env.SALLYPORT_TEST_FLIPS ?? 2000);
  assert.deepEqual((await flipRandomBytes(log, { count })).undetected, []);
});
