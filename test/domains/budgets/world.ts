/** Nodes that share one store, and the small tools of the budgets tests. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Amounts,
  type Budgets,
  type BudgetsOptions,
  budgetMigrations,
  createBudgets,
  type Limit,
  type Reservation,
} from '../../../src/domains/budgets/index.ts';
import { createMemoryLedger } from '../../../src/domains/ledger/index.ts';
import { fakeClock, systemRandom } from '../../../src/kernel/effects.ts';
import { isRefusal, type Refusal } from '../../../src/kernel/errors.ts';
import { createMemoryCache } from '../../../src/platform/cache/index.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { createMetrics } from '../../../src/platform/metrics/index.ts';
import { openMemoryStorage } from '../../../src/platform/storage/index.ts';

export const tenant = 'default';
export const actor = { principal: { type: 'User', id: 'root' }, tenant };

export const openWorld = async (shared: Partial<BudgetsOptions> = {}, isRemote = false) => {
  const clock = fakeClock(Date.UTC(2026, 2, 4, 12, 30, 30));
  const storage = shared.storage ?? (await openMemoryStorage(budgetMigrations));
  const cache = shared.cache ?? createMemoryCache({ clock });
  const ledger = createMemoryLedger(clock);
  const log = createMemoryLog();
  const timers: (() => void)[] = [];
  const base: BudgetsOptions = {
    storage,
    cache,
    ledger,
    clock,
    random: systemRandom,
    log,
    metrics: createMetrics(),
    every: (_, work) => {
      timers.push(work);
      return () => timers.splice(timers.indexOf(work), 1);
    },
  };
  const start = (node = 'local', more: Partial<BudgetsOptions> = {}): Promise<Budgets> =>
    createBudgets({ ...base, ...shared, node, ...more });
  /** Housekeeping of every node: tidy, poll, clean up. */
  const housekeep = async (): Promise<void> => {
    timers.forEach((work) => work());
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    // A server of its own takes real time.
    if (isRemote) await delay(60);
  };
  const close = async (): Promise<void> => {
    await cache.close();
    await storage.close();
  };
  return { clock, storage, cache, ledger, log, start, housekeep, close };
};

export type World = Awaited<ReturnType<typeof openWorld>>;

export const inWorld = async (use: (world: World) => Promise<void>): Promise<void> => {
  const world = await openWorld();
  try {
    await use(world);
  } finally {
    await world.close();
  }
};

export const amountsOf = (amounts: Partial<Amounts>): Amounts => ({
  requests: 1,
  tokens: 0,
  microUsd: 0,
  ...amounts,
});

export type Ask = {
  readonly principal?: string;
  readonly teams?: readonly string[];
  readonly endpoint?: string;
  readonly amounts?: Partial<Amounts>;
};

export const ask = async (
  budgets: Budgets,
  { principal = 'ann', teams = [], endpoint = 'digits', amounts = {} }: Ask = {},
): Promise<Reservation | Refusal> =>
  budgets.reserve({ tenant, principal, teams, endpoint, amounts: amountsOf(amounts) });

export const granted = async (budgets: Budgets, question: Ask = {}): Promise<Reservation> => {
  const verdict = await ask(budgets, question);
  if (isRefusal(verdict)) assert.fail(`refused: ${verdict.detail}`);
  return verdict;
};

export const refused = async (budgets: Budgets, question: Ask = {}): Promise<Refusal> => {
  const verdict = await ask(budgets, question);
  return isRefusal(verdict) ? verdict : assert.fail('it was granted');
};

export const limitTo = (
  amount: number,
  measure: Limit['measure'] = 'tokens',
  window: Limit['window'] = 'hour',
): Limit => ({ scope: { kind: 'principal', id: 'ann' }, measure, window, amount });

export const chargedOf = async (budgets: Budgets, id = 'ann'): Promise<number | undefined> =>
  (await budgets.usage(tenant, { kind: 'principal', id }))[0]?.charged;
