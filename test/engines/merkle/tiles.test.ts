/** Tiles, bundles and their paths (C2SP tlog-tiles). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createFrontier,
  encodeEntryBundle,
  entriesPath,
  leafHash,
  nodeInTile,
  parseEntryBundle,
  parseLogPath,
  proveConsistencySync,
  proveInclusion,
  syncTileHashReader,
  tileHashReader,
  tilePath,
  tilesOf,
  tileWidthAt,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/engines/merkle/index.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import { skipVectors, readJsonVector, readVector } from './vectors.ts';

const paths: readonly [string, string][] = [
  [tilePath({ level: 0, index: 5, width: 256 }), 'tile/0/005'],
  [tilePath({ level: 1, index: 0, width: 8 }), 'tile/1/000.p/8'],
  [tilePath({ level: 63, index: 1_234_067, width: 256 }), 'tile/63/x001/x234/067'],
  [tilePath({ level: 2, index: 1000, width: 255 }), 'tile/2/x001/000.p/255'],
  [entriesPath(0, 7), 'tile/entries/000.p/7'],
  [entriesPath(999_999), 'tile/entries/x999/999'],
];
for (const [written, expected] of paths) {
  test(`writes the path ${expected}`, () => {
    assert.equal(written, expected);
  });
}

test('parses every path it writes', () => {
  const index = fc.oneof(fc.nat(5000), fc.maxSafeInteger().map(Math.abs));
  fc.assert(
    fc.property(fc.nat(63), index, fc.integer({ min: 1, max: 256 }), (level, at, width) => {
      const tile = parseLogPath(tilePath({ level, index: at, width }));
      assert.deepEqual(tile, { kind: 'tile', level, index: at, width });
      const bundle = parseLogPath(entriesPath(at, width));
      assert.deepEqual(bundle, { kind: 'entries', index: at, width });
    }),
  );
});

const badPaths = [
  '',
  'tile',
  'tile/0',
  'tile/0/',
  'tile/0/5',
  'tile/0/0005',
  'tile/00/005',
  'tile/64/005',
  'tile/-1/005',
  'tile/0/x005',
  'tile/0/x000/005',
  'tile/0/001/005',
  'tile/0/005.p',
  'tile/0/005.p/',
  'tile/0/005.p/0',
  'tile/0/005.p/256',
  'tile/0/005.p/07',
  'tile/0/005.p/7/1',
  'tile/0/005/7',
  'tile/entries',
  'tile/entries/00a',
  'tile/Entries/005',
  '/tile/0/005',
  'tile//0/005',
  'tile/0/005 ',
  'checkpoint',
  'tile/0/x001.p/005',
  `tile/0/${'x001/'.repeat(6)}001`,
  `tile/0/${'x999/'.repeat(20)}001`,
];
for (const path of badPaths) {
  test(`refuses the path ${JSON.stringify(path.slice(0, 40))}`, () => {
    assert.ok(isRefusal(parseLogPath(path)));
  });
}

test('throws RangeError for coordinates no tile has', () => {
  assert.throws(() => tilePath({ level: 64, index: 0, width: 1 }), RangeError);
  assert.throws(() => tilePath({ level: 0, index: -1, width: 1 }), RangeError);
  assert.throws(() => tilePath({ level: 0, index: 0, width: 0 }), RangeError);
  assert.throws(() => entriesPath(0, 257), RangeError);
});

test('lists the tiles of a log, partial ones included', () => {
  const list = (size: number): readonly string[] => [...tilesOf(size)].map(tilePath);
  assert.deepEqual(list(0), []);
  assert.deepEqual(list(255), ['tile/0/000.p/255']);
  assert.deepEqual(list(256), ['tile/0/000', 'tile/1/000.p/1']);
  assert.deepEqual(list(70_000).slice(-4), [
    'tile/0/273.p/112',
    'tile/1/000',
    'tile/1/001.p/17',
    'tile/2/000.p/1',
  ]);
  assert.equal(tileWidthAt(0, 5, 2 ** 40), 256);
});

const storeTiles = (count: number): { tiles: Map<string, Uint8Array>; roots: Uint8Array[] } => {
  const levels: Uint8Array[][] = [];
  const frontier = createFrontier();
  const roots = [frontier.root()];
  for (let i = 0; i < count; i++) {
    frontier.append(leafHash(Buffer.from(String(i))), (level, _index, hash) => {
      if (level % 8 === 0) (levels[level / 8] ??= []).push(hash);
    });
    roots.push(frontier.root());
  }
  const tiles = new Map<string, Uint8Array>();
  for (const tile of tilesOf(count)) {
    const from = tile.index * 256;
    const hashes = (levels[tile.level] ?? []).slice(from, from + tile.width);
    tiles.set(tilePath(tile), Buffer.concat(hashes));
  }
  return { tiles, roots };
};

test('builds proofs from tiles alone, reading each tile once', async () => {
  const size = 66_000;
  const { tiles, roots } = storeTiles(size);
  const root = roots[size] as Uint8Array;
  for (const leafIndex of [0, 255, 256, 40_000, 65_535, 65_536, 65_999]) {
    const asked: string[] = [];
    const read = tileHashReader(size, async (tile) => {
      asked.push(tilePath(tile));
      return tiles.get(tilePath(tile)) ?? new Uint8Array(0);
    });
    const proof = await proveInclusion({ leafIndex, treeSize: size }, read);
    const hash = leafHash(Buffer.from(String(leafIndex)));
    assert.ok(verifyInclusion({ leafIndex, treeSize: size, leafHash: hash, proof, root }));
    assert.equal(new Set(asked).size, asked.length);
    assert.ok(asked.length <= 5, asked.join());
  }
  const read = syncTileHashReader(size, (tile) => tiles.get(tilePath(tile)) ?? new Uint8Array(0));
  for (const size1 of [1, 256, 300, 65_536, 65_999]) {
    const proof = proveConsistencySync({ size1, size2: size }, read);
    const root1 = roots[size1] as Uint8Array;
    assert.ok(verifyConsistency({ size1, size2: size, root1, root2: root, proof }));
  }
});

test('refuses tiles that are too short to know a node', async () => {
  assert.ok(isRefusal(nodeInTile(new Uint8Array(32 * 3), { level: 2, index: 0 })));
  assert.ok(isRefusal(nodeInTile(new Uint8Array(33), { level: 0, index: 0 })));
  const read = tileHashReader(300, async () => new Uint8Array(32));
  await assert.rejects(proveInclusion({ leafIndex: 5, treeSize: 300 }, read), RangeError);
});

test('encodes and parses entry bundles', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (entries) => {
      const parsed = parseEntryBundle(encodeEntryBundle(entries));
      assert.ok(!isRefusal(parsed));
      assert.deepEqual(
        parsed.map((entry) => [...entry]),
        entries.map((entry) => [...entry]),
      );
    }),
  );
});

test('bounds entry bundles', () => {
  const full = encodeEntryBundle(Array.from({ length: 256 }, () => new Uint8Array(1)));
  assert.ok(!isRefusal(parseEntryBundle(full)));
  assert.ok(isRefusal(parseEntryBundle(Buffer.concat([full, Buffer.of(0, 0)]))));
  assert.ok(isRefusal(parseEntryBundle(Buffer.of(0))));
  assert.ok(isRefusal(parseEntryBundle(Buffer.of(0, 2, 1))));
  assert.throws(() => encodeEntryBundle([new Uint8Array(65_536)]), RangeError);
  assert.throws(() => encodeEntryBundle(Array.from({ length: 257 }, () => full)), RangeError);
});

type Expected = { readonly leaves: readonly string[] };
test('reads every bundle and tile of the Tessera log', { skip: skipVectors }, () => {
  const { leaves } = readJsonVector('tessera-log/expected.json') as Expected;
  for (let size = 1; size <= leaves.length; size++) {
    const entries = parseEntryBundle(readVector(`tessera-log/${entriesPath(0, size)}`));
    assert.ok(!isRefusal(entries));
    assert.deepEqual(
      entries.map((entry) => Buffer.from(entry).toString()),
      leaves.slice(0, size),
    );
    const tile = readVector(`tessera-log/${tilePath({ level: 0, index: 0, width: size })}`);
    assert.deepEqual(Buffer.concat(entries.map(leafHash)), tile);
  }
});
