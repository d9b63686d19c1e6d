/** One forward pass over all entries: bundles against write-ahead frames, hashes against tiles. */
import { setImmediate } from 'node:timers/promises';
import { leafHash } from '../../../engines/merkle/index.ts';
import { checkJson } from '../../../kernel/strict-json.ts';
import { readBundle } from './bundles.ts';
import type { Claim } from './checkpoints.ts';
import type { Scan } from './scan.ts';
import { createFrameCursor, type FrameCursor } from './segments.ts';
import { checkTile } from './tiles.ts';
import { appendLeaf, createHashTree, type HashTree, rootOf, tileHashes } from './tree.ts';

/** How far the signed part reaches, and what must hold on the way. */
export type Expectations = {
  readonly signedSize: number;
  /** In ascending order of size. */
  readonly claims: readonly Claim[];
};

/** Entries found, the root over all of them and the root at the signed size. */
export type Pass = {
  readonly size: number;
  readonly lastRoot: Uint8Array;
  readonly signedRoot: Uint8Array;
};

type Walk = {
  readonly scan: Scan;
  readonly expected: Expectations;
  readonly frames: FrameCursor;
  readonly tree: HashTree;
  nextClaim: number;
  signedRoot: Uint8Array;
};

/** The event loop gets a turn after this many bundles. */
const bundlesPerTurn = 64;
const openBrace = 0x7b;

/** Reads everything once, in order. */
export const checkEntries = async (scan: Scan, expected: Expectations): Promise<Pass> => {
  const tree = createHashTree();
  const walk: Walk = {
    scan,
    expected,
    frames: createFrameCursor(scan),
    tree,
    nextClaim: 0,
    signedRoot: rootOf(tree),
  };
  checkClaims(walk);
  for (let index = 0; !scan.report.isFull() && checkBundle(walk, index); index++)
    if (index % bundlesPerTurn === bundlesPerTurn - 1) await setImmediate();
  for (const row of tree.rows) checkTile(scan, row, expected.signedSize);
  reportUnreached(walk);
  return { size: tree.size, lastRoot: rootOf(tree), signedRoot: walk.signedRoot };
};

/** False when the log ends in this bundle. */
const checkBundle = (walk: Walk, index: number): boolean => {
  const { scan, expected, tree, frames } = walk;
  const { entries } = readBundle(scan, index, expected.signedSize);
  for (let i = 0; i < tileHashes; i++) {
    const position = index * tileHashes + i;
    const stored = entries[i];
    const framed = frames.take(position);
    const entry = stored ?? framed;
    if (entry === undefined) return false;
    checkSources(walk, position, { stored, framed });
    checkContent(scan, position, entry);
    appendLeaf(tree, leafHash(entry), (row) => checkTile(scan, row, expected.signedSize));
    checkClaims(walk);
  }
  return true;
};

type Sources = {
  readonly stored: Uint8Array | undefined;
  readonly framed: Uint8Array | undefined;
};

const checkSources = (walk: Walk, position: number, { stored, framed }: Sources): void => {
  const { scan, expected } = walk;
  if (stored !== undefined && framed !== undefined) {
    if (Buffer.compare(stored, framed) !== 0)
      scan.report.add('bundle and write-ahead log differ', position);
    return;
  }
  const isPending = position >= expected.signedSize;
  if (isPending && framed === undefined && !scan.isLive)
    scan.report.add('entry beyond the checkpoint is not in the write-ahead log', position);
};

const checkContent = ({ report }: Scan, position: number, entry: Uint8Array): void => {
  const refusal = checkJson(entry);
  if (refusal !== undefined) report.add(`entry is not JSON: ${refusal.detail}`, position);
  else if (entry[0] !== openBrace) report.add('entry is not a JSON object', position);
};

/** Compares the root with every claim about the size just reached. */
const checkClaims = (walk: Walk): void => {
  const { claims, signedSize } = walk.expected;
  const { size } = walk.tree;
  if (claims[walk.nextClaim]?.size !== size && size !== signedSize) return;
  const root = rootOf(walk.tree);
  if (size === signedSize) walk.signedRoot = root;
  for (let claim = claims[walk.nextClaim]; claim?.size === size; claim = claims[walk.nextClaim]) {
    if (Buffer.compare(claim.root, root) !== 0)
      walk.scan.report.add(`${claim.name}: root at size ${size} is another one`);
    walk.nextClaim += 1;
  }
};

const reportUnreached = (walk: Walk): void => {
  const { scan, expected, tree } = walk;
  if (scan.report.isFull()) return;
  for (const claim of expected.claims.slice(walk.nextClaim))
    scan.report.add(
      `${claim.name} has size ${claim.size}, but the log ends after ${tree.size} entries`,
      tree.size,
    );
};
