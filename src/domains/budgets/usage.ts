/** What is charged now, read from the shared stores: the same answer on every node. */
import type { Kysely } from 'kysely';
import type { Clock } from '../../kernel/effects.ts';
import type { Cache } from '../../platform/cache/index.ts';
import type { ActiveLimit, LimitBook } from './limit-book.ts';
import { keyText } from './limit-keys.ts';
import { chargedInCache } from './rate-store.ts';
import type { BudgetTables } from './schema.ts';
import { readCharged } from './store.ts';
import type { Scope, Usage } from './types.ts';
import { windowAt } from './windows.ts';

type Sources = {
  readonly db: Kysely<BudgetTables>;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly book: LimitBook;
};

const usageOf = async (
  { db, cache, clock }: Sources,
  limit: ActiveLimit,
  scope: Scope,
): Promise<Usage> => {
  const { startMs, endMs } = windowAt(limit.window, clock.nowMs());
  const account = keyText(limit.tenant, { ...limit, scope });
  const charged = limit.isRate
    ? await chargedInCache(cache, { account, startMs })
    : await readCharged(db, account, startMs);
  const { measure, window, amount } = limit;
  return {
    limit: { scope: limit.scope, measure, window, amount },
    scope,
    windowStartMs: startMs,
    windowEndMs: endMs,
    charged,
  };
};

/** See `Budgets.usage`. */
export const readUsage = async (
  sources: Sources,
  tenant: string,
  scope: Scope,
): Promise<readonly Usage[]> => {
  const limits = sources.book.find(tenant, scope.kind, scope.id);
  return Promise.all(limits.map((limit) => usageOf(sources, limit, scope)));
};
