/** Inclusion proofs, RFC 9162 section 2.1.3.2: this entry is in the tree with this root. */
import { isHash, nodeHash, sameHash } from './hashes.ts';
import { type Size, toSize } from './sizes.ts';

export type InclusionClaim = {
  readonly leafIndex: Size;
  readonly treeSize: Size;
  readonly leafHash: Uint8Array;
  /** Sibling hashes, the one beside the leaf first. */
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
};

/** True only if the proof shows the leaf at that index under that root. Never throws. */
export const verifyInclusion = (claim: InclusionClaim): boolean => {
  const leafIndex = toSize(claim?.leafIndex);
  const treeSize = toSize(claim?.treeSize);
  if (leafIndex === undefined || treeSize === undefined || leafIndex >= treeSize) return false;
  const { leafHash, proof, root } = claim;
  if (!isHash(leafHash) || !isHash(root) || !isProof(proof)) return false;
  const computed = climb(leafIndex, treeSize, claim);
  return computed !== undefined && sameHash(computed, root);
};

/** A list of 32-byte hashes no longer than any tree is high. */
export const isProof = (proof: unknown): proof is readonly Uint8Array[] =>
  Array.isArray(proof) && proof.length <= 64 && proof.every(isHash);

/** The root the proof leads to; undefined when its length does not fit the tree. */
const climb = (
  leafIndex: bigint,
  treeSize: bigint,
  claim: InclusionClaim,
): Uint8Array | undefined => {
  let node = leafIndex;
  let last = treeSize - 1n;
  let hash = claim.leafHash;
  for (const sibling of claim.proof) {
    if (last === 0n) return undefined;
    if (node % 2n === 1n || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2n === 0n && node !== 0n) {
        node /= 2n;
        last /= 2n;
      }
    } else hash = nodeHash(hash, sibling);
    node /= 2n;
    last /= 2n;
  }
  return last === 0n ? hash : undefined;
};
