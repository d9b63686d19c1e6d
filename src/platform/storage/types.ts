/** What storage promises to the domains; the engines behind it are interchangeable. */
import type { Kysely } from 'kysely';

export type StorageKind = 'sqlite' | 'postgres';

/**
 * One numbered step of the schema, forward only. `up` describes the step in terms of the query
 * builder; its SQL is the migration's identity (see migration-checksum.ts), so `up` must issue
 * the same statements whenever it sees an empty database.
 */
export type Migration = {
  /** Four digits, a dash and a name, for example `0001-access-entities`; sorted as text. */
  readonly id: string;
  readonly up: (db: Kysely<unknown>, dialect: StorageKind) => Promise<void>;
};

export type Storage = {
  readonly kind: StorageKind;
  /**
   * The query builder, typed with the caller's tables. Every call returns the same connection.
   * Inside `transaction().execute(trx => …)` use `trx` only: SQLite has one connection, and
   * asking for it again from inside waits for itself (ends in E_STORAGE_CONTENDED).
   */
  readonly database: <Tables>() => Kysely<Tables>;
  /**
   * A transaction for data that can be derived again: it does not wait for the disk, so a power cut
   * may take back the last ones, in order and each as a whole. A crash of the process takes nothing.
   */
  readonly derived: <Tables, T>(work: (trx: Kysely<Tables>) => Promise<T>) => Promise<T>;
  /**
   * Brings the schema up to date in one transaction, one process at a time. Call it once with
   * all migrations of the program.
   *
   * @throws SallyportError E_STORAGE_MIGRATION when an applied migration changed, is unknown to
   *   this program, or a new one sorts before an applied one
   */
  readonly migrate: (migrations: readonly Migration[]) => Promise<void>;
  /** Waits for running queries, then lets go of the file or the pool. Safe to call twice. */
  readonly close: () => Promise<void>;
};

/** The part of a log that storage writes to. */
export type StorageLog = {
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
};
