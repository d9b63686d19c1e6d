/**
 * Bounded reading. No file, device or pipe can make the process hold more than the caller allowed,
 * and a secret file is refused when other users could have read it.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SallyportError } from '../../kernel/errors.ts';
import { filesErrors } from './errors.ts';
import { codeOf } from './system-error.ts';

const chunkBytes = 64 * 1024;
const othersMask = 0o077;

/**
 * Reads a whole file of at most `maxBytes`.
 *
 * @throws SallyportError E_FILE_UNREADABLE, or E_FILE_TOO_LARGE as soon as the limit is passed
 */
export const readFileBounded = async (path: string, maxBytes: number): Promise<Uint8Array> => {
  const handle = await openForReading(path);
  try {
    return await drain(handle, path, maxBytes);
  } finally {
    await handle.close();
  }
};

/**
 * Reads a secret file of at most `maxBytes`. The check and the read use one open handle, so the
 * file cannot be exchanged between them. Symbolic links are followed (mounted secrets use them).
 *
 * @throws SallyportError E_FILE_NOT_PRIVATE when group or others have any permission on it, or when
 *   it belongs to a user who is neither this one nor root; otherwise as `readFileBounded`
 */
export const readPrivateFile = async (path: string, maxBytes: number): Promise<Uint8Array> => {
  const handle = await openForReading(path);
  try {
    const { mode, uid, isFile } = await describe(handle);
    if (!isFile) throw unreadable(path, 'it is not a regular file');
    if ((mode & othersMask) !== 0) {
      const shown = (mode & 0o777).toString(8);
      throw notPrivate(`${path} has mode ${shown}; other users could read it`);
    }
    if (uid !== 0 && uid !== process.getuid?.())
      throw notPrivate(`${path} belongs to user ${uid}, not to this user`);
    return await drain(handle, path, maxBytes);
  } finally {
    await handle.close();
  }
};

const describe = async (handle: FileHandle) => {
  const stats = await handle.stat();
  return { mode: stats.mode, uid: stats.uid, isFile: stats.isFile() };
};

const openForReading = async (path: string): Promise<FileHandle> => {
  try {
    return await open(path, constants.O_RDONLY);
  } catch (cause) {
    throw unreadable(path, codeOf(cause), cause);
  }
};

const drain = async (handle: FileHandle, path: string, maxBytes: number): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const chunk = new Uint8Array(Math.min(chunkBytes, maxBytes + 1 - total));
    const read = await readChunk(handle, path, chunk);
    if (read === 0) return Buffer.concat(chunks, total);
    total += read;
    if (total > maxBytes) throw tooLarge(path, maxBytes);
    chunks.push(chunk.subarray(0, read));
  }
};

const readChunk = async (handle: FileHandle, path: string, into: Uint8Array): Promise<number> => {
  try {
    return (await handle.read(into, 0, into.length, null)).bytesRead;
  } catch (cause) {
    throw unreadable(path, codeOf(cause), cause);
  }
};

const unreadable = (path: string, why: string, cause?: unknown): SallyportError =>
  new SallyportError(filesErrors.E_FILE_UNREADABLE, `${path} cannot be read: ${why}`, { cause });

const tooLarge = (path: string, maxBytes: number): SallyportError =>
  new SallyportError(filesErrors.E_FILE_TOO_LARGE, `${path} is larger than ${maxBytes} bytes`);

const notPrivate = (detail: string): SallyportError =>
  new SallyportError(filesErrors.E_FILE_NOT_PRIVATE, detail);
