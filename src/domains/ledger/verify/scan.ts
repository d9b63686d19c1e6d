/** What one run of the verifier carries from step to step. */
import type { LedgerFiles } from './files.ts';
import { fullPath, partialDirectory, partialWidth, type TileKind } from './paths.ts';
import { attempt, type Report } from './report.ts';

export type Scan = {
  readonly files: LedgerFiles;
  readonly report: Report;
  /** The log is being written meanwhile: torn tails and files ahead of the checkpoint are normal. */
  readonly isLive: boolean;
};

const logDirectory = 'log';

/** Longest file of the log: 256 entries of 65,535 bytes with their lengths. */
export const maxFileBytes = 256 * (0xffff + 2);

/** Reads a file below the log directory; undefined when absent or unreadable (then reported). */
export const readLogFile = (scan: Scan, path: string): Uint8Array | undefined => {
  const { files, report } = scan;
  return attempt(report, path, () => files.read(`${logDirectory}/${path}`, maxFileBytes));
};

/** Names below the log directory; an unreadable directory is reported. */
export const listLog = (scan: Scan, path: string): ReturnType<LedgerFiles['list']> => {
  const { files, report } = scan;
  const full = path === '' ? logDirectory : `${logDirectory}/${path}`;
  return attempt(report, full, () => files.list(full)) ?? [];
};

/** One stored form of a tile: the full file or a partial one. */
export type StoredTile = {
  readonly path: string;
  readonly width: number;
  readonly bytes: Uint8Array;
};

/** Every stored form of a tile up to `maxWidth`, the widest first. */
export const readTileForms = (
  scan: Scan,
  place: { readonly kind: TileKind; readonly index: number; readonly maxWidth: number },
): readonly StoredTile[] => {
  const { kind, index, maxWidth } = place;
  const forms: StoredTile[] = [];
  const load = (path: string, width: number): void => {
    const bytes = readLogFile(scan, path);
    if (bytes !== undefined) forms.push({ path, width, bytes });
  };
  if (maxWidth === 256) load(fullPath(kind, index), 256);
  const directory = partialDirectory(kind, index);
  const widths = listLog(scan, directory)
    .map(({ name }) => partialWidth(name))
    .filter((width) => width !== undefined && width <= maxWidth);
  for (const width of widths.toSorted((left, right) => Number(right) - Number(left)))
    load(`${directory}/${width}`, width as number);
  return forms;
};

/** True when `prefix` is what `whole` begins with. */
export const startsWith = (whole: Uint8Array, prefix: Uint8Array): boolean =>
  prefix.length <= whole.length && Buffer.compare(whole.subarray(0, prefix.length), prefix) === 0;
