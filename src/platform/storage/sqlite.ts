/**
 * Kysely on node:sqlite: one connection, WAL, every commit on disk before it is answered
 * (synchronous=FULL), defensive mode. Rows and values look the same as from PostgreSQL.
 */
import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  type RootOperationNode,
  SqliteAdapter,
  SqliteIntrospector,
  type TransactionSettings,
} from 'kysely';
import { SallyportError } from '../../kernel/errors.ts';
import { PortableSqliteCompiler } from './compilers.ts';
import { abortedTransaction, fromSqlite } from './driver-errors.ts';
import { storageErrors } from './errors.ts';
import { Mutex } from './mutex.ts';
import { type StoredValue, toStored } from './values.ts';

const patienceMs = 5_000;
const retryDelaysMs = [1, 2, 5, 10, 20, 40];
const connectionDeadlineMs = 15_000;
const maxCachedStatements = 512;

/** Creates the file with mode 0600 first; SQLite gives its side files the same mode. */
const createPrivateFile = (path: string): void => {
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
};

const pragmas = [
  'pragma synchronous = full',
  'pragma trusted_schema = off',
  'pragma cell_size_check = on',
  'pragma temp_store = memory',
  // As PostgreSQL does.
  'pragma case_sensitive_like = on',
  // From here on waiting for another process is ours to do, without stopping the event loop.
  'pragma busy_timeout = 0',
];

/** Opens a database file, or `:memory:`. Throws E_STORAGE_UNAVAILABLE or E_STORAGE_CORRUPT. */
export const openSqlite = (path: string): DatabaseSync => {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ':memory:') createPrivateFile(path);
    database = new DatabaseSync(path, {
      defensive: true,
      enableForeignKeyConstraints: true,
      enableDoubleQuotedStringLiterals: false,
      timeout: patienceMs,
    });
    if (path !== ':memory:') database.exec('pragma journal_mode = wal');
    for (const pragma of pragmas) database.exec(pragma);
    return database;
  } catch (failure) {
    database?.close();
    const known = fromSqlite(failure);
    if (known instanceof SallyportError) throw known;
    throw new SallyportError(storageErrors.E_STORAGE_UNAVAILABLE, `cannot open ${path}`, {
      cause: failure,
    });
  }
};

type Prepared = { readonly statement: StatementSync; readonly returnsRows: boolean };

/** Integers are bound as integers: node:sqlite would bind every number as a float. */
const toBound = (value: unknown): StoredValue => {
  const stored = toStored(value);
  return Number.isSafeInteger(stored) ? BigInt(stored as number) : stored;
};

const changesRows: ReadonlySet<RootOperationNode['kind']> = new Set([
  'InsertQueryNode',
  'UpdateQueryNode',
  'DeleteQueryNode',
  'MergeQueryNode',
]);

const isContended = (failure: unknown): boolean =>
  failure instanceof SallyportError && failure.code === 'E_STORAGE_CONTENDED';

/** Repeats work that had no effect because another process holds the write lock. */
const patiently = async <T>(work: () => T): Promise<T> => {
  for (let waitedMs = 0, attempt = 0; ; attempt++) {
    try {
      return work();
    } catch (failure) {
      const known = fromSqlite(failure);
      if (!isContended(known) || waitedMs >= patienceMs) throw known;
      const delayMs = retryDelaysMs[attempt] ?? 50;
      waitedMs += delayMs;
      await delay(delayMs);
    }
  }
};

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, Prepared>();
  #isAborted = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async run(sql: string): Promise<void> {
    await patiently(() => this.#prepare(sql).statement.run());
  }

  /** Ends a transaction. As in PostgreSQL, one with a failed statement cannot commit. */
  async end(verb: 'commit' | 'rollback'): Promise<void> {
    const isAborted = this.#isAborted;
    this.#isAborted = false;
    // A full disk rolls back by itself.
    if (!isAborted && verb === 'commit') return this.run('commit');
    if (this.#database.isTransaction) await this.run('rollback');
    if (verb === 'commit') throw abortedTransaction();
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#isAborted) throw abortedTransaction();
    const values = query.parameters.map(toBound);
    const wasInTransaction = this.#database.isTransaction;
    try {
      return await patiently(() => this.#execute<Row>(query, values));
    } catch (failure) {
      this.#isAborted = wasInTransaction;
      throw failure;
    }
  }

  #execute<Row>({ sql, query }: CompiledQuery, values: readonly StoredValue[]): QueryResult<Row> {
    const { statement, returnsRows } = this.#prepare(sql);
    const isChange = changesRows.has(query.kind);
    if (!returnsRows) {
      const { changes } = statement.run(...values);
      return isChange ? { rows: [], numAffectedRows: BigInt(changes) } : { rows: [] };
    }
    // node:sqlite makes rows without prototype, pg plain objects: callers see plain objects.
    const rows = statement.all(...values).map((row) => ({ ...row }) as Row);
    return isChange ? { rows, numAffectedRows: BigInt(rows.length) } : { rows };
  }

  #prepare(sql: string): Prepared {
    const cached = this.#statements.get(sql);
    if (cached !== undefined) {
      this.#statements.delete(sql);
      this.#statements.set(sql, cached);
      return cached;
    }
    const statement = this.#database.prepare(sql);
    const prepared = { statement, returnsRows: statement.columns().length > 0 };
    this.#statements.set(sql, prepared);
    if (this.#statements.size > maxCachedStatements) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    return prepared;
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    // Not on PostgreSQL without a cursor package, so not here either: page by key instead.
    throw new Error('storage does not stream; read in pages ordered by a key');
  }
}

class SqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #connection: SqliteConnection;
  readonly #mutex: Mutex;

  constructor(database: DatabaseSync, deadlineMs: number) {
    this.#database = database;
    this.#connection = new SqliteConnection(database);
    this.#mutex = new Mutex(deadlineMs);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteConnection> {
    await this.#mutex.acquire();
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#mutex.release();
  }

  async beginTransaction(_: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    // Immediate: taking the write lock later could fail halfway with "busy".
    await this.#connection.run(settings.accessMode === 'read only' ? 'begin' : 'begin immediate');
  }

  async commitTransaction(): Promise<void> {
    await this.#connection.end('commit');
  }

  async rollbackTransaction(): Promise<void> {
    await this.#connection.end('rollback');
  }

  async destroy(): Promise<void> {
    await this.#mutex.acquire();
    if (this.#database.isOpen) this.#database.close();
    this.#mutex.release();
  }
}

/** Our mutex has a deadline; Kysely's own would wait for ever. */
class SqliteAdapterWithOwnMutex extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** @param deadlineMs the longest anybody waits for the one connection */
export const sqliteDialect = (
  database: DatabaseSync,
  deadlineMs: number = connectionDeadlineMs,
): Dialect => ({
  createAdapter: () => new SqliteAdapterWithOwnMutex(),
  createDriver: () => new SqliteDriver(database, deadlineMs),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new PortableSqliteCompiler(),
});
