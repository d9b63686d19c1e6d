/**
 * One process per data directory. The lock is an operating-system file lock (taken through SQLite,
 * which Node offers without an addon), so it vanishes with its holder, `kill -9` and power cuts
 * included: there is no stale lock to judge and no race in taking one over. Who holds it is written
 * beside it, for messages only. Not for network file systems without working locks.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SallyportError } from '../../kernel/errors.ts';
import { filesErrors } from './errors.ts';
import { ensurePrivateDirectory } from './private-directory.ts';
import { readFileBounded } from './read.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

const lockName = 'lock.sqlite';
const holderName = 'lock.json';
const maxHolderBytes = 4096;

export type LockHolder = { readonly pid: number; readonly startedAtMs: number };

/** A held lock. `release` is idempotent. */
export type DataDirectoryLock = AsyncDisposable & { readonly release: () => Promise<void> };

/**
 * Takes the lock of `directory`, creating the directory (0700) when needed.
 *
 * @param startedAtMs start of this process in epoch milliseconds, told to whoever is refused
 * @throws SallyportError E_DATA_DIRECTORY_LOCKED naming the holder
 */
export const lockDataDirectory = async (
  directory: string,
  startedAtMs: number,
): Promise<DataDirectoryLock> => {
  await ensurePrivateDirectory(directory);
  const database = acquire(join(directory, lockName));
  if (database === undefined) throw await lockedBy(directory);
  const holder: LockHolder = { pid: process.pid, startedAtMs };
  try {
    await writeFileAtomic(join(directory, holderName), `${JSON.stringify(holder)}\n`);
  } catch (error) {
    database.close();
    throw error;
  }
  const release = async (): Promise<void> => {
    if (database.isOpen) database.close();
  };
  return { release, [Symbol.asyncDispose]: release };
};

/**
 * True when some process, this one included, holds the lock. Takes and drops it to find out, but
 * creates nothing; a lock that this user may not even try counts as free.
 */
export const isDataDirectoryLocked = (directory: string): boolean => {
  const path = join(directory, lockName);
  if (!existsSync(path)) return false;
  try {
    const database = acquire(path);
    database?.close();
    return database === undefined;
  } catch {
    return false;
  }
};

/** What the last holder wrote about itself; it may be gone. Undefined when there is no such note. */
export const readLockHolder = async (directory: string): Promise<LockHolder | undefined> => {
  try {
    const bytes = await readFileBounded(join(directory, holderName), maxHolderBytes);
    const { pid, startedAtMs } = JSON.parse(Buffer.from(bytes).toString()) as Partial<LockHolder>;
    if (!Number.isSafeInteger(pid) || !Number.isSafeInteger(startedAtMs)) return undefined;
    return { pid: pid as number, startedAtMs: startedAtMs as number };
  } catch {
    return undefined;
  }
};

const acquire = (path: string): DatabaseSync | undefined => {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw new SallyportError(filesErrors.E_FILE_WRITE, `${path} cannot be locked`, {
      cause: error,
    });
  }
};

const sqliteBusy = 5;
const isBusy = (error: unknown): boolean =>
  error instanceof Error && (error as { errcode?: number }).errcode === sqliteBusy;

const lockedBy = async (directory: string): Promise<SallyportError> => {
  const holder = await readLockHolder(directory);
  const who = holder === undefined ? 'another process' : `process ${holder.pid}`;
  return new SallyportError(
    filesErrors.E_DATA_DIRECTORY_LOCKED,
    `${directory} is in use by ${who}`,
    { data: holder === undefined ? {} : { pid: holder.pid } },
  );
};
