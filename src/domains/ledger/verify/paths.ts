/** Names of tiles and bundles (C2SP tlog-tiles), the verifier's own reading of them. */
import { tileHashes } from './tree.ts';

/** `tile/<level>` or `tile/entries`: the directory of one kind of tile. */
export type TileKind = number | 'entries';

/** Level whose tiles a kind is aligned with: bundles go with level 0. */
export const levelOfKind = (kind: TileKind): number => (kind === 'entries' ? 0 : kind);

/** Path of the full tile, below the log directory. */
export const fullPath = (kind: TileKind, index: number): string => {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/.{3}/g) ?? [];
  return `tile/${kind}/${groups.map((group, i) => (i < groups.length - 1 ? 'x' : '') + group).join('/')}`;
};

/** Directory of the partial tiles of one index. */
export const partialDirectory = (kind: TileKind, index: number): string =>
  `${fullPath(kind, index)}.p`;

/** A number written in its only decimal form; undefined for any other text. */
export const plainNumber = (text: string): number | undefined => {
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 && String(value) === text ? value : undefined;
};

/** Width in the name of a partial tile, 1 to 255. */
export const partialWidth = (name: string): number | undefined => {
  const width = plainNumber(name);
  return width !== undefined && width >= 1 && width < tileHashes ? width : undefined;
};

export type TileName = { readonly kind: TileKind; readonly index: number; readonly width: number };

/** What a path below the log directory names; undefined unless it is spelt as it must be. */
export const parseTileName = (path: string): TileName | undefined => {
  const [, kindText = '', ...groups] = path.split('/');
  const kind = kindText === 'entries' ? kindText : plainNumber(kindText);
  if (kind === undefined || (typeof kind === 'number' && kind > 63)) return undefined;
  const isPartial = groups.at(-2)?.endsWith('.p') === true;
  const width = isPartial ? partialWidth(groups.pop() ?? '') : tileHashes;
  if (width === undefined) return undefined;
  const index = Number(groups.join('').replace(/\.p$/, '').replaceAll('x', ''));
  if (!Number.isSafeInteger(index)) return undefined;
  const spelling = isPartial ? `${partialDirectory(kind, index)}/${width}` : fullPath(kind, index);
  return spelling === path ? { kind, index, width } : undefined;
};

/** How many hashes (or entries) the tile at this place has in a log of this size. */
export const widthAt = (level: number, index: number, size: number): number => {
  const hashes = Math.floor(size / tileHashes ** level) - index * tileHashes;
  return Math.max(0, Math.min(tileHashes, hashes));
};
