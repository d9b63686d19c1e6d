/** The limits in force: kept fresh from storage, changed through the ledger. */
import type { Kysely } from 'kysely';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { budgetErrors } from './errors.ts';
import { limitChanged } from './events.ts';
import { activeLimit, createLimitBook, type LimitBook } from './limit-book.ts';
import { describeKey, parseLimit, parseLimitKey } from './limit-keys.ts';
import type { BudgetsOptions } from './options.ts';
import type { BudgetTables } from './schema.ts';
import { deleteLimit, readLimit, readLimits, readRevision, writeLimit } from './store.ts';
import type { BudgetActor, Limit, LimitKey } from './types.ts';

type Db = Kysely<BudgetTables>;

/** Told to other nodes so that they look at once. */
export const newsChannel = 'budgets:limits';

export const loadBook = async (db: Db): Promise<LimitBook> => {
  // The revision first: a change in between is read twice rather than missed.
  const revision = await readRevision(db);
  return createLimitBook(await readLimits(db), revision);
};

type Tools = Pick<BudgetsOptions, 'ledger' | 'clock' | 'cache'> & {
  readonly db: Db;
  readonly refresh: () => Promise<void>;
};

/** Everyone should know soon; those who miss it poll. */
const announce = async ({ cache, refresh }: Tools): Promise<void> => {
  await refresh();
  await cache.publish(newsChannel, '').catch(() => undefined);
};

export const setLimit = async (
  tools: Tools,
  actor: BudgetActor,
  wanted: Limit,
): Promise<Limit | Refusal> => {
  const limit = parseLimit(wanted);
  if (isRefusal(limit)) return limit;
  const { db, ledger, clock } = tools;
  const before = await readLimit(db, actor.tenant, limit);
  if (before?.amount === limit.amount) return limit;
  const timeMs = clock.nowMs();
  const change = { actor, key: limit, before: before?.amount, after: limit.amount, timeMs };
  await ledger.append(limitChanged(change));
  await writeLimit(db, activeLimit(actor.tenant, limit), timeMs);
  await announce(tools);
  return limit;
};

export const removeLimit = async (
  tools: Tools,
  actor: BudgetActor,
  wanted: LimitKey,
): Promise<Limit | Refusal> => {
  const key = parseLimitKey(wanted);
  if (isRefusal(key)) return key;
  const { db, ledger, clock } = tools;
  const before = await readLimit(db, actor.tenant, key);
  if (before === undefined)
    return refuse(budgetErrors.E_LIMIT_UNKNOWN, `there is no limit for ${describeKey(key)}`);
  const timeMs = clock.nowMs();
  const change = { actor, key, before: before.amount, after: undefined, timeMs };
  await ledger.append(limitChanged(change));
  await deleteLimit(db, actor.tenant, key);
  await announce(tools);
  return before;
};
