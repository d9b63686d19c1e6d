/**
 * Proofs about subtrees [start, end) of a log (draft-ietf-plants-merkle-tree-certs, section 4): a
 * subtree is valid when its start is a multiple of the smallest power of two not below its size.
 */
import { emptyRoot, isHash, nodeHash, sameHash } from './hashes.ts';
import { isProof, verifyInclusion } from './inclusion.ts';
import { type Size, toSize } from './sizes.ts';

export type SubtreeInclusionClaim = {
  readonly leafIndex: Size;
  readonly start: Size;
  readonly end: Size;
  readonly leafHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
  /** Hash of the subtree [start, end). */
  readonly root: Uint8Array;
};

export type SubtreeConsistencyClaim = {
  readonly start: Size;
  readonly end: Size;
  readonly treeSize: Size;
  readonly subtreeRoot: Uint8Array;
  readonly treeRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
};

type Range = { readonly start: bigint; readonly end: bigint };

const ceilPower = (size: bigint): bigint => {
  let power = 1n;
  while (power < size) power *= 2n;
  return power;
};

const toSubtree = (start: unknown, end: unknown): Range | undefined => {
  const from = toSize(start);
  const to = toSize(end);
  if (from === undefined || to === undefined || from > to) return undefined;
  return from % ceilPower(to - from) === 0n ? { start: from, end: to } : undefined;
};

/** True when [start, end) may be a subtree of a log. */
export const isSubtree = (start: Size, end: Size): boolean => toSubtree(start, end) !== undefined;

/** True only if the proof shows the leaf of the whole log inside that subtree. Never throws. */
export const verifySubtreeInclusion = (claim: SubtreeInclusionClaim): boolean => {
  const range = toSubtree(claim?.start, claim?.end);
  const leafIndex = toSize(claim?.leafIndex);
  if (range === undefined || leafIndex === undefined || leafIndex < range.start) return false;
  return verifyInclusion({
    leafIndex: leafIndex - range.start,
    treeSize: range.end - range.start,
    leafHash: claim.leafHash,
    proof: claim.proof,
    root: claim.root,
  });
};

/** True only if the proof shows that the tree contains that subtree. Never throws. */
export const verifySubtreeConsistency = (claim: SubtreeConsistencyClaim): boolean => {
  const range = toSubtree(claim?.start, claim?.end);
  const treeSize = toSize(claim?.treeSize);
  if (range === undefined || treeSize === undefined || range.end > treeSize) return false;
  const { subtreeRoot, treeRoot, proof } = claim;
  if (!(subtreeRoot instanceof Uint8Array && treeRoot instanceof Uint8Array && isProof(proof)))
    return false;
  if (range.start === range.end) return proof.length === 0 && sameHash(subtreeRoot, emptyRoot());
  if (range.start === 0n && range.end === treeSize)
    return proof.length === 0 && sameHash(subtreeRoot, treeRoot);
  return isHash(subtreeRoot) && isHash(treeRoot) && climb(range, treeSize, claim);
};

const climb = (range: Range, treeSize: bigint, claim: SubtreeConsistencyClaim): boolean => {
  let first = range.start;
  let node = range.end - 1n;
  let last = treeSize - 1n;
  const shift = (): void => {
    first /= 2n;
    node /= 2n;
    last /= 2n;
  };
  while (first !== node && (node === last || node % 2n === 1n)) shift();
  const siblings = [...claim.proof];
  const start = first === node ? claim.subtreeRoot : siblings.shift();
  if (start === undefined) return false;
  let subtreeHash = start;
  let treeHash = start;
  for (const sibling of siblings) {
    if (last === 0n) return false;
    if (node % 2n === 1n || node === last) {
      if (first < node) subtreeHash = nodeHash(sibling, subtreeHash);
      treeHash = nodeHash(sibling, treeHash);
      while (node % 2n === 0n && node !== 0n) shift();
    } else treeHash = nodeHash(treeHash, sibling);
    shift();
  }
  return (
    last === 0n && sameHash(subtreeHash, claim.subtreeRoot) && sameHash(treeHash, claim.treeRoot)
  );
};
