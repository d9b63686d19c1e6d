/** What the verifier needs of a file system: reading only, at once, relative to the ledger directory. */
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';

export type FileName = { readonly name: string; readonly kind: 'file' | 'directory' | 'other' };

/** Paths are relative, with slashes; the ledger directory itself is the empty path. */
export type LedgerFiles = {
  /** Names in a directory; none when it does not exist. */
  readonly list: (path: string) => readonly FileName[];
  /** A whole file; undefined when it does not exist. Throws when it is longer than `maxBytes`. */
  readonly read: (path: string, maxBytes: number) => Uint8Array | undefined;
  /** Up to `length` bytes from an offset; fewer at the end of the file. */
  readonly readAt: (path: string, offset: number, length: number) => Uint8Array;
};

const isAbsent = (error: unknown): boolean => {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
};

const orAbsent = <T>(read: () => T, absent: T): T => {
  try {
    return read();
  } catch (error) {
    if (isAbsent(error)) return absent;
    throw error;
  }
};

const readBounded = (path: string, maxBytes: number): Uint8Array => {
  const { size } = lstatSync(path);
  if (size > maxBytes) throw new RangeError(`${size} bytes exceed ${maxBytes}`);
  return readFileSync(path);
};

const readPart = (path: string, offset: number, length: number): Uint8Array => {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    for (let count = -1; count !== 0 && filled < length; filled += count)
      count = readSync(fd, bytes, filled, length - filled, offset + filled);
    return bytes.subarray(0, filled);
  } finally {
    closeSync(fd);
  }
};

/** The files below a directory of this machine. Failures other than absence throw. */
export const diskFiles = (directory: string): LedgerFiles => ({
  list: (path) =>
    orAbsent(() => readdirSync(join(directory, path), { withFileTypes: true }), []).map(
      (entry) => ({
        name: entry.name,
        kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : 'other',
      }),
    ),
  read: (path, maxBytes) => orAbsent(() => readBounded(join(directory, path), maxBytes), undefined),
  readAt: (path, offset, length) => readPart(join(directory, path), offset, length),
});
