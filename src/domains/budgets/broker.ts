/**
 * Turns the needs of waiting reservations into leases: one exchange with the shared store at a
 * time, for everybody who waits then. Also returns what is not needed and charges what was
 * overspent. What is on its way back is out of the pocket first, so it cannot be spent meanwhile.
 */
import type { Clock } from '../../kernel/effects.ts';
import { type Refusal, SallyportError } from '../../kernel/errors.ts';
import type { LeaseChange, LeaseGrant, LeaseStore } from './lease-store.ts';
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

/** How long "there is no more" is believed without asking again. */
const exhaustionMs = 100;
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

  async #round(waiters: readonly Waiter[]): Promise<void> {
    const changes = this.#changesFor(waiters);
    const troubles = await this.#exchangeAll(changes);
    const nowMs = this.#options.clock.nowMs();
    for (const waiter of waiters) this.#serve(waiter, troubles, nowMs);
    // What could not be returned now is tried again by the next tidy.
    if ([...troubles.values()].includes('failed')) this.#attended.clear();
    else
      for (const { pocket } of changes) if (pocket.surplus(nowMs) > 0) this.#attended.add(pocket);
  }

  #changesFor(waiters: readonly Waiter[]): readonly LeaseChange[] {
    const nowMs = this.#options.clock.nowMs();
    const demand = new Map<Pocket, number>();
    for (const waiter of waiters) {
      this.#recollect(waiter, nowMs);
      for (const pocket of waiter.pockets) {
        const amount = waiter.request.amounts[pocket.measure];
        if (amount > 0) demand.set(pocket, (demand.get(pocket) ?? 0) + amount);
      }
    }
    const attended = [...this.#attended].filter((pocket) => !demand.has(pocket));
    this.#attended.clear();
    const changes = [...demand].map(([pocket, amount]) => changeOf(pocket, amount, nowMs));
    for (const pocket of attended) changes.push(changeOf(pocket, 0, nowMs));
    return changes.filter(isChange);
  }

  /** Windows end and limits change while somebody waits. */
  #recollect(waiter: Waiter, nowMs: number): void {
    const pockets = this.#options.collect(waiter.request, nowMs);
    for (const pocket of pockets) pocket.waiting += 1;
    for (const pocket of waiter.pockets) pocket.waiting -= 1;
    waiter.pockets = pockets;
  }

  /** Returns the pockets that did not get what somebody needs, and why. */
  async #exchangeAll(changes: readonly LeaseChange[]): Promise<Troubles> {
    const troubles = new Map<Pocket, Trouble>();
    const rates = changes.filter(({ pocket }) => pocket.limit.isRate);
    const budgets = changes.filter(({ pocket }) => !pocket.limit.isRate);
    const { rates: rateStore, budgets: budgetStore } = this.#options;
    await Promise.all([
      this.#exchange(rateStore, rates, troubles),
      this.#exchange(budgetStore, budgets, troubles),
    ]);
    return troubles;
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

  #serve(waiter: Waiter, troubles: Troubles, nowMs: number): void {
    this.#recollect(waiter, nowMs);
    const { request, pockets } = waiter;
    const short = pockets.find((pocket) => pocket.available < request.amounts[pocket.measure]);
    if (short === undefined) return this.#answer(waiter, reserved(waiter, nowMs));
    const trouble = troubles.get(short);
    if (trouble === 'failed')
      return this.#answer(waiter, unavailable('the store of budgets does not answer'));
    if (trouble === 'exhausted')
      return this.#answer(waiter, exceeded(short, request.amounts[short.measure], nowMs));
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

const reserved = ({ pockets, request }: Waiter, nowMs: number): Reservation =>
  new HeldReservation(pockets, request.amounts, nowMs);

/** A deadlock or a busy database certainly changed nothing: worth one more try. */
const isCertainlyUndone = (failure: unknown): boolean =>
  failure instanceof SallyportError && failure.code === 'E_STORAGE_CONTENDED';

const exchangeTwice = async (
  store: LeaseStore,
  changes: readonly LeaseChange[],
): Promise<readonly LeaseGrant[]> => {
  try {
    return await store.exchange(changes);
  } catch (failure) {
    if (!isCertainlyUndone(failure)) throw failure;
    return store.exchange(changes);
  }
};

/** Takes debts and what goes back out of the pocket; `applyGrant` or `undo` must follow. */
const changeOf = (pocket: Pocket, demand: number, nowMs: number): LeaseChange => {
  const debt = Math.max(0, -pocket.available);
  pocket.available += debt;
  const want = Math.max(0, demand - pocket.available);
  const bonus = want > 0 ? pocket.usual(nowMs) : pocket.reserveWanted(nowMs);
  const mayReturn = demand === 0 && bonus === 0;
  const giveBack = mayReturn ? pocket.surplus(nowMs) : 0;
  pocket.available -= giveBack;
  // What was spent is told along with other business: alone it is not worth a write.
  const isTelling = want + bonus + giveBack + debt > 0 || pocket.isDetached;
  const spent = isTelling ? pocket.spentUntold : 0;
  pocket.spentUntold -= spent;
  return { pocket, want, bonus, giveBack, debt, spent };
};

const isChange = ({ want, bonus, giveBack, debt, spent }: LeaseChange): boolean =>
  want + bonus + giveBack + debt + spent > 0;

/** Puts the grant into the pocket. True when the limit does not leave what is wanted. */
const applyGrant = (change: LeaseChange, grant: LeaseGrant | undefined, nowMs: number): boolean => {
  const { pocket, want, bonus } = change;
  const granted = grant?.granted ?? 0;
  pocket.available += granted;
  if (granted < want + bonus) pocket.restUntilMs = nowMs + exhaustionMs;
  if (grant?.isGone === true || want === 0) return false;
  const isShort = granted < want;
  if (isShort) pocket.noteExhaustion(nowMs + exhaustionMs);
  else pocket.forgetExhaustion();
  return isShort;
};

/**
 * After a failure nobody knows whether the store changed. Debts are tried again (at worst charged
 * twice), returns are not unless the store certainly refused (at worst charged for nothing).
 */
const undo = ({ pocket, debt, giveBack, spent }: LeaseChange, failure: unknown): void => {
  pocket.available += isCertainlyUndone(failure) ? giveBack - debt : -debt;
  pocket.spentUntold += spent;
};
