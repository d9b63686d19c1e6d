/** Opening again after a crash, at every byte, and refusing what cannot have been a crash. */
import assert from 'node:assert/strict';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyLedger } from '../../../src/domains/ledger/index.ts';
import { nodeFileOperations } from '../../../src/domains/ledger/writer/file-operations.ts';
import { layoutOf } from '../../../src/domains/ledger/writer/layout.ts';
import { recover } from '../../../src/domains/ledger/writer/recovery.ts';
import {
  createCheckpointSigner,
  type CheckpointSigner,
} from '../../../src/domains/ledger/writer/signer.ts';
import { decisive } from './events.ts';
import { rejectsWith, type TestLedger, withLedger } from './test-ledger.ts';

const segment = (directory: string): string => {
  const names = readdirSync(join(directory, 'wal')).toSorted();
  return join(directory, 'wal', names.at(-1) ?? '');
};

const signerOf = async ({ keys }: TestLedger): Promise<CheckpointSigner> =>
  createCheckpointSigner({
    origin: 'ledger.test/node',
    ed25519: (await keys.exportSigningKey('ledger-checkpoint-ed25519')).reveal(),
    mlDsa44: (await keys.exportSigningKey('ledger-checkpoint-ml-dsa-44')).reveal(),
  });

/** A ledger that died without closing: `published` entries signed for, `more` only in the log. */
const crashed = async (given: TestLedger, published: number, more: number): Promise<string> => {
  const ledger = await given.open();
  await Promise.all(Array.from({ length: published }, (_, n) => ledger.append(decisive(n))));
  await ledger.checkpoint();
  for (let n = 0; n < more; n++) await ledger.append(decisive(published + n));
  const copy = mkdtempSync(join(tmpdir(), 'sallyport-crashed-'));
  cpSync(given.directory, copy, { recursive: true });
  await ledger.close();
  rmSync(given.directory, { recursive: true });
  cpSync(copy, given.directory, { recursive: true });
  rmSync(copy, { recursive: true });
  return given.directory;
};

test('brings back every acknowledged entry after a crash, whatever was published', () =>
  withLedger(async (given) => {
    const directory = await crashed(given, 260, 3);
    const ledger = await given.open();
    assert.equal(ledger.size(), 263);
    assert.deepEqual((await ledger.read(262)).ocsf, decisive(262).ocsf);
    assert.deepEqual((await verifyLedger({ directory, live: true })).problems, []);
    await ledger.close();
    assert.deepEqual((await verifyLedger({ directory })).problems, []);
  }));

test('cuts a torn tail off at every byte and keeps what comes before', () =>
  withLedger(async (given) => {
    const directory = await crashed(given, 2, 2);
    const signer = await signerOf(given);
    const path = segment(directory);
    const whole = readFileSync(path);
    const options = { files: nodeFileOperations, layout: layoutOf(directory), signer };
    const ends = [16];
    for (let at = 16; at < whole.length; ) ends.push((at += 8 + whole.readUInt32BE(at)));
    for (let length = ends[2] ?? 0; length <= whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const { wal, replay } = recover(options);
      const entries = ends.findLastIndex((end) => end <= length);
      assert.equal(wal.nextIndex, entries, `cut at ${length}`);
      assert.equal(replay.length, entries - 2);
      assert.equal(wal.tornBytes, length - (ends[entries] ?? 0));
    }
  }));

test('records that a torn tail was cut off, and goes on', () =>
  withLedger(async (given) => {
    const directory = await crashed(given, 2, 2);
    const path = segment(directory);
    truncateSync(path, readFileSync(path).length - 5);
    const ledger = await given.open();
    const [row] = await ledger.query({ limit: 1 });
    assert.equal(row?.eventCode, 'ledger.torn_tail');
    assert.equal(ledger.size(), 4);
    await ledger.append(decisive(9));
    await ledger.close();
    assert.deepEqual((await verifyLedger({ directory })).problems, []);
  }));

test('takes zeroes after the last entry for a torn tail', () =>
  withLedger(async (given) => {
    const directory = await crashed(given, 2, 1);
    const path = segment(directory);
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(4096)]));
    assert.equal((await given.open()).size(), 4);
  }));

test('starts over a segment that a crash left without its header', () =>
  withLedger(async (given) => {
    const directory = await crashed(given, 2, 1);
    writeFileSync(join(directory, 'wal', '0000000000000003.seg'), 'SPW');
    const ledger = await given.open();
    await ledger.append(decisive(3));
    await ledger.close();
    assert.deepEqual((await verifyLedger({ directory })).problems, []);
  }));

const filesOf = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted();

const flip = (path: string, at: number): void => {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
};

const damages: readonly [string, (directory: string) => void][] = [
  ['an entry that was published', (directory) => flip(segment(directory), 40)],
  [
    'an acknowledged entry with others after it',
    (directory) => {
      const bytes = readFileSync(segment(directory));
      let at = 16;
      for (let n = 0; n < 3; n++) at += 8 + bytes.readUInt32BE(at);
      flip(segment(directory), at + 20);
    },
  ],
  ['a segment header', (directory) => flip(segment(directory), 15)],
  ['a missing write-ahead log', (directory) => rmSync(segment(directory))],
  ['a cut into published entries', (directory) => truncateSync(segment(directory), 100)],
  ['a changed tile', (directory) => flip(join(directory, 'log/tile/0/000.p/3'), 7)],
  ['a missing tile', (directory) => rmSync(join(directory, 'log/tile/0/000.p/3'))],
  ['a changed checkpoint', (directory) => flip(join(directory, 'log/checkpoint'), 30)],
];

for (const [title, damage] of damages) {
  test(`refuses to open with ${title}, and changes nothing`, () =>
    withLedger(async (given) => {
      const directory = await crashed(given, 3, 3);
      damage(directory);
      const before = filesOf(directory);
      await rejectsWith(given.open(), 'E_LEDGER_CORRUPT');
      assert.deepEqual(filesOf(directory), before);
    }));
}

test('removes write-ahead segments that published bundles have made superfluous', () =>
  withLedger(async ({ open, directory }) => {
    const config = { segmentBytes: 20_000 };
    const ledger = await open({ config });
    for (let n = 0; n < 600; n++) await ledger.append(decisive(n));
    const names = (): readonly string[] => readdirSync(join(directory, 'wal')).toSorted();
    const before = names();
    assert.equal(before[0], '0000000000000000.seg');
    await ledger.checkpoint();
    const first = Number(names()[0]?.slice(0, 16));
    assert.ok(first > 0 && first <= 512, `${first}`);
    assert.ok(names().length < before.length);
    await ledger.close();
    assert.equal((await open({ config })).size(), 600);
  }));

test('drops partial tiles once the full tile is published', () =>
  withLedger(async ({ open, directory }) => {
    const ledger = await open();
    const partials = (): readonly string[] =>
      readdirSync(join(directory, 'log/tile'), { recursive: true })
        .map(String)
        .filter((name) => name.includes('.p'));
    await ledger.append(decisive(0));
    await ledger.checkpoint();
    assert.ok(partials().includes('entries/000.p/1'));
    await Promise.all(Array.from({ length: 255 }, (_, n) => ledger.append(decisive(n))));
    await ledger.checkpoint();
    assert.deepEqual(partials().toSorted(), ['1/000.p', '1/000.p/1']);
  }));
