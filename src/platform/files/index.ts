/** Files: durable replacement, bounded reading, private directories, the data directory's lock. */
export {
  isDataDirectoryLocked,
  lockDataDirectory,
  readLockHolder,
} from './data-directory-lock.ts';
export type { DataDirectoryLock, LockHolder } from './data-directory-lock.ts';
export { filesErrors } from './errors.ts';
export { ensurePrivateDirectory } from './private-directory.ts';
export { ensureNodeId } from './node-id.ts';
export { readFileBounded, readPrivateFile } from './read.ts';
export { syncDirectory, writeFileAtomic } from './write-file-atomic.ts';
export type { WriteOptions } from './write-file-atomic.ts';
