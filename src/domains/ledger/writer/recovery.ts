/**
 * Reads a ledger back from disk: checkpoint, the tiles at its right edge and the write-ahead log
 * must agree. A torn tail, which was never acknowledged, is cut off by whoever opens the log next;
 * any other contradiction is E_LEDGER_CORRUPT and nothing is changed.
 */
import { join } from 'node:path';
import {
  createFrontier,
  type Frontier,
  hashInTile,
  leafHash,
  type NodeAddress,
  syncTileHashReader,
  type TileAddress,
  tilePath,
  tileWidth,
  verifyCheckpoint,
} from '../../../engines/merkle/index.ts';
import { isRefusal, SallyportError } from '../../../kernel/errors.ts';
import { ledgerErrors } from '../errors.ts';
import type { FileOperations } from './file-operations.ts';
import type { Layout } from './layout.ts';
import type { CheckpointSigner } from './signer.ts';
import { emptyTreeState, type TreeState } from './tree.ts';
import { type RecoveredWal, readWal } from './wal-recovery.ts';

export type Published = { readonly size: number; readonly root: Uint8Array; readonly text: string };

export type Recovered = {
  /** Undefined for a log that never published. */
  readonly published: Published | undefined;
  /** The tree at the published size. */
  readonly tree: TreeState;
  /** Acknowledged entries beyond it, in order. */
  readonly replay: readonly Uint8Array[];
  readonly wal: RecoveredWal;
};

export type RecoveryOptions = {
  readonly files: FileOperations;
  readonly layout: Layout;
  readonly signer: CheckpointSigner;
};

export const corrupt = (detail: string): SallyportError =>
  new SallyportError(ledgerErrors.E_LEDGER_CORRUPT, detail);

const decoder = new TextDecoder();

const readPublished = (options: RecoveryOptions): Published | undefined => {
  const bytes = options.files.read(options.layout.checkpoint);
  if (bytes === undefined) return undefined;
  const text = decoder.decode(bytes);
  const verified = verifyCheckpoint(text, options.signer.policy);
  if (isRefusal(verified)) throw corrupt(`the published checkpoint: ${verified.detail}`);
  return { size: verified.size, root: verified.root, text };
};

/** Reads a tile of the published tree; the full tile may have replaced the partial one. */
const createTileReader =
  ({ files, layout }: RecoveryOptions) =>
  (tile: TileAddress): Uint8Array => {
    const bytes =
      files.read(join(layout.log, tilePath(tile))) ??
      files.read(join(layout.log, tilePath({ ...tile, width: tileWidth })));
    const needed = tile.width * 32;
    if (bytes === undefined || bytes.length < needed)
      throw corrupt(`${tilePath(tile)} is missing or too short for the published checkpoint`);
    return bytes.subarray(0, needed);
  };

/** The perfect nodes of a size, largest first: one for each set bit. */
const frontierNodes = (size: number): readonly NodeAddress[] => {
  const nodes: NodeAddress[] = [];
  let at = 0;
  for (let level = 52; level >= 0; level--) {
    const power = 2 ** level;
    if (Math.floor(size / power) % 2 === 0) continue;
    nodes.push({ level, index: at / power });
    at += power;
  }
  return nodes;
};

const readFrontier = (size: number, read: (tile: TileAddress) => Uint8Array): Frontier => {
  try {
    const hashes = syncTileHashReader(size, read)(frontierNodes(size));
    return createFrontier({ size, hashes });
  } catch (error) {
    if (error instanceof RangeError) throw corrupt(`tiles of size ${size}: ${error.message}`);
    throw error;
  }
};

const readEdges = (
  size: number,
  read: (tile: TileAddress) => Uint8Array,
): readonly Uint8Array[] => {
  const edges: Uint8Array[] = [];
  for (let level = 0, hashes = size; hashes > 0; level++) {
    const width = hashes % tileWidth;
    const index = Math.floor(hashes / tileWidth);
    edges.push(width === 0 ? new Uint8Array(0) : read({ level, index, width }));
    hashes = index;
  }
  return edges;
};

const isSame = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

/** Entries of the unfinished bundle come from the write-ahead log and must fit their leaf hashes. */
const checkEdgeEntries = (
  entries: readonly Uint8Array[],
  edge: Uint8Array,
  first: number,
): void => {
  for (const [i, entry] of entries.entries())
    if (!isSame(leafHash(entry), hashInTile(edge, i)))
      throw corrupt(`entry ${first + i} in the write-ahead log is not the one in the tree`);
};

const readTree = (options: RecoveryOptions, published: Published, wal: RecoveredWal): TreeState => {
  const { size, root } = published;
  const read = createTileReader(options);
  const frontier = readFrontier(size, read);
  if (!isSame(frontier.root(), root))
    throw corrupt(`the tiles do not hash to the root of the checkpoint at size ${size}`);
  const edges = readEdges(size, read);
  const first = size - (size % tileWidth);
  const entries = wal.payloads.slice(first - wal.first, size - wal.first);
  checkEdgeEntries(entries, edges[0] ?? new Uint8Array(0), first);
  return { size, frontier, edges, entries };
};

/**
 * Reads everything back.
 *
 * @throws SallyportError E_LEDGER_CORRUPT; system errors of unreadable files
 */
export const recover = (options: RecoveryOptions): Recovered => {
  const published = readPublished(options);
  const size = published?.size ?? 0;
  const keepFrom = size - (size % tileWidth);
  const wal = readWal(options, { keepFrom, atLeast: size, isNew: published === undefined });
  const tree =
    published === undefined || size === 0 ? emptyTreeState() : readTree(options, published, wal);
  return { published, tree, replay: wal.payloads.slice(size - wal.first), wal };
};
