/**
 * The right edge of a growing tree: one hash for each set bit of the size, largest subtree first.
 * Appending costs two hashes on average; memory is logarithmic.
 */
import { emptyRoot, type Hash, nodeHash } from './hashes.ts';
import { isSize } from './sizes.ts';

/** Hears of every perfect node when it is complete: level 0 are leaves, node i covers 2^level leaves. */
export type NodeListener = (level: number, index: number, hash: Uint8Array) => void;

export type Frontier = {
  readonly size: () => number;
  /** Adds the next leaf by its leaf hash. */
  readonly append: (leafHash: Uint8Array, onNode?: NodeListener) => void;
  /** Root of the tree as it stands; `emptyRoot()` for an empty one. */
  readonly root: () => Uint8Array;
  /** The hashes that, with the size, restore this frontier. */
  readonly hashes: () => readonly Uint8Array[];
  readonly clone: () => Frontier;
};

export type FrontierState = { readonly size: number; readonly hashes: readonly Uint8Array[] };

const bitCount = (size: number): number => {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
};

/** Root of the subtrees of a frontier, folded from the right. */
export const foldRight = (hashes: readonly Uint8Array[]): Uint8Array => {
  let root = hashes[hashes.length - 1];
  if (root === undefined) return emptyRoot();
  for (let i = hashes.length - 2; i >= 0; i--) root = nodeHash(hashes[i] as Hash, root);
  return root;
};

/**
 * Starts an empty frontier or restores one.
 *
 * @throws RangeError when the number of hashes does not fit the size
 */
export const createFrontier = (state: FrontierState = { size: 0, hashes: [] }): Frontier => {
  if (!isSize(state.size) || state.hashes.length !== bitCount(state.size))
    throw new RangeError(`a frontier of size ${state.size} has another number of hashes`);
  const stack: Uint8Array[] = [...state.hashes];
  let size = state.size;
  return {
    size: () => size,
    append: (leafHash, onNode) => {
      let hash = leafHash;
      let index = size;
      onNode?.(0, index, hash);
      for (let level = 1; index % 2 === 1; level++) {
        hash = nodeHash(stack.pop() as Uint8Array, hash);
        index = (index - 1) / 2;
        onNode?.(level, index, hash);
      }
      stack.push(hash);
      size += 1;
    },
    root: () => foldRight(stack),
    hashes: () => [...stack],
    clone: () => createFrontier({ size, hashes: stack }),
  };
};
