/**
 * The program a process runs: path and SHA-256 of /proc/PID/exe, opened once so that path and
 * contents are those of one file. Digests are kept by what identifies the unchanged file.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, readlink } from 'node:fs/promises';

export type Executable = { readonly path: string; readonly sha256: string };

export type ReadExecutable = (pid: number) => Promise<Executable | undefined>;

const maxBytes = 1 << 30;
const chunkBytes = 1 << 20;
const maxKept = 1024;

const digestOf = async (file: FileHandle, size: number): Promise<string> => {
  const digest = createHash('sha256');
  const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(1, size)));
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) return digest.digest('hex');
    digest.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
    if (at > maxBytes) throw new RangeError('the program is too large');
  }
};

const deleted = ' (deleted)';

/** Creates a reader with its own memory of digests. Undefined for processes that are gone or not ours to see. */
export const createExecutableReader = (root = '/proc'): ReadExecutable => {
  const kept = new Map<string, string>();
  const sha256 = async (file: FileHandle): Promise<string> => {
    const stats = await file.stat({ bigint: true });
    // A write changes ctime, which nobody can set back.
    const key = [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
    const known = kept.get(key);
    if (known !== undefined) return known;
    const digest = await digestOf(file, Number(stats.size));
    const [oldest] = kept.keys();
    if (kept.size >= maxKept && oldest !== undefined) kept.delete(oldest);
    const after = await file.stat({ bigint: true });
    if (after.ctimeNs === stats.ctimeNs) kept.set(key, digest);
    return digest;
  };
  return async (pid) => {
    let file: FileHandle | undefined;
    try {
      file = await open(`${root}/${pid}/exe`, 'r');
      // The name of the very file that is open, not of whatever has that name now.
      const path = await readlink(`/proc/self/fd/${file.fd}`);
      if (path.endsWith(deleted)) return undefined;
      return { path, sha256: await sha256(file) };
    } catch {
      return undefined;
    } finally {
      await file?.close();
    }
  };
};
