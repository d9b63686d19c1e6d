/** A real SQLite database in memory, for tests; gone when closed. */
import { openStorage } from './open-storage.ts';
import type { Migration, Storage } from './types.ts';

/** Opens an empty database in memory and applies the migrations. */
export const openMemoryStorage = async (
  migrations: readonly Migration[] = [],
): Promise<Storage> => {
  const storage = await openStorage({
    url: 'sqlite::memory:',
    dataDir: '.',
    log: { warn: () => {} },
  });
  await storage.migrate(migrations);
  return storage;
};
