/**
 * Brings a database to the schema this program knows, forward only, all or nothing, one process
 * at a time. A database whose past differs from this program's is never touched.
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Clock } from '../../kernel/effects.ts';
import { SallyportError } from '../../kernel/errors.ts';
import { storageErrors } from './errors.ts';
import { migrationChecksum } from './migration-checksum.ts';
import type { Migration, StorageKind } from './types.ts';

type MigrationsTable = {
  readonly sallyport_migrations: {
    readonly id: string;
    readonly checksum: string;
    readonly applied_at_ms: number;
  };
};
type Declared = { readonly migration: Migration; readonly checksum: string };
type Applied = ReadonlyMap<string, string>;

const idPattern = /^\d{4}-[a-z0-9][a-z0-9-]{0,80}$/;
/** Any fixed number: names the lock among PostgreSQL's advisory locks. */
const lockKey = 0x5a11_0901;

const misfit = (what: string): SallyportError =>
  new SallyportError(storageErrors.E_STORAGE_MIGRATION, what);

const inOrder = (migrations: readonly Migration[]): readonly Migration[] => {
  const sorted = migrations.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  sorted.forEach(({ id }, i) => {
    if (!idPattern.test(id)) throw misfit(`migration id ${JSON.stringify(id)} is malformed`);
    if (sorted[i + 1]?.id === id) throw misfit(`migration ${id} is declared twice`);
  });
  return sorted;
};

const lock = async (transaction: Transaction<unknown>, kind: StorageKind): Promise<void> => {
  // SQLite: the transaction itself is the lock (begin immediate).
  if (kind === 'sqlite') return;
  await sql`set local lock_timeout = '60s'`.execute(transaction);
  await sql`set local statement_timeout = '15min'`.execute(transaction);
  await sql`select pg_advisory_xact_lock(${sql.lit(lockKey)})`.execute(transaction);
};

const readApplied = async (transaction: Transaction<MigrationsTable>): Promise<Applied> => {
  await transaction.schema
    .createTable('sallyport_migrations')
    .ifNotExists()
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('checksum', 'text', (column) => column.notNull())
    .addColumn('applied_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  const rows = await transaction
    .selectFrom('sallyport_migrations')
    .select(['id', 'checksum'])
    .execute();
  return new Map(rows.map(({ id, checksum }) => [id, checksum]));
};

const checkPast = (declared: readonly Declared[], applied: Applied): void => {
  const checksums = new Map(declared.map(({ migration, checksum }) => [migration.id, checksum]));
  for (const [id, checksum] of applied) {
    const expected = checksums.get(id);
    if (expected === undefined)
      throw misfit(`the database has migration ${id}, which this program does not know`);
    if (expected !== checksum) throw misfit(`migration ${id} was changed after it was applied`);
  }
};

const pendingOf = (declared: readonly Declared[], applied: Applied): readonly Declared[] => {
  const newest = [...applied.keys()].sort().at(-1) ?? '';
  const pending = declared.filter(({ migration }) => !applied.has(migration.id));
  for (const { migration } of pending) {
    if (migration.id < newest)
      throw misfit(`new migration ${migration.id} sorts before ${newest}, already applied`);
  }
  return pending;
};

/** Checks the past, then applies what is missing. See `Storage.migrate`. */
export const migrate = async (
  db: Kysely<unknown>,
  migrations: readonly Migration[],
  { kind, clock }: { readonly kind: StorageKind; readonly clock: Clock },
): Promise<void> => {
  const declared: Declared[] = [];
  for (const migration of inOrder(migrations))
    declared.push({ migration, checksum: await migrationChecksum(migration, kind) });
  await db.transaction().execute(async (transaction) => {
    await lock(transaction, kind);
    const table = transaction as unknown as Transaction<MigrationsTable>;
    const applied = await readApplied(table);
    checkPast(declared, applied);
    for (const { migration, checksum } of pendingOf(declared, applied)) {
      await migration.up(transaction, kind);
      const row = { id: migration.id, checksum, applied_at_ms: clock.nowMs() };
      await table.insertInto('sallyport_migrations').values(row).execute();
    }
  });
};
