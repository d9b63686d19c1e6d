/**
 * The identity of a migration: a digest of the SQL it issues against an empty database. Found by
 * a dry run, so neither formatting nor compilation of the source changes it, a changed statement
 * does.
 */
import { createHash } from 'node:crypto';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  SqliteAdapter,
  SqliteIntrospector,
} from 'kysely';
import { PortablePostgresCompiler, PortableSqliteCompiler } from './compilers.ts';
import type { Migration, StorageKind } from './types.ts';
import { toStored } from './values.ts';

const recorder = (record: (query: CompiledQuery) => void): Driver => {
  const connection: DatabaseConnection = {
    executeQuery: async (query) => {
      record(query);
      return { rows: [] };
    },
    streamQuery: () => {
      throw new Error('a migration cannot stream');
    },
  };
  const nothing = async (): Promise<void> => {};
  return {
    init: nothing,
    acquireConnection: async () => connection,
    beginTransaction: nothing,
    commitTransaction: nothing,
    rollbackTransaction: nothing,
    releaseConnection: nothing,
    destroy: nothing,
  };
};

const dryDialect = (kind: StorageKind, driver: Driver): Dialect => {
  const isSqlite = kind === 'sqlite';
  return {
    createAdapter: () => (isSqlite ? new SqliteAdapter() : new PostgresAdapter()),
    createDriver: () => driver,
    createIntrospector: (db) =>
      isSqlite ? new SqliteIntrospector(db) : new PostgresIntrospector(db),
    createQueryCompiler: () =>
      isSqlite ? new PortableSqliteCompiler() : new PortablePostgresCompiler(),
  };
};

const parameterText = (value: unknown): string => {
  const stored = toStored(value);
  if (stored instanceof Uint8Array) return `bytes:${stored.toHex()}`;
  return `${typeof stored}:${String(stored)}`;
};

/** SHA-256 in hex over the id and every statement with its parameters. */
export const migrationChecksum = async (
  migration: Migration,
  kind: StorageKind,
): Promise<string> => {
  const hash = createHash('sha256').update(`${migration.id}\n`);
  const driver = recorder(({ sql, parameters }) => {
    hash.update(JSON.stringify([sql, parameters.map(parameterText)])).update('\n');
  });
  const db = new Kysely<unknown>({ dialect: dryDialect(kind, driver) });
  await db.transaction().execute((transaction) => migration.up(transaction, kind));
  await db.destroy();
  return hash.digest('hex');
};
