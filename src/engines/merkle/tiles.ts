/**
 * Tile coordinates and paths, C2SP tlog-tiles. Tile n of level l holds up to 256 hashes; hash i is
 * the root over leaves [(256n+i)·256^l, (256n+i+1)·256^l).
 */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { merkleErrors } from './errors.ts';
import { type Hash, hashLength, nodeHash } from './hashes.ts';
import type { NodeAddress } from './proof-plans.ts';
import { isSize, parseDecimal } from './sizes.ts';

/** Hashes in a full tile, entries in a full bundle. */
export const tileWidth = 256;
/** Levels of the tree inside one tile. */
export const tileHeight = 8;

/** A tile of hashes; `level` is the tile level, width 256 means full. */
export type TileAddress = {
  readonly level: number;
  readonly index: number;
  readonly width: number;
};

/** An entry bundle, or a tile of hashes with its level. */
export type LogPath =
  | ({ readonly kind: 'tile' } & TileAddress)
  | { readonly kind: 'entries'; readonly index: number; readonly width: number };

const pathOf = (prefix: string, index: number, width: number): string => {
  const isGood = isSize(index) && Number.isInteger(width) && width > 0 && width <= tileWidth;
  if (!isGood) throw new RangeError(`no tile has index ${index} and width ${width}`);
  let groups = String(index % 1000).padStart(3, '0');
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    groups = `x${String(rest % 1000).padStart(3, '0')}/${groups}`;
  return `${prefix}/${groups}${width === tileWidth ? '' : `.p/${width}`}`;
};

/**
 * Path of a tile below the log's prefix, such as `tile/0/x001/x234/067` or `tile/1/000.p/8`.
 *
 * @throws RangeError for coordinates no tile has
 */
export const tilePath = ({ level, index, width }: TileAddress): string => {
  if (!Number.isInteger(level) || level < 0 || level > 63)
    throw new RangeError(`no tile has level ${level}`);
  return pathOf(`tile/${level}`, index, width);
};

/**
 * Path of an entry bundle below the log's prefix, such as `tile/entries/000.p/7`.
 *
 * @throws RangeError for coordinates no bundle has
 */
export const entriesPath = (index: number, width: number = tileWidth): string =>
  pathOf('tile/entries', index, width);

const badPath = (path: string): Refusal =>
  refuse(merkleErrors.E_LOG_FORMAT, `not a tile path: ${JSON.stringify(path.slice(0, 200))}`);

const maxPathLength = 64;

/** Parses exactly what `tilePath` and `entriesPath` write; refuses every other spelling. */
export const parseLogPath = (path: string): LogPath | Refusal => {
  if (path.length > maxPathLength) return badPath(path);
  const [root, kind, ...rest] = path.split('/');
  if (root !== 'tile' || kind === undefined) return badPath(path);
  const level = kind === 'entries' ? 0 : parseDecimal(kind);
  const place = parsePlace(rest);
  if (level === undefined || level > 63 || place === undefined) return badPath(path);
  return kind === 'entries' ? { kind, ...place } : { kind: 'tile', level, ...place };
};

const parsePlace = (parts: readonly string[]): { index: number; width: number } | undefined => {
  const last = parts[parts.length - 1] ?? '';
  const partial = parts[parts.length - 2]?.endsWith('.p') === true;
  const width = partial ? parseDecimal(last) : tileWidth;
  if (width === undefined || width < 1 || (partial && width >= tileWidth)) return undefined;
  const groups = partial ? parts.slice(0, -1) : [...parts];
  if (partial) groups.push((groups.pop() ?? '').slice(0, -2));
  const index = parseGroups(groups);
  return index === undefined ? undefined : { index, width };
};

const parseGroups = (groups: readonly string[]): number | undefined => {
  let index = 0;
  for (const [i, group] of groups.entries()) {
    const isLast = i === groups.length - 1;
    if (!(isLast ? /^[0-9]{3}$/ : /^x[0-9]{3}$/).test(group)) return undefined;
    index = index * 1000 + Number(isLast ? group : group.slice(1));
  }
  const hasLeadingGroup = groups.length > 1 && groups[0] === 'x000';
  return groups.length === 0 || hasLeadingGroup || !isSize(index) ? undefined : index;
};

/** Hashes tile `index` of a level has in a log of this size; 0 when it has none. */
export const tileWidthAt = (level: number, index: number, logSize: number): number => {
  const hashes = Math.floor(logSize / tileWidth ** level) - index * tileWidth;
  return Math.max(0, Math.min(tileWidth, hashes));
};

/** Every tile of hashes a log of this size has, partial ones included, lowest level first. */
export const tilesOf = function* (logSize: number): Generator<TileAddress> {
  for (let level = 0, hashes = logSize; hashes > 0; level++) {
    for (let index = 0; index * tileWidth < hashes; index++)
      yield { level, index, width: tileWidthAt(level, index, logSize) };
    hashes = Math.floor(hashes / tileWidth);
  }
};

/** The tile in which a perfect node is stored or from which it is computed. */
export const tileOfNode = (node: NodeAddress, logSize: number): TileAddress => {
  const level = Math.floor(node.level / tileHeight);
  const firstHash = node.index * 2 ** (node.level % tileHeight);
  const index = Math.floor(firstHash / tileWidth);
  return { level, index, width: tileWidthAt(level, index, logSize) };
};

/** Hash `index` of a tile, as a view. */
export const hashInTile = (tile: Uint8Array, index: number): Uint8Array =>
  tile.subarray(index * hashLength, (index + 1) * hashLength);

/**
 * The hash of a perfect node from the bytes of the tile that `tileOfNode` names; refuses a tile that
 * is too short to know it.
 */
export const nodeInTile = (tile: Uint8Array, node: NodeAddress): Uint8Array | Refusal => {
  const count = 2 ** (node.level % tileHeight);
  const first = (node.index * count) % tileWidth;
  if (tile.length < (first + count) * hashLength || tile.length % hashLength !== 0)
    return refuse(merkleErrors.E_LOG_FORMAT, `tile of ${tile.length} bytes is too short`);
  let row: Uint8Array[] = [];
  for (let i = first; i < first + count; i++) row.push(hashInTile(tile, i));
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < row.length; i += 2)
      above.push(nodeHash(row[i] as Hash, row[i + 1] as Hash));
    row = above;
  }
  return row[0] as Uint8Array;
};

/** Throwing twin of `nodeInTile` for readers whose tiles are their own. */
export const requireNodeInTile = (tile: Uint8Array, node: NodeAddress): Uint8Array => {
  const hash = nodeInTile(tile, node);
  if (isRefusal(hash)) throw new RangeError(hash.detail);
  return hash;
};
