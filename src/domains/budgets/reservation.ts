/** A reservation in the pockets of this process. */
import { maxAmount } from './limit-keys.ts';
import type { Pocket } from './pocket.ts';
import type { Amounts, Reservation } from './types.ts';

const isSound = (amount: number | undefined): amount is number =>
  amount !== undefined && Number.isSafeInteger(amount) && amount >= 0 && amount <= maxAmount;

export class HeldReservation implements Reservation {
  readonly amounts: Amounts;
  readonly #pockets: readonly Pocket[];
  #isOpen = true;

  /** The amounts must be there: see `Pocket.take`. */
  constructor(pockets: readonly Pocket[], amounts: Amounts, nowMs: number) {
    this.#pockets = pockets;
    this.amounts = amounts;
    let isLow = false;
    for (const pocket of pockets) {
      const amount = amounts[pocket.measure];
      if (amount > 0 && pocket.take(amount, nowMs)) isLow = true;
    }
    // When one runs low the others follow soon: one exchange for all of them.
    if (isLow) for (const pocket of pockets) pocket.topUp(nowMs);
  }

  /** Nothing to do: the charge is durable since the lease was. Kept as the caller's promise. */
  dispatched(): void {}

  settle(actual: Partial<Amounts>): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const pocket of this.#pockets) {
      const reserved = this.amounts[pocket.measure];
      const spent = actual[pocket.measure];
      pocket.settle(reserved, isSound(spent) ? spent : reserved);
    }
  }

  cancel(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const pocket of this.#pockets) pocket.settle(this.amounts[pocket.measure], 0);
  }
}
