/** The independent verifier: good logs pass; forgeries, truncation and rollback do not. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { verifyLedger } from '../../../src/domains/ledger/verify/index.ts';
import {
  buildLog,
  createLogKeys,
  encodeSegment,
  entryOf,
  memoryFiles,
  rootAt,
  segmentPath,
  signCheckpoint,
} from './build-log.ts';
import {
  add,
  checkpointAt,
  cut,
  entries,
  flip,
  freshLog,
  keys,
  verify,
  whats,
} from './verify-fixture.ts';
import { buildLargeLog, buildSmallLog, flipEveryByte, flipRandomBytes } from './verify-flips.ts';

const otherKeys = createLogKeys();
const forgedEntries = entries.with(42, entryOf(4242, 90));

test('passes a good log and says what it saw', async () => {
  assert.deepEqual(await verify(freshLog()), {
    ok: true,
    size: 600,
    root: Buffer.from(rootAt(entries, 600)).toString('base64'),
    checkpoints: 5,
    pending: 20,
    keySource: 'log',
    problems: [],
  });
});

test('says when the keys were given', async () => {
  const result = await verify(freshLog(), { vkeys: keys.vkeys });
  assert.deepEqual([result.ok, result.keySource], [true, 'given']);
  const one = await verify(freshLog(), { policy: { required: keys.vkeys.slice(0, 1) } });
  assert.deepEqual([one.ok, one.keySource], [true, 'given']);
});

test('refuses to judge by keys that are none', async () => {
  assert.match(
    whats(await verify(freshLog(), { vkeys: ['x'] })),
    /given keys are not verifier keys/,
  );
});

test('passes the empty log', async () => {
  const log = buildLog({ keys, entries: [], sizes: [0], walFrom: 0 });
  const { ok, size, pending } = await verify(log);
  assert.deepEqual([ok, size, pending], [true, 0, 0]);
});

test('passes a log without segments, one of full tiles only, one that was never cut to a bundle', async () => {
  const without = buildLog({ keys, entries: entries.slice(0, 300), sizes: [300], walFrom: 300 });
  without.delete(segmentPath(300));
  const full = buildLog({ keys, entries: entries.slice(0, 512), sizes: [512], walFrom: 0 });
  const walOnly = buildLog({ keys, entries, sizes: [0], walFrom: 0 });
  for (const log of [without, full, walOnly]) assert.equal(whats(await verify(log)), '');
});

test('reads segments one after the other', async () => {
  const log = freshLog();
  log.set(segmentPath(500), encodeSegment(500, entries.slice(500, 610)));
  log.set(segmentPath(610), encodeSegment(610, entries.slice(610)));
  assert.equal(whats(await verify(log)), '');
});

test('allows partial tiles to be gone once the full one is there', async () => {
  const log = freshLog();
  for (const path of log.keys()) if (path.includes('/000.p/100')) log.delete(path);
  assert.equal(whats(await verify(log)), '');
});

test('allows tiles and bundles ahead of the checkpoint when the segments hold their entries', async () => {
  const log = new Map([...buildLog({ keys, entries, sizes: [620], walFrom: 500 }), ...freshLog()]);
  log.delete('log/history/620');
  assert.equal(whats(await verify(log)), '');
  log.delete(segmentPath(500));
  assert.match(
    whats(await verify(log)),
    /600: entry beyond the checkpoint is not in the write-ahead/,
  );
});

test('finds a whole log rewritten under the same keys against a kept checkpoint', async () => {
  const forged = buildLog({ keys, entries: forgedEntries, sizes: [600], walFrom: 600 });
  assert.equal((await verify(forged)).ok, true, 'the forgery agrees with itself');
  const result = await verify(forged, { checkpoint: checkpointAt(300) });
  assert.match(whats(result), /kept checkpoint: root at size 300 is another one/);
});

test('finds a whole log rewritten under other keys when the keys are given', async () => {
  const forged = buildLog({ keys: otherKeys, entries: forgedEntries, sizes: [600], walFrom: 600 });
  assert.equal((await verify(forged)).keySource, 'log');
  assert.equal((await verify(forged, { vkeys: keys.vkeys })).ok, false);
});

test('finds truncation and rollback against a kept checkpoint', async () => {
  for (const size of [0, 100, 256, 599]) {
    const shorter = buildLog({
      keys,
      entries: entries.slice(0, size),
      sizes: [size],
      walFrom: size,
    });
    assert.equal((await verify(shorter)).ok, true);
    const result = await verify(shorter, { checkpoint: checkpointAt(600) });
    assert.match(whats(result), new RegExp(`${size}: kept checkpoint has size 600`));
  }
});

test('accepts the kept checkpoint of an earlier size, and of the same size', async () => {
  for (const size of [0, 1, 255, 300, 600]) {
    const result = await verify(freshLog(), { checkpoint: checkpointAt(size) });
    assert.equal(whats(result), '');
    assert.equal(result.checkpoints, 6);
  }
});

test('refuses kept checkpoints that are forged or no checkpoints', async () => {
  const root = rootAt(forgedEntries, 300);
  for (const note of [signCheckpoint(otherKeys, { size: 300, root }), 'nonsense', ''])
    assert.match(whats(await verify(freshLog(), { checkpoint: note })), /kept checkpoint: /);
  const forged = signCheckpoint(keys, { size: 300, root });
  assert.match(whats(await verify(freshLog(), { checkpoint: forged })), /is another one/);
});

test('tells a log cut in the middle of its bundles from a good one', async () => {
  const log = freshLog();
  for (const path of log.keys())
    if (/\/(entries|0)\/00[12]/.test(path) || path.startsWith('wal/')) log.delete(path);
  const result = await verify(log);
  assert.match(whats(result), /256: checkpoint has size 600, but the log ends after 256 entries/);
  assert.deepEqual([result.ok, result.size], [false, 256]);
});

test('takes a torn tail, temporary files and files ahead for normal in a live log', async () => {
  const log = freshLog();
  cut(segmentPath(500), 5)(log);
  add('log/checkpoint.tmp')(log);
  add('log/tile/0/003.p/1')(log);
  add('wal/0000000000000800.seg.tmp')(log);
  const result = await verify(log, { live: true });
  assert.deepEqual([whats(result), result.pending], ['', 19]);
  assert.equal((await verify(log)).problems.length, 4);
});

test('forgives a live log no damage before the tail', async () => {
  const log = freshLog();
  cut(segmentPath(500), 5)(log);
  log.set(segmentPath(619), encodeSegment(619, entries.slice(619)));
  assert.match(whats(await verify(log, { live: true })), /frame is cut off/);
  for (const damage of [flip('log/tile/0/001', 5), flip('log/tile/entries/001', 50)]) {
    const damaged = freshLog();
    damage(damaged);
    assert.equal((await verify(damaged, { live: true })).ok, false);
  }
});

test('stops at the bound of problems', async () => {
  const log = freshLog();
  for (let i = 0; i < 50; i++) add(`log/stray-${i}`)(log);
  assert.equal((await verify(log)).problems.length, 50);
  assert.equal((await verify(log, { maxProblems: 7 })).problems.length, 7);
});

test('reports files that cannot be read instead of failing', async () => {
  const files = {
    ...memoryFiles(freshLog()),
    read: (path: string): Uint8Array | undefined => {
      if (path === 'log/tile/0/001') throw new Error('EIO: i/o error, read');
      return freshLog().get(path);
    },
  };
  const result = await verifyLedger({ directory: '', files });
  assert.match(whats(result), /cannot read tile\/0\/001: EIO/);
});

test('verifies directories on disk', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-verify-'));
  try {
    for (const [path, bytes] of freshLog()) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), bytes);
    }
    assert.equal(whats(await verifyLedger({ directory })), '');
    const tile = join(directory, 'log/tile/0/000');
    const bytes = readFileSync(tile);
    writeFileSync(tile, Buffer.concat([bytes, Buffer.alloc(17_000_000)]));
    assert.match(whats(await verifyLedger({ directory })), /cannot read tile\/0\/000: .* exceed/);
    assert.equal((await verifyLedger({ directory: join(directory, 'absent') })).ok, false);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('finds flipped bytes anywhere in a small log', async () => {
  const { flips, undetected } = await flipEveryByte(buildSmallLog(), 37);
  assert.deepEqual(undetected, []);
  assert.ok(flips > 600);
});

test('finds changed bytes anywhere in a large log', async () => {
  const { undetected } = await flipRandomBytes(buildLargeLog(), { count: 100, seed: 7 });
  assert.deepEqual(undetected, []);
});
