/** Checks of the data directory: who may enter, who uses it, room on the disk, order of time. */
import { readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isDataDirectoryLocked, readLockHolder } from '../../../platform/files/index.ts';
import { type Check, failed, type Finding, ok, warning } from './check.ts';

const mebibyte = 1024 * 1024;
const failBelowBytes = 64 * mebibyte;
const warnBelowBytes = 1024 * mebibyte;
const toleratedSkewMs = 5 * 60_000;
const othersMask = 0o077;

/** The checks of one data directory. */
export const directoryChecks = (dataDir: string, nowMs: number): readonly Check[] => [
  { name: 'data directory', run: () => checkDirectory(dataDir) },
  { name: 'data directory lock', run: () => checkLock(dataDir) },
  { name: 'disk space', run: () => checkSpace(dataDir) },
  { name: 'clock against data', run: () => checkOrder(dataDir, nowMs) },
];

/** True when there is a directory. */
export const exists = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
};

const checkDirectory = async (dataDir: string): Promise<Finding> => {
  if (!(await exists(dataDir))) return ok(`${dataDir} will be created at the first start`);
  const { mode, uid } = await stat(dataDir);
  const own = process.getuid?.();
  if (own !== undefined && uid !== own)
    return failed(`${dataDir} belongs to user ${uid}`, `Run as that user, or chown ${dataDir}.`);
  if ((mode & othersMask) === 0) return ok(`${dataDir} is private`);
  const shown = (mode & 0o777).toString(8);
  return failed(`${dataDir} has mode ${shown}`, `Run chmod 700 ${dataDir}.`);
};

const checkLock = async (dataDir: string): Promise<Finding> => {
  if (!isDataDirectoryLocked(dataDir)) return ok('not in use');
  const holder = await readLockHolder(dataDir);
  return warning(
    `in use by process ${holder?.pid ?? 'unknown'}`,
    'A second server on this directory will refuse to start.',
  );
};

const checkSpace = async (dataDir: string): Promise<Finding> => {
  const { bavail, bsize } = await statfs(await nearestExisting(resolve(dataDir)));
  const free = bavail * bsize;
  const shown = `${Math.floor(free / mebibyte)} MiB free`;
  if (free < failBelowBytes) return failed(shown, 'Free space; a full disk refuses all requests.');
  return free < warnBelowBytes ? warning(shown, 'Free space soon.') : ok(shown);
};

const nearestExisting = async (path: string): Promise<string> => {
  if ((await exists(path)) || dirname(path) === path) return path;
  return nearestExisting(dirname(path));
};

const checkOrder = async (dataDir: string, nowMs: number): Promise<Finding> => {
  const newest = await newestChange(dataDir);
  if (newest === undefined || newest <= nowMs + toleratedSkewMs) return ok('time runs forward');
  return failed(
    `data was written at ${new Date(newest).toISOString()}, which is in the future`,
    'Set the clock.',
  );
};

const newestChange = async (directory: string): Promise<number | undefined> => {
  if (!(await exists(directory))) return undefined;
  const times: number[] = [];
  for (const name of await readdir(directory))
    times.push((await stat(join(directory, name))).mtimeMs);
  return times.length === 0 ? undefined : Math.max(...times);
};
