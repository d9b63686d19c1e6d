/**
 * The file operations of the writer, gathered so that a test can make any of them fail. The commit
 * path is synchronous (it owns its thread); tiles and checkpoints go through promises.
 */
import { randomFillSync } from 'node:crypto';
import * as fs from 'node:fs';
import * as promises from 'node:fs/promises';
import { dirname } from 'node:path';

/** All throw or reject with the system error (`code` ENOSPC, EIO, EROFS …). */
export type FileOperations = {
  /** Opens for reading and writing, creating it (0600) when absent. */
  readonly open: (path: string) => number;
  /** Writes all buffers at a position; may write less than everything and says how much. */
  readonly write: (fd: number, buffers: readonly Uint8Array[], position: number) => number;
  readonly dataSync: (fd: number) => void;
  readonly truncate: (fd: number, sizeBytes: number) => void;
  readonly close: (fd: number) => void;
  /** Undefined when the file does not exist. */
  readonly read: (path: string) => Uint8Array | undefined;
  /** Undefined when the file does not exist. */
  readonly sizeBytes: (path: string) => number | undefined;
  /** Names in a directory; empty when it does not exist. */
  readonly list: (path: string) => readonly string[];
  /** Creates a directory (0700) and its parents; true when it had to be created. */
  readonly makeDirectory: (path: string) => boolean;
  readonly remove: (path: string) => void;
  /** Makes names in a directory durable. */
  readonly syncDirectory: (path: string) => void;
  /** Creates a file of that size whose blocks are really allocated, durably. */
  readonly allocate: (path: string, sizeBytes: number) => void;
  readonly freeBytes: (path: string) => number;
  /** Writes a temporary file, makes it durable and renames it. The directory is not synced. */
  readonly replace: (path: string, temporary: string, content: Uint8Array) => Promise<void>;
  readonly syncDirectoryLater: (path: string) => Promise<void>;
  readonly removeTree: (path: string) => Promise<void>;
};

/** The system's error code, or the error's name. */
export const systemCode = (error: unknown): string => {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.name : 'unknown';
};

/** True when space may come back: the disk or the quota is full. */
export const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(systemCode(error));

const isAbsent = (error: unknown): boolean => systemCode(error) === 'ENOENT';

const allocationStep = 256 * 1024;

const syncDirectory = (path: string): void => {
  const fd = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
};

/** Random bytes: file systems that compress or share blocks cannot give the space away twice. */
const allocate = (path: string, sizeBytes: number): void => {
  const fd = fs.openSync(path, 'w', 0o600);
  try {
    const step = new Uint8Array(Math.min(allocationStep, sizeBytes));
    for (let at = 0; at < sizeBytes; ) {
      randomFillSync(step);
      at += fs.writeSync(fd, step, 0, Math.min(step.length, sizeBytes - at), at);
    }
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  syncDirectory(dirname(path));
};

const list = (path: string): readonly string[] => {
  try {
    return fs.readdirSync(path);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
};

const read = (path: string): Uint8Array | undefined => {
  try {
    return fs.readFileSync(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
};

const replace = async (path: string, temporary: string, content: Uint8Array): Promise<void> => {
  const handle = await promises.open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await promises.rename(temporary, path);
};

const syncDirectoryLater = async (path: string): Promise<void> => {
  const handle = await promises.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** The real thing. */
export const nodeFileOperations: FileOperations = {
  open: (path) => fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600),
  write: (fd, buffers, position) => fs.writevSync(fd, buffers, position),
  dataSync: (fd) => fs.fdatasyncSync(fd),
  truncate: (fd, sizeBytes) => fs.ftruncateSync(fd, sizeBytes),
  close: (fd) => fs.closeSync(fd),
  read,
  sizeBytes: (path) => fs.statSync(path, { throwIfNoEntry: false })?.size,
  list,
  makeDirectory: (path) => fs.mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined,
  remove: (path) => fs.rmSync(path, { force: true }),
  syncDirectory,
  allocate,
  freeBytes: (path) => {
    const { bavail, bsize } = fs.statfsSync(path);
    return bavail * bsize;
  },
  replace,
  syncDirectoryLater,
  removeTree: (path) => promises.rm(path, { recursive: true, force: true }),
};
