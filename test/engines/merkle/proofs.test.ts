/** Inclusion, consistency and subtree proofs: what is built verifies, and nothing else does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeHex } from '../../../src/kernel/hex.ts';
import {
  createFrontier,
  emptyRoot,
  isSubtree,
  leafHash,
  proveConsistency,
  proveConsistencySync,
  proveInclusion,
  proveInclusionSync,
  proveSubtreeConsistency,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from '../../../src/engines/merkle/index.ts';
import { entriesOf, readerOver, rootOf } from './tree.ts';

const sizes = 40;
const entries = entriesOf(sizes);
const read = readerOver(entries);
const roots = Array.from({ length: sizes + 1 }, (_, size) => rootOf(entries.slice(0, size)));
const rootAt = (size: number): Uint8Array => roots[size] as Uint8Array;
const hashAt = (index: number): Uint8Array => leafHash(entries[index] as Uint8Array);

test('gives the roots of the well-known tree of eight leaves', () => {
  const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'];
  const frontier = createFrontier();
  const seen = [...leaves, '606162636465666768696a6b6c6d6e6f'].map((hex) => {
    frontier.append(leafHash(Buffer.from(hex, 'hex')));
    return encodeHex(frontier.root()).slice(0, 8);
  });
  const known = ['6e340b9c', 'fac54203', 'aeb6bcfe', 'd37ee418'];
  assert.deepEqual(seen, [...known, '4e3bbb1f', '76e67dad', 'ddb89be4', '5dc9da79']);
  assert.equal(encodeHex(emptyRoot()).slice(0, 8), 'e3b0c442');
});

test('keeps a frontier whose root is that of the definition at every size', () => {
  const frontier = createFrontier();
  for (const [index, entry] of entries.entries()) {
    assert.equal(frontier.size(), index);
    assert.deepEqual(frontier.root(), rootAt(index));
    frontier.append(leafHash(entry));
    const restored = createFrontier({ size: index + 1, hashes: frontier.hashes() });
    assert.deepEqual(restored.root(), rootAt(index + 1));
  }
});

test('keeps clones of a frontier apart', () => {
  const frontier = createFrontier();
  frontier.append(hashAt(0));
  const clone = frontier.clone();
  frontier.append(hashAt(1));
  assert.deepEqual([clone.size(), clone.root()], [1, rootAt(1)]);
});

test('refuses to restore a frontier with a wrong number of hashes', () => {
  assert.throws(() => createFrontier({ size: 3, hashes: [hashAt(0)] }), RangeError);
  assert.throws(() => createFrontier({ size: -1, hashes: [] }), RangeError);
});

test('proves and verifies the inclusion of every leaf in every tree', () => {
  for (let treeSize = 1; treeSize <= sizes; treeSize++)
    for (let leafIndex = 0; leafIndex < treeSize; leafIndex++) {
      const proof = proveInclusionSync({ leafIndex, treeSize }, read);
      const claim = { leafIndex, treeSize, leafHash: hashAt(leafIndex), proof };
      assert.ok(verifyInclusion({ ...claim, root: rootAt(treeSize) }));
      assert.ok(
        verifyInclusion({
          ...claim,
          leafIndex: BigInt(leafIndex),
          treeSize: BigInt(treeSize),
          root: rootAt(treeSize),
        }),
      );
    }
});

test('accepts an inclusion proof for no other index, size, leaf or root', () => {
  for (const treeSize of [1, 2, 3, 7, 8, 9, 33]) {
    const leafIndex = Math.floor(treeSize / 2);
    const proof = proveInclusionSync({ leafIndex, treeSize }, read);
    const good = {
      leafIndex,
      treeSize,
      leafHash: hashAt(leafIndex),
      proof,
      root: rootAt(treeSize),
    };
    for (let other = 0; other <= sizes; other++) {
      if (other !== leafIndex) assert.ok(!verifyInclusion({ ...good, leafIndex: other }));
      // Another size may need a proof of the same shape; the root then still has to be that size's.
      if (other !== treeSize)
        assert.ok(!verifyInclusion({ ...good, treeSize: other, root: rootAt(other) }));
      if (other !== leafIndex && other < sizes)
        assert.ok(!verifyInclusion({ ...good, leafHash: hashAt(other) }));
    }
    assert.ok(!verifyInclusion({ ...good, proof: [...proof, hashAt(0)] }));
    assert.ok(proof.length === 0 || !verifyInclusion({ ...good, proof: proof.slice(1) }));
  }
});

test('proves and verifies the consistency of every pair of sizes', () => {
  for (let size2 = 1; size2 <= sizes; size2++)
    for (let size1 = 1; size1 <= size2; size1++) {
      const proof = proveConsistencySync({ size1, size2 }, read);
      const claim = { size1, size2, root1: rootAt(size1), root2: rootAt(size2), proof };
      assert.ok(verifyConsistency(claim), `${size1} ${size2}`);
      assert.ok(verifyConsistency({ ...claim, size1: BigInt(size1), size2: BigInt(size2) }));
      if (size1 === size2) continue;
      assert.ok(!verifyConsistency({ ...claim, root1: rootAt(size2), root2: rootAt(size1) }));
      assert.ok(!verifyConsistency({ ...claim, proof: [...proof, hashAt(0)] }));
      assert.ok(!verifyConsistency({ ...claim, proof: proof.slice(0, -1) }));
      assert.ok(!verifyConsistency({ ...claim, root1: rootAt(0) }));
    }
});

type Subtree = { readonly start: number; readonly end: number; readonly treeSize: number };

const subtreesUpTo = function* (largest: number): Generator<Subtree> {
  for (let treeSize = 1; treeSize <= largest; treeSize++)
    for (let start = 0; start < treeSize; start++)
      for (let end = start + 1; end <= treeSize; end++) yield { start, end, treeSize };
};

test('proves and verifies every subtree of every tree', async () => {
  for (const subtree of subtreesUpTo(20)) {
    const { start, end, treeSize } = subtree;
    if (!isSubtree(start, end)) {
      await assert.rejects(
        async () => proveSubtreeConsistency(subtree, async () => []),
        RangeError,
      );
      continue;
    }
    const proof = await proveSubtreeConsistency(subtree, async (nodes) => read(nodes));
    const subtreeRoot = rootOf(entries.slice(start, end));
    const claim = { ...subtree, subtreeRoot, treeRoot: rootAt(treeSize), proof };
    assert.ok(verifySubtreeConsistency(claim), `[${start}, ${end}) of ${treeSize}`);
    assert.ok(!verifySubtreeConsistency({ ...claim, subtreeRoot: hashAt(39) }));
    assert.ok(!verifySubtreeConsistency({ ...claim, proof: [...proof, hashAt(0)] }));
  }
});

test('knows which ranges are subtrees', () => {
  const good: [number, number][] = [
    [0, 5],
    [4, 7],
    [4, 8],
    [6, 8],
    [7, 8],
    [8, 16],
    [3, 3],
  ];
  const bad: [number, number][] = [
    [1, 3],
    [2, 5],
    [4, 9],
    [1, 15],
    [5, 4],
  ];
  for (const [start, end] of good) assert.ok(isSubtree(start, end), `[${start}, ${end})`);
  for (const [start, end] of bad) assert.ok(!isSubtree(start, end), `[${start}, ${end})`);
});

test('proves through asynchronous readers as well', async () => {
  const later = async (nodes: Parameters<typeof read>[0]): Promise<readonly Uint8Array[]> =>
    read(nodes);
  const inclusion = await proveInclusion({ leafIndex: 5, treeSize: 13 }, later);
  assert.deepEqual(inclusion, proveInclusionSync({ leafIndex: 5, treeSize: 13 }, read));
  const consistency = await proveConsistency({ size1: 6, size2: 13 }, later);
  assert.deepEqual(consistency, proveConsistencySync({ size1: 6, size2: 13 }, read));
});

test('throws RangeError for proofs nobody can build', () => {
  for (const [leafIndex, treeSize] of [
    [0, 0],
    [3, 3],
    [-1, 3],
    [0.5, 3],
    [0, 2 ** 53],
  ] as const)
    assert.throws(() => proveInclusionSync({ leafIndex, treeSize }, read), RangeError);
  for (const [size1, size2] of [
    [0, 3],
    [4, 3],
    [1, Number.NaN],
  ] as const)
    assert.throws(() => proveConsistencySync({ size1, size2 }, read), RangeError);
});

test('does not use 32-bit arithmetic: huge trees verify', () => {
  // A tree in which all leaves are equal, so that every perfect subtree of a level has one hash.
  const perfect = [hashAt(0)];
  for (let level = 1; level <= 60; level++) {
    const below = perfect[level - 1] as Uint8Array;
    const frontier = createFrontier({ size: 1, hashes: [below] });
    frontier.append(below);
    perfect.push(frontier.root());
  }
  const readEqual = (nodes: readonly { readonly level: number }[]): readonly Uint8Array[] =>
    nodes.map(({ level }) => perfect[level] as Uint8Array);
  const rootOfEqual = (size: number): Uint8Array => {
    const hashes: Uint8Array[] = [];
    for (const [level, bit] of size.toString(2).split('').toReversed().entries())
      if (bit === '1') hashes.unshift(perfect[level] as Uint8Array);
    return createFrontier({ size, hashes }).root();
  };
  for (const treeSize of [2 ** 31, 2 ** 32 + 1, 2 ** 40 + 12_345, 2 ** 52 - 1]) {
    const root = rootOfEqual(treeSize);
    const leafIndex = treeSize - 7;
    const proof = proveInclusionSync({ leafIndex, treeSize }, readEqual);
    assert.ok(verifyInclusion({ leafIndex, treeSize, leafHash: hashAt(0), proof, root }));
    const size1 = 2 ** 31 - 5;
    const steps = proveConsistencySync({ size1, size2: treeSize }, readEqual);
    const claim = { size1, size2: treeSize, root1: rootOfEqual(size1), root2: root, proof: steps };
    assert.ok(verifyConsistency(claim));
  }
  const size = 2n ** 60n;
  const proof = perfect.slice(0, 60);
  const root = perfect[60] as Uint8Array;
  const claim = { leafIndex: size - 1n, treeSize: size, leafHash: hashAt(0), proof, root };
  assert.ok(verifyInclusion(claim));
});

test('treats the empty tree as stated', () => {
  const proof: Uint8Array[] = [];
  const root1 = emptyRoot();
  assert.ok(verifyConsistency({ size1: 0, size2: 0, root1, root2: emptyRoot(), proof }));
  assert.ok(!verifyConsistency({ size1: 0, size2: 0, root1: rootAt(1), root2: rootAt(1), proof }));
  assert.ok(!verifyConsistency({ size1: 0, size2: 3, root1, root2: rootAt(3), proof }));
});

const malformed: readonly unknown[] = [
  undefined,
  null,
  {},
  { leafIndex: -1, treeSize: 1 },
  { leafIndex: 0.5, treeSize: 1 },
  { leafIndex: '0', treeSize: '1' },
  { leafIndex: 0, treeSize: Number.POSITIVE_INFINITY },
  { leafIndex: 0n, treeSize: 2n ** 64n },
  { leafIndex: 0, treeSize: 2 ** 60 },
  { proof: undefined },
  { proof: 'abc' },
  { proof: [undefined] },
  { proof: [new Uint8Array(31)] },
  { proof: Array.from({ length: 65 }, () => new Uint8Array(32)) },
  { leafHash: new Uint8Array(31) },
  { root: 'x' },
];
test('answers false to malformed claims and never throws', () => {
  const inclusion = { leafIndex: 0, treeSize: 1, leafHash: hashAt(0), proof: [], root: hashAt(0) };
  assert.ok(verifyInclusion(inclusion));
  for (const change of malformed) {
    const isWhole = typeof change !== 'object' || change === null;
    const claim = (isWhole ? change : { ...inclusion, ...change }) as typeof inclusion;
    if (isWhole || Object.keys(change).length > 0) assert.equal(verifyInclusion(claim), false);
    assert.equal(verifyConsistency(claim as never), false);
    assert.equal(verifySubtreeInclusion(claim as never), false);
    assert.equal(verifySubtreeConsistency(claim as never), false);
  }
});
