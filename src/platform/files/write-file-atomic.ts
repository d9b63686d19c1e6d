/**
 * Replacing a file so that a crash at any moment leaves either the old or the new content, never a
 * mixture: temporary file in the same directory, fsync, rename, fsync of the directory.
 */
import { randomUUID } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SallyportError } from '../../kernel/errors.ts';
import { filesErrors } from './errors.ts';
import { codeOf } from './system-error.ts';

export type WriteOptions = {
  /** Permission bits of the new file; 0600 when absent. The process umask does not widen them. */
  readonly mode?: number;
};

/**
 * Writes `content` to `path` durably: when the promise resolves, the content survives a power cut.
 *
 * @throws SallyportError E_FILE_WRITE; the old file is then untouched
 */
export const writeFileAtomic = async (
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> => {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await writeNew(temporary, content, options.mode ?? 0o600);
    await rename(temporary, path);
    await syncDirectory(directory);
  } catch (cause) {
    await unlink(temporary).catch(() => undefined);
    throw new SallyportError(
      filesErrors.E_FILE_WRITE,
      `${path} cannot be written: ${codeOf(cause)}`,
      { cause },
    );
  }
};

const writeNew = async (path: string, content: string | Uint8Array, mode: number) => {
  const handle = await open(path, 'wx', mode);
  try {
    await handle.chmod(mode);
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Makes created, renamed and removed names in `directory` durable. */
export const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
