/**
 * Kysely on pg: a bounded pool with a deadline on every step, our codes for failures, and the
 * same values as from SQLite (int8 as number, bytea as Uint8Array).
 */
import {
  type Dialect,
  PostgresAdapter,
  PostgresDriver,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
  PostgresIntrospector,
} from 'kysely';
import pg from 'pg';
import { PortablePostgresCompiler } from './compilers.ts';
import { fromPostgres } from './driver-errors.ts';
import type { StorageLog } from './types.ts';
import { integerFromText, numberFromText, toStored } from './values.ts';

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

const oid = { bytea: 17, int8: 20, numeric: 1700 } as const;

const bytesFromHex = (text: string): Uint8Array => {
  // bytea_output=hex is the default since PostgreSQL 9.0: \x and hexadecimal digits.
  if (!text.startsWith('\\x')) throw new Error('bytea did not arrive in hex format');
  return Uint8Array.fromHex(text.slice(2));
};

type ReadValue = (text: string) => unknown;

const readers: ReadonlyMap<number, ReadValue> = new Map<number, ReadValue>([
  [oid.int8, integerFromText],
  [oid.numeric, numberFromText],
  [oid.bytea, bytesFromHex],
]);

const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    readers.get(id) ?? pg.types.getTypeParser(id, format),
};

/** Opens a pool; no connection is made yet. */
export const openPool = (url: string, log: StorageLog): pg.Pool => {
  const pool = new pg.Pool({ ...limits, connectionString: url, types: typeParsers });
  // Without a listener a connection lost while idle would end the process.
  pool.on('error', (error) => {
    log.warn({ reason: error.message }, 'an idle database connection was lost');
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

class MappedClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the overload of Kysely's own interface
  query(sql: unknown, parameters: readonly unknown[] = []): any {
    return mapErrors(async () => {
      const values = parameters.map(toStored);
      return (await this.#client.query(String(sql), values)) as PostgresQueryResult<unknown>;
    });
  }

  release(isBroken?: boolean): void {
    this.#client.release(isBroken);
  }
}

const mappedPool = (pool: pg.Pool): PostgresPool => {
  const known = new WeakMap<pg.PoolClient, MappedClient>();
  return {
    options: {},
    connect: async () => {
      const client = await mapErrors(() => pool.connect());
      const mapped = known.get(client) ?? new MappedClient(client);
      known.set(client, mapped);
      return mapped;
    },
    end: () => pool.end(),
  };
};

export const postgresDialect = (pool: pg.Pool): Dialect => ({
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new PostgresDriver({ pool: mappedPool(pool) }),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PortablePostgresCompiler(),
});
