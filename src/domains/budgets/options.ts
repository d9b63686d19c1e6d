/** What the budgets room needs from others. */
import type { Clock, Random } from '../../kernel/effects.ts';
import type { Cache } from '../../platform/cache/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { Metrics } from '../../platform/metrics/index.ts';
import type { Storage } from '../../platform/storage/index.ts';
import type { Ledger } from '../ledger/index.ts';

/** Runs work again and again until the returned function is called. */
export type Every = (intervalMs: number, work: () => void) => () => void;

export type BudgetsOptions = {
  readonly storage: Storage;
  readonly cache: Cache;
  readonly ledger: Pick<Ledger, 'append'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'counter'>;
  /** Names this node in the lease table; stable over restarts. */
  readonly node?: string;
  /** Most scopes kept at hand; 50,000 when absent. */
  readonly maxScopes?: number;
  readonly every?: Every;
};

/** Timers that do not keep the process alive. */
export const everyInterval: Every = (intervalMs, work) => {
  const timer = setInterval(work, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
};
