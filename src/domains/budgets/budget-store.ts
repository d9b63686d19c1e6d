/**
 * Leases of budgets, in storage. One transaction decides and records: what it grants is charged
 * before anything can be spent, and no two nodes can be granted more than the limit together.
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import type { LeaseChange, LeaseGrant, LeaseStore } from './lease-store.ts';
import type { BudgetTables } from './schema.ts';

type Db = Kysely<BudgetTables>;
type Trx = Transaction<BudgetTables>;
/** Who leases: a node and one run of its process. */
export type Lessee = { readonly node: string; readonly life: string };

/** A bonus takes at most this part of what remains, so that other nodes find something too. */
const bonusShare = 16;

const readAmounts = async (
  trx: Trx,
  changes: readonly LeaseChange[],
): Promise<ReadonlyMap<string, number>> => {
  const keys = [...new Set(changes.map(({ pocket }) => pocket.limit.key))];
  const rows = await trx
    .selectFrom('budget_limits')
    .select(['key', 'amount'])
    .where('key', 'in', keys)
    .execute();
  return new Map(rows.map(({ key, amount }) => [key, amount]));
};

const grantExpression = ({ want, bonus }: LeaseChange, limit: number) => {
  const room = sql`(${limit} - charged)`;
  const share = sql`((${limit} - charged - ${want}) / ${sql.lit(bonusShare)})`;
  return sql<number>`case
    when charged >= ${limit} then 0
    when ${room} < ${want} then ${room}
    when ${share} < ${bonus} then ${want} + ${share}
    else ${want + bonus} end`;
};

const update = (trx: Trx, { pocket }: LeaseChange) =>
  trx
    .updateTable('budget_accounts')
    .where('account', '=', pocket.account)
    .where('window_start_ms', '=', pocket.startMs);

const openAccount = async (trx: Trx, { pocket }: LeaseChange): Promise<void> => {
  const row = {
    account: pocket.account,
    window_start_ms: pocket.startMs,
    window_end_ms: pocket.endMs,
    charged: 0,
    granted: 0,
  };
  await trx
    .insertInto('budget_accounts')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

const take = async (trx: Trx, change: LeaseChange, limit: number): Promise<number> => {
  const grant = grantExpression(change, limit);
  const once = () =>
    update(trx, change)
      .set({ granted: grant, charged: sql<number>`charged + (${grant})` })
      .returning('granted')
      .executeTakeFirst();
  const row = await once();
  if (row !== undefined) return row.granted;
  await openAccount(trx, change);
  return (await once())?.granted ?? 0;
};

/** Gives back and charges debts. */
const adjust = async (trx: Trx, change: LeaseChange): Promise<void> => {
  const delta = change.debt - change.giveBack;
  if (delta === 0) return;
  const once = () =>
    update(trx, change)
      .set({ charged: sql<number>`charged + ${delta}` })
      .executeTakeFirst();
  const { numUpdatedRows } = await once();
  if (numUpdatedRows > 0n || delta < 0) return;
  // Spent from a limit of which nothing was reserved: the account may not exist yet.
  await openAccount(trx, change);
  await once();
};

const recordLeases = async (
  trx: Trx,
  lessee: Lessee,
  done: readonly { readonly change: LeaseChange; readonly granted: number }[],
): Promise<void> => {
  const rows = done.map(({ change, granted }) => ({
    ...lessee,
    account: change.pocket.account,
    window_start_ms: change.pocket.startMs,
    window_end_ms: change.pocket.endMs,
    leased: granted + change.debt - change.giveBack,
    spent: change.spent,
  }));
  await trx
    .insertInto('budget_leases')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['node', 'life', 'account', 'window_start_ms']).doUpdateSet((row) => ({
        leased: sql<number>`budget_leases.leased + ${row.ref('excluded.leased')}`,
        spent: sql<number>`budget_leases.spent + ${row.ref('excluded.spent')}`,
      })),
    )
    .execute();
};

/** One order for everybody, so that transactions on PostgreSQL never wait in a circle. */
const byAccount = (a: { change: LeaseChange }, b: { change: LeaseChange }): number => {
  if (a.change.pocket.account !== b.change.pocket.account)
    return a.change.pocket.account < b.change.pocket.account ? -1 : 1;
  return a.change.pocket.startMs - b.change.pocket.startMs;
};

export const createBudgetStore = (db: Db, lessee: Lessee): LeaseStore => ({
  exchange: (changes) =>
    db.transaction().execute(async (trx) => {
      const amounts = await readAmounts(trx, changes);
      const grants: LeaseGrant[] = changes.map(() => ({ granted: 0, isGone: false }));
      const ordered = changes.map((change, i) => ({ change, i })).sort(byAccount);
      for (const { change, i } of ordered) {
        await adjust(trx, change);
        if (change.want + change.bonus === 0) continue;
        const limit = amounts.get(change.pocket.limit.key);
        grants[i] =
          limit === undefined
            ? { granted: 0, isGone: true }
            : { granted: await take(trx, change, limit), isGone: false };
      }
      const done = changes.map((change, i) => ({ change, granted: grants[i]?.granted ?? 0 }));
      await recordLeases(trx, lessee, done);
      return grants;
    }),
});
