/**
 * The price of hard budgets: a reservation and its settlement from a lease, with six limits at
 * once; and the wait at a steady 500 requests/s on a database file. The baseline is what "reserve
 * in the shared store" costs without leases: one transaction a request. `--short` asks less often.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import {
  type Budgets,
  budgetMigrations,
  createBudgets,
  type Limit,
  type ReserveRequest,
} from '../src/domains/budgets/index.ts';
import { createMemoryLedger } from '../src/domains/ledger/index.ts';
import { systemClock, systemRandom } from '../src/kernel/effects.ts';
import { isRefusal } from '../src/kernel/errors.ts';
import { createMemoryCache } from '../src/platform/cache/index.ts';
import { createMemoryLog } from '../src/platform/log/index.ts';
import { createMetrics } from '../src/platform/metrics/index.ts';
import { openStorage, type Storage } from '../src/platform/storage/index.ts';
import { isShort, percentile, report } from './harness/report.ts';

const microseconds = 1000;
const plenty = 10 ** 14;
const actor = { principal: { type: 'User', id: 'root' }, tenant: 'default' };

const limits: readonly Limit[] = [
  { scope: { kind: 'principal', id: '*' }, measure: 'requests', window: 'minute', amount: plenty },
  { scope: { kind: 'principal', id: '*' }, measure: 'tokens', window: 'day', amount: plenty },
  { scope: { kind: 'principal', id: '*' }, measure: 'microUsd', window: 'month', amount: plenty },
  { scope: { kind: 'team', id: 'blue' }, measure: 'microUsd', window: 'month', amount: plenty },
  { scope: { kind: 'endpoint', id: 'chat' }, measure: 'tokens', window: 'minute', amount: plenty },
  { scope: { kind: 'endpoint', id: 'chat' }, measure: 'requests', window: 'hour', amount: plenty },
];

const request: ReserveRequest = {
  tenant: 'default',
  principal: 'ann',
  teams: ['blue'],
  endpoint: 'chat',
  amounts: { requests: 1, tokens: 900, microUsd: 1300 },
};
const actual = { tokens: 700, microUsd: 1000 };

/** Reserves and settles; returns whether it took an exchange with the store. */
const exchange = async (budgets: Budgets): Promise<void> => {
  const verdict = await budgets.reserve(request);
  if (isRefusal(verdict)) throw new Error(verdict.detail);
  verdict.dispatched();
  verdict.settle(actual);
};

/** Unthrottled for a while: mostly from leases, which refill themselves meanwhile. */
const measureLeased = async (budgets: Budgets, durationMs: number) => {
  let [synchronous, waited, busyMs] = [0, 0, 0];
  const end = performance.now() + durationMs;
  while (performance.now() < end) {
    const start = performance.now();
    let pending: Promise<unknown> | undefined;
    for (let i = 0; i < 500 && pending === undefined; i++) {
      const verdict = budgets.reserve(request);
      if (verdict instanceof Promise) pending = verdict;
      else if (isRefusal(verdict)) throw new Error(verdict.detail);
      else {
        verdict.settle(actual);
        synchronous += 1;
      }
    }
    busyMs += performance.now() - start;
    if (pending !== undefined) {
      await pending;
      waited += 1;
    }
    await new Promise(setImmediate);
  }
  return { microsecondsEach: (busyMs * microseconds) / synchronous, synchronous, waited };
};

const measurePaced = async (budgets: Budgets, rate: number, seconds: number) => {
  const samples: number[] = [];
  const running: Promise<void>[] = [];
  const start = performance.now();
  for (let n = 0; n < rate * seconds; n++) {
    const dueMs = start + (n * 1000) / rate - performance.now();
    if (dueMs > 0) await delay(dueMs);
    const askedAt = performance.now();
    running.push(exchange(budgets).then(() => void samples.push(performance.now() - askedAt)));
  }
  await Promise.all(running);
  return Float64Array.from(samples);
};

/** One transaction with one guarded update per limit. */
const measureBaseline = async (storage: Storage, rounds: number): Promise<number> => {
  const db = storage.database();
  await sql`create table baseline (id integer primary key, used integer not null)`.execute(db);
  for (let id = 0; id < limits.length; id++)
    await sql`insert into baseline values (${id}, 0)`.execute(db);
  const start = performance.now();
  for (let n = 0; n < rounds; n++)
    await db.transaction().execute(async (trx) => {
      for (let id = 0; id < limits.length; id++)
        await sql`update baseline set used = used + 1 where id = ${id} and used < ${plenty}`.execute(
          trx,
        );
    });
  return ((performance.now() - start) * microseconds) / rounds;
};

const directory = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
const log = createMemoryLog();
const storage = await openStorage({ url: 'sqlite:', dataDir: directory, log });
await storage.migrate(budgetMigrations);
const budgets = await createBudgets({
  storage,
  cache: createMemoryCache(),
  ledger: createMemoryLedger(),
  clock: systemClock,
  random: systemRandom,
  log,
  metrics: createMetrics(),
});
for (const limit of limits) await budgets.setLimit(actor, limit);

const baseline = await measureBaseline(storage, isShort() ? 200 : 1000);
await measureLeased(budgets, 500);
const leased = await measureLeased(budgets, isShort() ? 1000 : 4000);
report({
  name: 'budgets, reserve and settle from leases, six limits, mean',
  unit: 'µs',
  value: leased.microsecondsEach,
  baseline,
  bound: { of: 'value', atMost: 2 },
});
await delay(500);
const paced = await measurePaced(budgets, 500, isShort() ? 2 : 6);
report({
  name: 'budgets, reserve and settle at 500 requests/s, p50',
  unit: 'µs',
  value: percentile(paced, 0.5) * microseconds,
  baseline,
});
report({
  name: 'budgets, reserve and settle at 500 requests/s, p99',
  unit: 'µs',
  value: percentile(paced, 0.99) * microseconds,
  baseline,
});
process.stderr.write(`${leased.synchronous} from leases, ${leased.waited} waited\n`);
await budgets.close();
await storage.close();
await rm(directory, { recursive: true });
