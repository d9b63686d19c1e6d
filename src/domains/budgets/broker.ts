/**
 * Turns the needs of waiting reservations into leases: one exchange with the shared store at a
 * time, for everybody who waits then. Also returns what is not needed and charges what was
 * overspent. What is on its way back is out of the pocket first, so it cannot be spent meanwhile.
 */
import type { Clock } from '../../kernel/effects.ts';
import type { Refusal } from '../../kernel/errors.ts';
import { applyGrant, changeOf, exchangeTwice, isChange, undo } from './lease-change.ts';
import type { LeaseChange, LeaseStore } from './lease-store.ts';
import type { Pocket, PocketOwner } from './pocket.ts';
import { exceeded, unavailable } from './refusals.ts';
import { HeldReservation } from './reservation.ts';
import type { Reservation, ReserveRequest } from './types.ts';

type Waiter = {
  readonly request: ReserveRequest;
  readonly answer: (verdict: Reservation | Refusal) => void;
  /** Pockets it was counted in as waiting. */
  pockets: readonly Pocket[];
  rounds: number;
};

type Trouble = 'failed' | 'exhausted';
type Troubles = ReadonlyMap<Pocket, Trouble>;

export type BrokerOptions = {
  readonly clock: Clock;
  readonly budgets: LeaseStore;
  readonly rates: LeaseStore;
  readonly collect: (request: ReserveRequest, nowMs: number) => Pocket[];
  /** Looks at the limits again. */
  readonly refresh: () => Promise<void>;
  /** An exchange failed. */
  readonly onFailure: (failure: unknown) => void;
};

const maxRounds = 10;
const maxWaiters = 100_000;

export class Broker implements PocketOwner {
  readonly #options: BrokerOptions;
  readonly #attended = new Set<Pocket>();
  /** Pockets that hold something: the only ones housekeeping looks at. */
  readonly #active = new Set<Pocket>();
  #waiters: Waiter[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  attend(pocket: Pocket): void {
    if (this.#isClosed) return;
    this.#attended.add(pocket);
    this.#active.add(pocket);
    this.#start();
  }

  activate(pocket: Pocket): void {
    this.#active.add(pocket);
  }

  /** Waits in line for a lease. Never rejects. */
  wait(request: ReserveRequest, pockets: readonly Pocket[]): Promise<Reservation | Refusal> {
    if (this.#waiters.length >= maxWaiters)
      return Promise.resolve(unavailable('too many requests wait for their budgets'));
    return new Promise((answer) => {
      for (const pocket of pockets) pocket.waiting += 1;
      this.#waiters.push({ request, answer, pockets, rounds: 0 });
      this.#start();
    });
  }

  /** Gives back what is more than the next 100 ms usually need, and all that is idle. */
  tidy(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const pocket of this.#active) {
      if (pocket.surplus(nowMs) > 0 || pocket.available < 0) this.attend(pocket);
      if (!pocket.isQuiet(nowMs)) continue;
      pocket.isActive = false;
      this.#active.delete(pocket);
    }
  }

  /** Resolves when nobody waits any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Gives everything back and stops. Pockets must be detached before. */
  async close(): Promise<void> {
    for (const pocket of this.#active) this.#attended.add(pocket);
    this.#start();
    await this.#running;
    this.#isClosed = true;
  }

  #start(): void {
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // A moment for those who ask in the same turn: one exchange serves them all.
    await Promise.resolve();
    while (this.#waiters.length > 0 || this.#attended.size > 0) {
      const waiters = this.#waiters;
      this.#waiters = [];
      try {
        await this.#round(waiters);
      } catch (failure) {
        this.#abandon(waiters, failure);
      }
    }
    // In the same turn as the last look at the queues, so that nobody is left waiting.
    this.#running = undefined;
  }

