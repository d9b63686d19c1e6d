/** Consistency proofs, RFC 9162 section 2.1.4.2: the larger tree begins with the smaller one. */
import { emptyRoot, isHash, nodeHash, sameHash } from './hashes.ts';
import { isProof } from './inclusion.ts';
import { isPowerOfTwo, type Size, toSize } from './sizes.ts';

export type ConsistencyClaim = {
  readonly size1: Size;
  readonly size2: Size;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
};

/**
 * True only if the proof shows that the tree of `size2` extends the tree of `size1`. Never throws.
 * From an empty tree to a larger one nothing can be shown, so that is false: callers that accept
 * every log as an extension of nothing decide so themselves.
 */
export const verifyConsistency = (claim: ConsistencyClaim): boolean => {
  const size1 = toSize(claim?.size1);
  const size2 = toSize(claim?.size2);
  if (size1 === undefined || size2 === undefined || size1 > size2) return false;
  const { root1, root2, proof } = claim;
  if (!(root1 instanceof Uint8Array && root2 instanceof Uint8Array && isProof(proof))) return false;
  if (size1 === size2) return proof.length === 0 && isSameTree(size1, root1, root2);
  if (size1 === 0n || proof.length === 0 || !isHash(root1) || !isHash(root2)) return false;
  return climb(size1, size2, claim);
};

const isSameTree = (size: bigint, root1: Uint8Array, root2: Uint8Array): boolean =>
  sameHash(root1, root2) && (size > 0n || sameHash(root1, emptyRoot()));

const climb = (size1: bigint, size2: bigint, claim: ConsistencyClaim): boolean => {
  const path = isPowerOfTwo(size1) ? [claim.root1, ...claim.proof] : claim.proof;
  let node = size1 - 1n;
  let last = size2 - 1n;
  while (node % 2n === 1n) {
    node /= 2n;
    last /= 2n;
  }
  const [start, ...siblings] = path;
  if (start === undefined) return false;
  let hash1 = start;
  let hash2 = start;
  for (const sibling of siblings) {
    if (last === 0n) return false;
    if (node % 2n === 1n || node === last) {
      hash1 = nodeHash(sibling, hash1);
      hash2 = nodeHash(sibling, hash2);
      while (node % 2n === 0n && node !== 0n) {
        node /= 2n;
        last /= 2n;
      }
    } else hash2 = nodeHash(hash2, sibling);
    node /= 2n;
    last /= 2n;
  }
  return last === 0n && sameHash(hash1, claim.root1) && sameHash(hash2, claim.root2);
};
