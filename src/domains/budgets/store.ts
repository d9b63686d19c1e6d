/** Queries of the budgets room that are not leases: limits, usage, leftovers of an earlier run. */
import type { Kysely } from 'kysely';
import { type ActiveLimit, activeLimit } from './limit-book.ts';
import { keyText, measures, scopeKinds, windows } from './limit-keys.ts';
import type { BudgetLimitRow, BudgetTables } from './schema.ts';
import type { Limit, LimitKey } from './types.ts';

type Db = Kysely<BudgetTables>;

const revisionId = 'limits';
/** Accounts of windows that ended are kept this long for reports. */
const keptMs = 32 * 86_400_000;

const pick = <T extends string>(known: readonly T[], text: string): T => {
  const value = known.find((candidate) => candidate === text);
  if (value === undefined) throw new TypeError(`stored limit holds ${JSON.stringify(text)}`);
  return value;
};

const limitOf = (row: BudgetLimitRow): Limit => ({
  scope: { kind: pick(scopeKinds, row.scope_kind), id: row.scope_id },
  measure: pick(measures, row.measure),
  window: pick(windows, row.period),
  amount: row.amount,
});

export const readRevision = async (db: Db): Promise<number> => {
  const row = await db
    .selectFrom('budget_revision')
    .select('revision')
    .where('id', '=', revisionId)
    .executeTakeFirst();
  return row?.revision ?? 0;
};

export const readLimits = async (db: Db): Promise<readonly ActiveLimit[]> => {
  const rows = await db.selectFrom('budget_limits').selectAll().orderBy('key').execute();
  return rows.map((row) => activeLimit(row.tenant, limitOf(row)));
};

export const readLimit = async (
  db: Db,
  tenant: string,
  key: LimitKey,
): Promise<Limit | undefined> => {
  const row = await db
    .selectFrom('budget_limits')
    .selectAll()
    .where('key', '=', keyText(tenant, key))
    .executeTakeFirst();
  return row && limitOf(row);
};

const bumpRevision = async (db: Db): Promise<void> => {
  await db
    .insertInto('budget_revision')
    .values({ id: revisionId, revision: 1 })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((row) => ({
        revision: row('budget_revision.revision', '+', 1),
      })),
    )
    .execute();
};

export const writeLimit = (db: Db, { tenant, key, ...limit }: ActiveLimit, nowMs: number) =>
  db.transaction().execute(async (trx) => {
    const changing = { amount: limit.amount, updated_at_ms: nowMs };
    const row: BudgetLimitRow = {
      key,
      tenant,
      scope_kind: limit.scope.kind,
      scope_id: limit.scope.id,
      measure: limit.measure,
      period: limit.window,
      ...changing,
    };
    await trx
      .insertInto('budget_limits')
      .values(row)
      .onConflict((conflict) => conflict.column('key').doUpdateSet(changing))
      .execute();
    await bumpRevision(trx);
  });

export const deleteLimit = (db: Db, tenant: string, key: LimitKey) =>
  db.transaction().execute(async (trx) => {
    await trx.deleteFrom('budget_limits').where('key', '=', keyText(tenant, key)).execute();
    await bumpRevision(trx);
  });

export const readCharged = async (db: Db, account: string, startMs: number): Promise<number> => {
  const row = await db
    .selectFrom('budget_accounts')
    .select('charged')
    .where('account', '=', account)
    .where('window_start_ms', '=', startMs)
    .executeTakeFirst();
  return row?.charged ?? 0;
};

/** Removes accounts and leases whose window ended long ago. */
export const cleanUp = async (db: Db, nowMs: number): Promise<void> => {
  for (const table of ['budget_accounts', 'budget_leases'] as const)
    await db
      .deleteFrom(table)
      .where('window_end_ms', '<', nowMs - keptMs)
      .execute();
};

export type Leftover = { readonly account: string; readonly unaccounted: number };

/** What earlier runs of this node leased in windows that still run and did not report as spent. */
export const readLeftovers = async (
  db: Db,
  lessee: { readonly node: string; readonly life: string },
  nowMs: number,
): Promise<readonly Leftover[]> => {
  const rows = await db
    .selectFrom('budget_leases')
    .select(['account', 'leased', 'spent'])
    .where('node', '=', lessee.node)
    .where('life', '!=', lessee.life)
    .where('window_end_ms', '>', nowMs)
    .execute();
  return rows
    .map(({ account, leased, spent }) => ({ account, unaccounted: leased - spent }))
    .filter(({ unaccounted }) => unaccounted > 0);
};
