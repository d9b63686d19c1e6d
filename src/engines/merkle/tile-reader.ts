/** Hash readers over tiles: each tile is asked for once per proof. */
import { type NodeAddress } from './proof-plans.ts';
import type { HashReader, SyncHashReader } from './prove.ts';
import { requireNodeInTile, type TileAddress, tileOfNode, tilePath } from './tiles.ts';

/** Gives the bytes of a tile: 32 bytes for each hash of its width, or more (the full tile). */
export type TileReader = (tile: TileAddress) => Promise<Uint8Array>;
export type SyncTileReader = (tile: TileAddress) => Uint8Array;

const tilesFor = (
  nodes: readonly NodeAddress[],
  logSize: number,
): ReadonlyMap<string, TileAddress> =>
  new Map(
    nodes.map((node) => {
      const tile = tileOfNode(node, logSize);
      return [tilePath(tile), tile];
    }),
  );

const assemble = (
  nodes: readonly NodeAddress[],
  logSize: number,
  tiles: ReadonlyMap<string, Uint8Array>,
): readonly Uint8Array[] =>
  nodes.map((node) => {
    const bytes = tiles.get(tilePath(tileOfNode(node, logSize))) ?? new Uint8Array(0);
    return requireNodeInTile(bytes, node);
  });

/**
 * A hash reader for proofs within a log of `logSize` entries. It does not authenticate tiles: verify
 * the finished proof against a checkpoint. Rejects with RangeError when a tile is too short.
 */
export const tileHashReader =
  (logSize: number, read: TileReader): HashReader =>
  async (nodes) => {
    const wanted = [...tilesFor(nodes, logSize)];
    const bytes = await Promise.all(wanted.map(([, tile]) => read(tile)));
    const tiles = new Map(wanted.map(([path], i) => [path, bytes[i] as Uint8Array]));
    return assemble(nodes, logSize, tiles);
  };

/** `tileHashReader` over a synchronous tile reader. */
export const syncTileHashReader =
  (logSize: number, read: SyncTileReader): SyncHashReader =>
  (nodes) => {
    const wanted = [...tilesFor(nodes, logSize)];
    const tiles = new Map(wanted.map(([path, tile]) => [path, read(tile)]));
    return assemble(nodes, logSize, tiles);
  };
