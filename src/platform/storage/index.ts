/** Storage: Kysely over SQLite or PostgreSQL with the same values, errors and migrations. */
export { isUniqueViolation } from './driver-errors.ts';
export { storageErrors } from './errors.ts';
export { openMemoryStorage } from './fake.ts';
export { openStorage } from './open-storage.ts';

export type { ConflictRule } from './driver-errors.ts';
export type { StorageOptions } from './open-storage.ts';
export type { Migration, Storage, StorageKind, StorageLog } from './types.ts';
