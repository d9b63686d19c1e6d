/** Reads the published log from disk, for the routes that serve it as static files. */
import { join } from 'node:path';
import { SallyportError } from '../../kernel/errors.ts';
import { readFileBounded } from '../../platform/files/index.ts';
import type { ReadPublished } from './deps.ts';

/** A full entry bundle: 256 entries of 65,535 bytes with their lengths. */
const maxFileBytes = 256 * (0xffff + 2);

/** Reads below `<ledger directory>/log`. Paths were checked by the routes; no others are asked for. */
export const readPublishedFrom =
  (ledgerDirectory: string): ReadPublished =>
  async (path) => {
    try {
      return await readFileBounded(join(ledgerDirectory, 'log', path), maxFileBytes);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };

const isAbsent = (error: unknown): boolean => {
  if (!(error instanceof SallyportError)) return false;
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
};
