/** First come, first served; nobody waits longer than the deadline. */
import { SallyportError } from '../../kernel/errors.ts';
import { storageErrors } from './errors.ts';

type Waiter = { readonly enter: () => void; readonly timer: NodeJS.Timeout };

/** Guards the one SQLite connection so that async transactions never interleave. */
export class Mutex {
  readonly #deadlineMs: number;
  readonly #waiters = new Set<Waiter>();
  #isHeld = false;

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  /** Throws E_STORAGE_CONTENDED when the deadline passes first. */
  async acquire(): Promise<void> {
    if (!this.#isHeld) {
      this.#isHeld = true;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(
          new SallyportError(
            storageErrors.E_STORAGE_CONTENDED,
            `waited ${this.#deadlineMs} ms for the database; a transaction is held open, or its ` +
              'body used the database instead of the transaction',
          ),
        );
      }, this.#deadlineMs);
      const waiter: Waiter = { enter: resolve, timer };
      this.#waiters.add(waiter);
    });
  }

  release(): void {
    const [next] = this.#waiters;
    if (next === undefined) {
      this.#isHeld = false;
      return;
    }
    this.#waiters.delete(next);
    clearTimeout(next.timer);
    next.enter();
  }
}
