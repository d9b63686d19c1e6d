/**
 * Kysely on pg: a bounded pool with a deadline on every step, our codes for failures, and the
 * same values as from SQLite (int8 as number, bytea as Uint8Array, truth as 0 or 1).
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import pg from 'pg';
import { PortablePostgresCompiler } from './compilers.ts';
import { abortedTransaction, fromPostgres } from './driver-errors.ts';
import type { StorageLog } from './types.ts';
import { integerFromText, numberFromText, type StoredValue, toStored } from './values.ts';

const limits = {
  max: 10,
  connectionTimeoutMillis: 5_000,
  idleTimeoutMillis: 60_000,
  statement_timeout: 30_000,
  lock_timeout: 10_000,
  idle_in_transaction_session_timeout: 30_000,
  // Last resort for a server that accepts and never answers.
  query_timeout: 35_000,
  keepAlive: true,
  application_name: 'sallyport',
} as const;

const oid = { bool: 16, bytea: 17, int8: 20, numeric: 1700 } as const;

const bytesFromHex = (text: string): Uint8Array => {
  // bytea_output=hex is the default since PostgreSQL 9.0: \x and hexadecimal digits.
  if (!text.startsWith('\\x')) throw new Error('bytea did not arrive in hex format');
  return Uint8Array.fromHex(text.slice(2));
};

type ReadValue = (text: string) => unknown;

const readers: ReadonlyMap<number, ReadValue> = new Map<number, ReadValue>([
  [oid.bool, (text) => (text === 't' ? 1 : 0)],
  [oid.int8, integerFromText],
  [oid.numeric, numberFromText],
  [oid.bytea, bytesFromHex],
]);

const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    readers.get(id) ?? (pg.types.getTypeParser(id, format) as ReadValue),
};

/** Opens a pool; no connection is made yet. */
export const openPool = (url: string, log: StorageLog): pg.Pool => {
  const pool = new pg.Pool({ ...limits, connectionString: url, types: typeParsers });
  // Without listeners a lost connection would end the process: idle ones are told to the pool,
  // ones in use to their client (its query rejects as well).
  pool.on('error', (error) => {
    log.warn({ reason: error.message }, 'an idle database connection was lost');
  });
  pool.on('connect', (client) => {
    client.on('error', () => {});
  });
  return pool;
};

const mapErrors = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (failure) {
    throw fromPostgres(failure);
  }
};

const changingCommands: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

class PostgresConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient;
  #isBroken = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const values = query.parameters.map(toStored);
    const { command, rowCount, rows } = await this.run<Row & pg.QueryResultRow>(query.sql, values);
    if (!changingCommands.has(command)) return { rows };
    return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
  }

  async run<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly StoredValue[] = [],
  ): Promise<pg.QueryResult<Row>> {
    return await mapErrors(() => this.#client.query<Row>(text, [...values]));
  }

  /** The connection's state is unknown: it must not serve anybody else. */
  markBroken(): void {
    this.#isBroken = true;
  }

  release(): void {
    this.#client.release(this.#isBroken);
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('storage does not stream; read in pages ordered by a key');
  }
}

const beginStatement = ({ isolationLevel, accessMode }: TransactionSettings): string => {
  const level = isolationLevel === undefined ? '' : ` isolation level ${isolationLevel}`;
  const access = accessMode === undefined ? '' : ` ${accessMode}`;
  return `start transaction${level}${access}`;
};

const rollback = async (connection: PostgresConnection): Promise<void> => {
  try {
    await connection.run('rollback');
  } catch (failure) {
    connection.markBroken();
    throw failure;
  }
};

const commit = async (connection: PostgresConnection): Promise<void> => {
  const { command } = await connection.run('commit');
  if (command === 'ROLLBACK') throw abortedTransaction();
};

/** Kysely hands back only connections this driver made. */
const ours = (connection: DatabaseConnection): PostgresConnection => {
  if (connection instanceof PostgresConnection) return connection;
  throw new TypeError('a connection of another driver');
};

const postgresDriver = (pool: pg.Pool): Driver => ({
  init: async () => {},
  acquireConnection: async () => new PostgresConnection(await mapErrors(() => pool.connect())),
  releaseConnection: async (connection) => ours(connection).release(),
  beginTransaction: async (connection, settings) => {
    await ours(connection).run(beginStatement(settings));
  },
  commitTransaction: (connection) => commit(ours(connection)),
  rollbackTransaction: (connection) => rollback(ours(connection)),
  destroy: () => pool.end(),
});

export const postgresDialect = (pool: pg.Pool): Dialect => ({
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => postgresDriver(pool),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PortablePostgresCompiler(),
});
