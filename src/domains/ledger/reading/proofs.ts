/** Proofs of inclusion against the published checkpoint, from the static tiles on disk. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  formatTlogProof,
  leafHash,
  parseCheckpoint,
  proveInclusion,
  type TileAddress,
  tileHashReader,
  tilePath,
  tileWidth,
  verifyInclusion,
} from '../../../engines/merkle/index.ts';
import { orThrow, SallyportError } from '../../../kernel/errors.ts';
import { ledgerErrors } from '../errors.ts';
import type { PublishedText } from '../writer/protocol.ts';

export type ProofRequest = {
  /** The static log directory. */
  readonly directory: string;
  readonly index: number;
  /** The entry as it stands in the log. */
  readonly entry: Uint8Array;
  readonly published: PublishedText;
};

/** The partial tile of the checkpoint, or the full one that has replaced it. */
const readTile = async (directory: string, tile: TileAddress): Promise<Uint8Array> => {
  try {
    return await readFile(join(directory, tilePath(tile)));
  } catch (error) {
    if (tile.width === tileWidth) throw error;
    return readFile(join(directory, tilePath({ ...tile, width: tileWidth })));
  }
};

/**
 * The `tlog-proof@v1` text of one entry.
 *
 * @throws SallyportError E_LEDGER_CORRUPT when the tiles do not prove the entry
 */
export const buildProof = async (request: ProofRequest): Promise<string> => {
  const { directory, index, entry, published } = request;
  const end = published.text.indexOf('\n\n');
  const { size, root } = orThrow(parseCheckpoint(published.text.slice(0, end + 1)));
  const read = tileHashReader(size, (tile) => readTile(directory, tile));
  const hashes = await proveInclusion({ leafIndex: index, treeSize: size }, read);
  const claim = { leafIndex: index, treeSize: size, leafHash: leafHash(entry), root };
  if (!verifyInclusion({ ...claim, proof: hashes }))
    throw new SallyportError(
      ledgerErrors.E_LEDGER_CORRUPT,
      `the tiles do not prove entry ${index} in the checkpoint of size ${size}`,
    );
  return formatTlogProof({ index, hashes, checkpoint: published.text });
};
