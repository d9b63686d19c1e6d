/**
 * What this process may spend from one limit in one window without asking: a lease. Everything in
 * it is already charged in the shared store, so losing the process can lose budget, never grant it.
 */
import type { ActiveLimit } from './limit-book.ts';
import type { Measure } from './types.ts';
import { windowAt } from './windows.ts';

/** Length over which consumption is measured; a lease holds about one of these. */
const slotMs = 100;

export type PocketOwner = {
  /** The pocket has something to return, to be charged, or runs low. */
  readonly attend: (pocket: Pocket) => void;
  /** The pocket holds something that housekeeping must look after. */
  readonly activate: (pocket: Pocket) => void;
};

export class Pocket {
  /** Who spends: the limit's own text key, with the real id in place of `*`. */
  readonly account: string;
  readonly scopeId: string;
  readonly measure: Measure;
  readonly startMs: number;
  readonly endMs: number;
  limit: ActiveLimit;
  /** Leased and not reserved. Negative: spent beyond the lease and not yet charged. */
  available = 0;
  /** Reservations that wait for a larger lease; while any do, nobody overtakes them. */
  waiting = 0;
  /** Spent since the store was last told. */
  spentUntold = 0;
  /** The store had no more than `#leftOver` a moment ago: do not ask for more before. */
  #exhaustedUntilMs = 0;
  #leftOver = 0;
  /** A reserve was not granted in full: do not ask for one before. */
  restUntilMs = 0;
  /** No longer found by new reservations: everything goes back. */
  isDetached = false;
  /** Housekeeping looks after it. */
  isActive = false;
  #slot = 0;
  #inSlot = 0;
  #inSlotBefore = 0;
  readonly #owner: PocketOwner;

  constructor(
    place: { readonly limit: ActiveLimit; readonly account: string; readonly scopeId: string },
    nowMs: number,
    owner: PocketOwner,
  ) {
    this.limit = place.limit;
    this.account = place.account;
    this.scopeId = place.scopeId;
    this.measure = place.limit.measure;
    const { startMs, endMs } = windowAt(place.limit.window, nowMs);
    this.startMs = startMs;
    this.endMs = endMs;
    this.#owner = owner;
  }

  /** True when the limit is known not to leave this much. */
  isKnownToRefuse(amount: number, nowMs: number): boolean {
    return this.available < amount && this.#exhaustedUntilMs > nowMs && amount > this.#leftOver;
  }

  /** The store granted less than somebody needs. */
  noteExhaustion(untilMs: number): void {
    this.#exhaustedUntilMs = untilMs;
    this.#leftOver = Math.max(0, this.available);
  }

  forgetExhaustion(): void {
    this.#exhaustedUntilMs = 0;
  }

  /** Reserves; the caller made sure that it is there. True when the pocket runs low. */
  take(amount: number, nowMs: number): boolean {
    this.available -= amount;
    this.#count(amount, nowMs);
    return this.available * 2 < this.usual(nowMs) && nowMs >= this.restUntilMs;
  }

  /** Leases ahead, unless there is enough for the next 100 ms. */
  topUp(nowMs: number): void {
    if (this.reserveWanted(nowMs) > 0) this.#owner.attend(this);
  }

  /** Ends a reservation: `reserved` was taken, `spent` is the truth. */
  settle(reserved: number, spent: number): void {
    this.spentUntold += spent;
    this.available += reserved - spent;
    if (!this.isActive) {
      this.isActive = true;
      this.#owner.activate(this);
    }
    if (this.available < 0 || this.isDetached) this.#owner.attend(this);
  }

  /** About what 100 ms consume: 0 when less than one reservation in that time is usual. */
  usual(nowMs: number): number {
    if (this.isDetached) return 0;
    this.#turn(nowMs);
    return this.#inSlotBefore;
  }

  /** How much to lease ahead, so that nobody has to wait; 0 while enough is left. */
  reserveWanted(nowMs: number): number {
    const usual = this.usual(nowMs);
    return this.available < usual && nowMs >= this.restUntilMs ? usual : 0;
  }

  /** What is clearly more than the next 100 ms need. */
  surplus(nowMs: number): number {
    const keep = this.#worthKeeping(nowMs);
    return this.available > 2 * keep ? this.available - keep : 0;
  }

  /** Holds nothing, owes nothing and was not used lately. */
  isQuiet(nowMs: number): boolean {
    return this.available === 0 && this.#worthKeeping(nowMs) === 0;
  }

  #worthKeeping(nowMs: number): number {
    if (this.isDetached || nowMs >= this.endMs) return 0;
    this.#turn(nowMs);
    return Math.max(this.#inSlot, this.#inSlotBefore);
  }

  #count(amount: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#inSlot += amount;
  }

  #turn(nowMs: number): void {
    const slot = Math.floor(nowMs / slotMs);
    if (slot === this.#slot) return;
    this.#inSlotBefore = slot === this.#slot + 1 ? this.#inSlot : 0;
    this.#inSlot = 0;
    this.#slot = slot;
  }
}
