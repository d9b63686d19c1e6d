/** Opens the database named by a URL. The only place that knows which engines there are. */
import { join } from 'node:path';
import { type Dialect, Kysely, sql } from 'kysely';
import { type Clock, systemClock } from '../../kernel/effects.ts';
import { SallyportError } from '../../kernel/errors.ts';
import { ensurePrivateDirectory } from '../files/index.ts';
import { startCheckpoints } from './checkpoints.ts';
import { storageErrors } from './errors.ts';
import { migrate } from './migrate.ts';
import { openSqlite, sqliteDialect } from './sqlite.ts';
import type { Storage, StorageKind, StorageLog } from './types.ts';

export type StorageOptions = {
  /** `sqlite:` (file `sallyport.db` in the data directory), `sqlite:/path`, `sqlite::memory:` or `postgres://…`. */
  readonly url: string;
  readonly dataDir: string;
  readonly log: StorageLog;
  readonly clock?: Clock;
};

const withoutWaiting = async <T>(
  db: Kysely<unknown>,
  kind: StorageKind,
  work: (trx: Kysely<unknown>) => Promise<T>,
): Promise<T> => {
  if (kind === 'postgres')
    return db.transaction().execute(async (trx) => {
      await sql`set local synchronous_commit = off`.execute(trx);
      return work(trx);
    });
  // The pragma belongs to the connection, which is held until it is back to normal.
  return db.connection().execute(async (connection) => {
    await sql`pragma synchronous = normal`.execute(connection);
    try {
      return await connection.transaction().execute(work);
    } finally {
      await sql`pragma synchronous = full`.execute(connection);
    }
  });
};

/** Wraps a dialect as a `Storage`; `dispose` lets go of what the dialect does not own. */
export const storageOf = (
  kind: StorageKind,
  dialect: Dialect,
  { clock = systemClock, dispose }: { clock?: Clock | undefined; dispose?: () => void } = {},
): Storage => {
  const db = new Kysely<unknown>({ dialect });
  return {
    kind,
    database: <Tables>() => db as unknown as Kysely<Tables>,
    derived: <Tables, T>(work: (trx: Kysely<Tables>) => Promise<T>) =>
      withoutWaiting(db, kind, (trx) => work(trx as unknown as Kysely<Tables>)),
    migrate: (migrations) => migrate(db, migrations, { kind, clock }),
    close: async () => {
      await db.destroy();
      // A pool or file that never ran a query is not known to Kysely yet.
      dispose?.();
    },
  };
};

const memoryPath = ':memory:';

const openSqliteStorage = (path: string, { clock, log }: StorageOptions): Storage => {
  const database = openSqlite(path);
  const checkpoints = path === memoryPath ? undefined : startCheckpoints({ database, path, log });
  const storage = storageOf('sqlite', sqliteDialect(database), {
    clock,
    dispose: () => {
      if (database.isOpen) database.close();
    },
  });
  return {
    ...storage,
    close: async () => {
      await checkpoints?.close();
      await storage.close();
    },
  };
};

const openPostgresStorage = async ({ url, log, clock }: StorageOptions): Promise<Storage> => {
  // Loaded on demand: most installations never speak to PostgreSQL.
  const { openPool, postgresDialect } = await import('./postgres.ts');
  const pool = openPool(url, log);
  const storage = storageOf('postgres', postgresDialect(pool), { clock });
  try {
    await sql`select 1`.execute(storage.database());
    return storage;
  } catch (failure) {
    await storage.close();
    throw failure;
  }
};

/**
 * Opens and checks that the database answers.
 *
 * @throws SallyportError E_STORAGE_URL, E_STORAGE_UNAVAILABLE or E_STORAGE_CORRUPT
 */
export const openStorage = async (options: StorageOptions): Promise<Storage> => {
  const { url, dataDir } = options;
  if (url.startsWith('postgres://') || url.startsWith('postgresql://'))
    return openPostgresStorage(options);
  if (!url.startsWith('sqlite:')) {
    // Never echo the address: it may hold a password.
    throw new SallyportError(storageErrors.E_STORAGE_URL, 'storage.url has an unknown scheme');
  }
  const path = url.slice('sqlite:'.length);
  if (path !== '') return openSqliteStorage(path, options);
  await ensurePrivateDirectory(dataDir);
  return openSqliteStorage(join(dataDir, 'sallyport.db'), options);
};
