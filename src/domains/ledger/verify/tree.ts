/**
 * The verifier's own Merkle tree: leaves go in, rows of tiles come out as they fill, and the root can
 * be asked at any size. Memory is one tile per level and one hash per set bit of the size.
 */
import { emptyRoot, nodeHash } from '../../../engines/merkle/index.ts';

export const hashBytes = 32;
/** Hashes in a tile, entries in a bundle. */
export const tileHashes = 256;
const levelsPerTile = 8;

/** The tile being filled at one tile level. */
export type TileRow = {
  readonly level: number;
  index: number;
  width: number;
  readonly bytes: Uint8Array;
};

export type HashTree = {
  size: number;
  /** Roots of perfect subtrees, largest first. */
  readonly subtrees: Uint8Array[];
  readonly rows: TileRow[];
};

export type FullTileListener = (row: TileRow) => void;

export const createHashTree = (): HashTree => ({ size: 0, subtrees: [], rows: [] });

/** Adds a leaf hash; the listener sees each tile once, just when it is full. */
export const appendLeaf = (tree: HashTree, leaf: Uint8Array, onFull: FullTileListener): void => {
  let hash = leaf;
  let level = 0;
  putInRow(tree, 0, { hash, onFull });
  for (let rest = tree.size; rest % 2 === 1; rest = (rest - 1) / 2) {
    hash = nodeHash(tree.subtrees.pop() as Uint8Array, hash);
    level += 1;
    if (level % levelsPerTile === 0) putInRow(tree, level / levelsPerTile, { hash, onFull });
  }
  tree.subtrees.push(hash);
  tree.size += 1;
};

type Placement = { readonly hash: Uint8Array; readonly onFull: FullTileListener };

const putInRow = (tree: HashTree, level: number, { hash, onFull }: Placement): void => {
  tree.rows[level] ??= { level, index: 0, width: 0, bytes: new Uint8Array(tileHashes * hashBytes) };
  const row = tree.rows[level];
  row.bytes.set(hash, row.width * hashBytes);
  row.width += 1;
  if (row.width < tileHashes) return;
  onFull(row);
  row.index += 1;
  row.width = 0;
};

/** The root over everything appended so far. */
export const rootOf = (tree: HashTree): Uint8Array => {
  let root: Uint8Array | undefined;
  for (const subtree of tree.subtrees.toReversed())
    root = root === undefined ? subtree : nodeHash(subtree, root);
  return root ?? emptyRoot();
};
