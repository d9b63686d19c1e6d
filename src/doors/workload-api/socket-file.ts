/**
 * A unix socket under its final name only when it has its final owner and mode: it is bound in a
 * private directory, chowned, chmodded and renamed. The rename also replaces what a crashed agent
 * left behind, after making sure that nobody serves it any more.
 */
import { once } from 'node:events';
import { chmod, chown, lstat, mkdir, mkdtemp, rename, rm, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { SallyportError } from '../../kernel/errors.ts';
import { workloadErrors } from './errors.ts';

export type SocketFile = {
  readonly path: string;
  /** Who may connect; the agent's own user and group when absent. */
  readonly uid?: number;
  readonly gid?: number;
  /** 0600 when absent. */
  readonly mode?: number;
};

const defaultMode = 0o600;
/** `sun_path` of Linux, without the final NUL. */
const maxPathBytes = 107;
const probeMs = 1_000;

const fail = (what: string, cause?: unknown): SallyportError =>
  new SallyportError(workloadErrors.E_WORKLOAD_SOCKET, what, { cause });

/** Who can write to the directory can put another socket in our place. */
const prepareDirectory = async (directory: string): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const { mode, uid } = await lstat(directory);
  const isForeign = uid !== 0 && uid !== process.geteuid?.();
  if (isForeign) throw fail(`${directory} belongs to another user`);
  if ((mode & 0o022) !== 0) throw fail(`other users may write to ${directory}`);
};

/** True when somebody accepts connections there. */
const isServed = async (path: string): Promise<boolean> => {
  const socket = connect(path);
  const timer = setTimeout(() => socket.destroy(), probeMs);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
};

const checkPlace = async (path: string): Promise<void> => {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return;
  if (!stats.isSocket()) throw fail(`${path} is not a socket; it is left alone`);
  if (await isServed(path)) throw fail(`${path} is served by another process`);
};

const bind = async (server: Server, path: string): Promise<void> => {
  server.listen(path);
  await once(server, 'listening');
};

const place = async (server: Server, file: SocketFile): Promise<number> => {
  const { path, uid, gid, mode = defaultMode } = file;
  // mkdtemp makes it 0700: until the rename nobody else can reach the socket.
  const staging = await mkdtemp(join(dirname(path), '.'));
  const bound = join(staging, 's');
  try {
    if (Buffer.byteLength(bound) > maxPathBytes) throw fail(`${path} is too long for a socket`);
    await bind(server, bound);
    if (uid !== undefined || gid !== undefined) await chown(bound, uid ?? -1, gid ?? -1);
    await chmod(bound, mode);
    await rename(bound, path);
    return (await lstat(path)).ino;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
};

/**
 * Starts listening at `file.path`. Returns what removes the file, if it is still ours.
 *
 * @throws SallyportError E_WORKLOAD_SOCKET: path too long, not a socket, served, not to be owned
 */
export const listenOnSocketFile = async (
  server: Server,
  file: SocketFile,
): Promise<() => Promise<void>> => {
  const { path } = file;
  if (Buffer.byteLength(path) > maxPathBytes) throw fail(`${path} is too long for a socket`);
  try {
    await prepareDirectory(dirname(path));
    await checkPlace(path);
    const inode = await place(server, file);
    return async () => {
      const stats = await lstat(path).catch(() => undefined);
      if (stats?.ino === inode) await unlink(path).catch(() => undefined);
    };
  } catch (cause) {
    server.close();
    if (cause instanceof SallyportError) throw cause;
    throw fail(`socket ${basename(path)} cannot be opened`, cause);
  }
};
