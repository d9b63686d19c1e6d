/**
 * Budgets over the shared store: hard under concurrency and over any number of nodes, because
 * whatever a process may spend was charged to the limit before (see README.md for the exact words).
 */
import type { Kysely } from 'kysely';
import { isRefusal, kernelErrors, type Refusal, refuse } from '../../kernel/errors.ts';
import { Broker } from './broker.ts';
import { createBudgetStore, type Lessee } from './budget-store.ts';
import { loadBook, newsChannel, removeLimit, setLimit } from './limits.ts';
import { type BudgetsOptions, everyInterval } from './options.ts';
import type { Pocket } from './pocket.ts';
import { Purses } from './purses.ts';
import { createRateStore } from './rate-store.ts';
import { exceeded, unavailable } from './refusals.ts';
import { HeldReservation } from './reservation.ts';
import type { BudgetTables } from './schema.ts';
import { cleanUp, readLeftovers, readLimits, readRevision } from './store.ts';
import type { Amounts, Budgets, Reservation, ReserveRequest, Scope } from './types.ts';
import { readUsage } from './usage.ts';

type Db = Kysely<BudgetTables>;

const tidyMs = 250;
const pollMs = 1_000;
const cleanUpMs = 3_600_000;
/** Limits not confirmed for this long are not trusted any more. */
const maxIgnoranceMs = 30_000;
const defaultMaxScopes = 50_000;
const lifeBytes = 9;

/** Keeps the book of limits fresh; knows when it is too old to be relied on. */
const createFreshness = (options: BudgetsOptions, db: Db, purses: () => Purses) => {
  const { clock, log } = options;
  let confirmedAtMs = clock.monotonicMs();
  let isStale = false;
  const refresh = async (): Promise<void> => {
    const startedAtMs = clock.monotonicMs();
    const revision = await readRevision(db);
    if (revision !== purses().book.revision)
      purses().replaceBook(await loadBook(db), clock.nowMs());
    confirmedAtMs = startedAtMs;
    isStale = false;
  };
  const poll = async (): Promise<void> => {
    try {
      await refresh();
    } catch (error) {
      isStale = clock.monotonicMs() - confirmedAtMs > maxIgnoranceMs;
      log.warn({ error, isStale }, 'limits could not be read');
    }
  };
  return { refresh, poll, isStale: () => isStale };
};

const areSound = ({ requests, tokens, microUsd }: Amounts): boolean =>
  Number.isSafeInteger(requests) &&
  Number.isSafeInteger(tokens) &&
  Number.isSafeInteger(microUsd) &&
  requests >= 0 &&
  tokens >= 0 &&
  microUsd >= 0;

type State = { isClosed: boolean };
type Parts = {
  readonly options: BudgetsOptions;
  readonly state: State;
  readonly purses: Purses;
  readonly broker: Broker;
  readonly isStale: () => boolean;
};

/** 0: enough in every pocket; 1: a lease is needed; a pocket: it is known to have no more. */
const look = (pockets: readonly Pocket[], amounts: Amounts, nowMs: number): 0 | 1 | Pocket => {
  let verdict: 0 | 1 = 0;
  for (const pocket of pockets) {
    const needed = amounts[pocket.measure];
    if (needed === 0) continue;
    if (pocket.isKnownToRefuse(needed, nowMs)) return pocket;
    if (pocket.available < needed || pocket.waiting > 0) verdict = 1;
  }
  return verdict;
};

const createReserve =
  ({ options, state, purses, broker, isStale }: Parts): Budgets['reserve'] =>
  (request: ReserveRequest): Reservation | Refusal | Promise<Reservation | Refusal> => {
    const { amounts } = request;
    if (state.isClosed) return unavailable('budgets are closed');
    if (isStale()) return unavailable('the limits could not be read for 30 seconds');
    if (!areSound(amounts))
      return refuse(kernelErrors.E_MALFORMED, 'amounts must be whole numbers, 0 or more');
    const nowMs = options.clock.nowMs();
    const pockets = purses.collect(request, nowMs);
    const verdict = look(pockets, amounts, nowMs);
    if (verdict === 0) return new HeldReservation(pockets, amounts, nowMs);
    if (verdict === 1) return broker.wait(request, pockets);
    return exceeded(verdict, amounts[verdict.measure], nowMs);
  };