  /** A defect must not leave anybody waiting for ever. */
  #abandon(waiters: readonly Waiter[], failure: unknown): void {
    this.#options.onFailure(failure);
    const abandoned = new Set(waiters);
    this.#waiters = this.#waiters.filter((waiter) => !abandoned.has(waiter));
    for (const waiter of waiters) this.#answer(waiter, unavailable('budgets failed'));
  }

  /**
   * Rates first, then budgets for those whom the rates leave. Everybody goes in this order, so
   * nodes do not hold from each other what none of them can use.
   */
  async #round(waiters: readonly Waiter[]): Promise<void> {
    for (const waiter of waiters) this.#recollect(waiter);
    const attended = [...this.#attended];
    this.#attended.clear();
    const troubles = new Map<Pocket, Trouble>();
    const { rates, budgets } = this.#options;
    const rateChanges = changesFor(waiters, attended, { isRate: true, nowMs: this.#nowMs() });
    await this.#exchange(rates, rateChanges, troubles);
    const passing = rateChanges.length === 0 ? waiters : withinRates(waiters);
    const budgetChanges = changesFor(passing, attended, { isRate: false, nowMs: this.#nowMs() });
    await this.#exchange(budgets, budgetChanges, troubles);
    for (const waiter of waiters) this.#serve(waiter, troubles);
    this.#returnSurplus([...rateChanges, ...budgetChanges], troubles);
  }

  #returnSurplus(changes: readonly LeaseChange[], troubles: Troubles): void {
    // What could not be returned now is tried again by the next tidy.
    if ([...troubles.values()].includes('failed')) return this.#attended.clear();
    const nowMs = this.#nowMs();
    for (const { pocket } of changes) if (pocket.surplus(nowMs) > 0) this.#attended.add(pocket);
  }

  #nowMs(): number {
    return this.#options.clock.nowMs();
  }

  /** Windows end and limits change while somebody waits. */
  #recollect(waiter: Waiter): void {
    const pockets = this.#options.collect(waiter.request, this.#nowMs());
    for (const pocket of pockets) pocket.waiting += 1;
    for (const pocket of waiter.pockets) pocket.waiting -= 1;
    waiter.pockets = pockets;
  }

  async #exchange(
    store: LeaseStore,
    changes: readonly LeaseChange[],
    troubles: Map<Pocket, Trouble>,
  ): Promise<void> {
    if (changes.length === 0) return;
    for (const { pocket } of changes) {
      pocket.isActive = true;
      this.#active.add(pocket);
    }
    try {
      const grants = await exchangeTwice(store, changes);
      const nowMs = this.#options.clock.nowMs();
      changes.forEach((change, i) => {
        const isShort = applyGrant(change, grants[i], nowMs);
        if (isShort) troubles.set(change.pocket, 'exhausted');
      });
      if (grants.some(({ isGone }) => isGone))
        await this.#options.refresh().catch(this.#options.onFailure);
    } catch (failure) {
      for (const change of changes) {
        undo(change, failure);
        troubles.set(change.pocket, 'failed');
      }
      this.#options.onFailure(failure);
    }
  }

  #serve(waiter: Waiter, troubles: Troubles): void {
    this.#recollect(waiter);
    const nowMs = this.#nowMs();
    const short = shortOf(waiter);
    if (short.length === 0) return this.#answer(waiter, reserved(waiter, nowMs));
    if (short.some((pocket) => troubles.get(pocket) === 'failed'))
      return this.#answer(waiter, unavailable('the store of budgets does not answer'));
    const exhausted = short.find((pocket) => troubles.get(pocket) === 'exhausted');
    if (exhausted !== undefined) {
      const needed = waiter.request.amounts[exhausted.measure];
      return this.#answer(waiter, exceeded(exhausted, needed, nowMs));
    }
    waiter.rounds += 1;
    if (waiter.rounds < maxRounds) {
      this.#waiters.push(waiter);
      return;
    }
    this.#answer(waiter, unavailable('budgets changed too often while the request waited'));
  }

  #answer(waiter: Waiter, verdict: Reservation | Refusal): void {
    for (const pocket of waiter.pockets) pocket.waiting -= 1;
    waiter.pockets = [];
    waiter.answer(verdict);
  }
}

/** Pockets that do not hold what the waiter needs from them. */
const shortOf = ({ pockets, request }: Waiter): readonly Pocket[] =>
  pockets.filter((pocket) => {
    const amount = request.amounts[pocket.measure];
    return amount > 0 && pocket.available < amount;
  });

/** Those whom the rates leave when all are served in order. */
const withinRates = (waiters: readonly Waiter[]): readonly Waiter[] => {
  const left = new Map<Pocket, number>();
  return waiters.filter(({ pockets, request }) => {
    const rates = pockets.filter(({ limit }) => limit.isRate);
    const rest = (pocket: Pocket): number =>
      (left.get(pocket) ?? pocket.available) - request.amounts[pocket.measure];
    if (rates.some((pocket) => request.amounts[pocket.measure] > 0 && rest(pocket) < 0))
      return false;
    for (const pocket of rates) left.set(pocket, rest(pocket));
    return true;
  });
};

type Stage = { readonly isRate: boolean; readonly nowMs: number };

/** What the store of this stage is asked: the needs of all waiters, and whom attention is due. */
const changesFor = (
  waiters: readonly Waiter[],
  attended: readonly Pocket[],
  { isRate, nowMs }: Stage,
): readonly LeaseChange[] => {
  const demand = new Map<Pocket, number>();
  for (const { pockets, request } of waiters)
    for (const pocket of pockets) {
      const amount = request.amounts[pocket.measure];
      if (pocket.limit.isRate !== isRate || amount === 0) continue;
      demand.set(pocket, (demand.get(pocket) ?? 0) + amount);
    }
  const changes = [...demand].map(([pocket, amount]) => changeOf(pocket, amount, nowMs));
  for (const pocket of attended)
    if (pocket.limit.isRate === isRate && !demand.has(pocket))
      changes.push(changeOf(pocket, 0, nowMs));
  return changes.filter(isChange);
};

const reserved = ({ pockets, request }: Waiter, nowMs: number): Reservation =>
  new HeldReservation(pockets, request.amounts, nowMs);
