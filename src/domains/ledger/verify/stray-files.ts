/** Finds files that no part of the log accounts for, and tiles beyond its end. */
import { levelOfKind, parseTileName, plainNumber, widthAt } from './paths.ts';
import { listLog, type Scan } from './scan.ts';

const maxDirectoryDepth = 12;

/** Walks the whole log directory. `size` counts all entries, signed or pending. */
export const checkStrayFiles = (scan: Scan, size: number): void => {
  for (const { name, kind } of listLog(scan, '')) {
    if (name === 'tile' && kind === 'directory') walkTiles(scan, { path: name, size, depth: 0 });
    else if (name === 'history' && kind === 'directory') checkHistoryNames(scan);
    else if (name !== 'checkpoint' || kind !== 'file') stray(scan, name);
  }
};

/** A writer at work replaces files by way of temporary ones. */
const stray = ({ report, isLive }: Scan, path: string): void => {
  if (!(isLive && path.endsWith('.tmp'))) report.add(`unknown file ${path}`);
};

const checkHistoryNames = (scan: Scan): void => {
  for (const { name, kind } of listLog(scan, 'history'))
    if (plainNumber(name) === undefined || kind !== 'file') stray(scan, `history/${name}`);
};

type Place = { readonly path: string; readonly size: number; readonly depth: number };

const walkTiles = (scan: Scan, { path, size, depth }: Place): void => {
  for (const { name, kind } of listLog(scan, path)) {
    if (scan.report.isFull()) return;
    const child = `${path}/${name}`;
    if (kind === 'file') checkName(scan, child, size);
    else if (kind === 'directory' && depth < maxDirectoryDepth)
      walkTiles(scan, { path: child, size, depth: depth + 1 });
    else stray(scan, child);
  }
};

const checkName = (scan: Scan, path: string, size: number): void => {
  const tile = parseTileName(path);
  if (tile === undefined) {
    stray(scan, path);
    return;
  }
  const isBeyond = tile.width > widthAt(levelOfKind(tile.kind), tile.index, size);
  if (isBeyond && !scan.isLive) scan.report.add(`${path} reaches beyond the log`);
};