/** A crash leaves leases charged. Nothing can be returned: any of it may have been dispatched. */
const reportLeftovers = async (
  { log, clock }: BudgetsOptions,
  db: Db,
  lessee: Lessee,
): Promise<void> => {
  const leftovers = await readLeftovers(db, lessee, clock.nowMs());
  if (leftovers.length === 0) return;
  log.warn(
    { leases: leftovers.length },
    'an earlier run ended without giving back its leases; they stay charged until their windows end',
  );
};

const createBroker = (
  options: BudgetsOptions,
  db: Db,
  parts: { readonly lessee: Lessee; readonly purses: () => Purses; refresh: () => Promise<void> },
): Broker => {
  const { cache, clock, log, metrics } = options;
  const failures = metrics.counter(
    'sallyport_budget_store_failures_total',
    'Exchanges with the store of budgets that failed',
  );
  return new Broker({
    clock,
    budgets: createBudgetStore(db, parts.lessee),
    rates: createRateStore(cache, clock),
    collect: (request, nowMs) => parts.purses().collect(request, nowMs),
    refresh: parts.refresh,
    onFailure: (error) => {
      failures.inc();
      log.error({ error }, 'budgets could not be leased; requests are refused');
    },
  });
};

/** Counts refusals by code. */
const counted = (reserve: Budgets['reserve'], { metrics }: BudgetsOptions): Budgets['reserve'] => {
  const refusals = metrics.counter(
    'sallyport_budget_refusals_total',
    'Reservations that were refused',
    ['code'],
  );
  const count = (verdict: Reservation | Refusal): Reservation | Refusal => {
    if (isRefusal(verdict)) refusals.with({ code: verdict.error.code }).inc();
    return verdict;
  };
  return (request) => {
    const verdict = reserve(request);
    return verdict instanceof Promise ? verdict.then(count) : count(verdict);
  };
};

const startTimers = (
  options: BudgetsOptions,
  work: { readonly tidy: () => void; readonly poll: () => void; readonly cleanUp: () => void },
): (() => void) => {
  const every = options.every ?? everyInterval;
  const stops = [
    every(tidyMs, work.tidy),
    every(pollMs, work.poll),
    every(cleanUpMs, work.cleanUp),
  ];
  return () => stops.forEach((stop) => stop());
};

/** Reads the limits and starts keeping leases. Rejects with E_STORAGE_… when storage fails. */
export const createBudgets = async (options: BudgetsOptions): Promise<Budgets> => {
  const { storage, cache, clock, random, log, node = 'local' } = options;
  const db = storage.database<BudgetTables>();
  const lessee = { node, life: Buffer.from(random.bytes(lifeBytes)).toString('base64url') };
  const state: State = { isClosed: false };
  const book = await loadBook(db);
  const freshness = createFreshness(options, db, () => purses);
  const { refresh, poll, isStale } = freshness;
  const broker = createBroker(options, db, { lessee, purses: () => purses, refresh });
  const purses: Purses = new Purses({
    book,
    owner: broker,
    maxScopes: options.maxScopes ?? defaultMaxScopes,
  });
  await reportLeftovers(options, db, lessee);
  const leave = await cache.subscribe(newsChannel, () => void poll());
  const stop = startTimers(options, {
    tidy: () => broker.tidy(),
    poll: () => void poll(),
    cleanUp: () =>
      void cleanUp(db, clock.nowMs()).catch((error: unknown) => {
        log.warn({ error }, 'old budget accounts could not be removed');
      }),
  });
  const tools = { ...options, db, refresh };
  return {
    reserve: counted(createReserve({ options, state, purses, broker, isStale }), options),
    setLimit: (actor, limit) => setLimit(tools, actor, limit),
    removeLimit: (actor, key) => removeLimit(tools, actor, key),
    listLimits: async (tenant, scope) => limitsOf(await readLimits(db), tenant, scope),
    usage: (tenant, scope) => readUsage({ db, cache, clock, book: purses.book }, tenant, scope),
    close: async () => {
      if (state.isClosed) return;
      state.isClosed = true;
      stop();
      await leave();
      await broker.idle();
      purses.detachAll();
      await broker.close();
    },
  };
};

const limitsOf = (
  limits: Awaited<ReturnType<typeof readLimits>>,
  tenant: string,
  scope: Scope | undefined,
) =>
  limits
    .filter((limit) => limit.tenant === tenant)
    .filter((limit) => scope === undefined || isSameScope(limit.scope, scope))
    .map(({ scope: of, measure, window, amount }) => ({ scope: of, measure, window, amount }));

const isSameScope = (a: Scope, b: Scope): boolean => a.kind === b.kind && a.id === b.id;
