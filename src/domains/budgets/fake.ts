/** Real budgets over storage and cache in memory, for tests of other rooms. */
import { fakeClock, systemRandom } from '../../kernel/effects.ts';
import { createMemoryCache } from '../../platform/cache/index.ts';
import { createMemoryLog } from '../../platform/log/index.ts';
import { createMetrics } from '../../platform/metrics/index.ts';
import { openMemoryStorage } from '../../platform/storage/index.ts';
import { createMemoryLedger } from '../ledger/index.ts';
import { createBudgets } from './create-budgets.ts';
import type { BudgetsOptions } from './options.ts';
import { budgetMigrations } from './schema.ts';
import type { Budgets } from './types.ts';

/** No timers unless asked for; closing the budgets closes their storage. */
export const createMemoryBudgets = async (
  options: Partial<BudgetsOptions> = {},
): Promise<Budgets> => {
  const clock = options.clock ?? fakeClock();
  const storage = options.storage ?? (await openMemoryStorage(budgetMigrations));
  const budgets = await createBudgets({
    cache: createMemoryCache({ clock }),
    ledger: createMemoryLedger(clock),
    random: systemRandom,
    log: createMemoryLog(),
    metrics: createMetrics(),
    every: () => () => {},
    ...options,
    clock,
    storage,
  });
  return {
    ...budgets,
    close: async () => {
      await budgets.close();
      if (options.storage === undefined) await storage.close();
    },
  };
};
