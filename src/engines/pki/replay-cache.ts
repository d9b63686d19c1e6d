/**
 * Remembers ids that may be used once, for as long as they could be used again, in bounded memory.
 * Two generations follow each other: an id lives in one until that is older than any proof.
 */
import type { Clock } from '../../kernel/effects.ts';

export type ReplayCacheOptions = {
  /** Ids held at once; beyond that `remember` says `full` and nothing may pass. */
  readonly capacity: number;
  /** Longest time an id has to be remembered. */
  readonly windowMs: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
};

export type ReplayVerdict = 'new' | 'seen' | 'full';

/** Ids of at least `windowMs` of the past. Whoever asks must have authenticated the id before. */
export class ReplayCache {
  readonly windowMs: number;
  readonly #capacity: number;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #current = new Set<string>();
  #previous = new Set<string>();
  #turnedAtMs: number;

  /** @throws RangeError for a capacity below 1 or a window that is not positive */
  constructor({ capacity, windowMs, clock }: ReplayCacheOptions) {
    if (!Number.isSafeInteger(capacity) || capacity < 1 || !(windowMs > 0))
      throw new RangeError('a replay cache needs a capacity and a window');
    this.windowMs = windowMs;
    this.#capacity = capacity;
    this.#clock = clock;
    this.#turnedAtMs = clock.monotonicMs();
  }

  get size(): number {
    return this.#current.size + this.#previous.size;
  }

  /** `new` exactly once per id and window; `full` when it cannot be remembered. */
  remember(id: string): ReplayVerdict {
    this.#turn();
    if (this.#current.has(id) || this.#previous.has(id)) return 'seen';
    if (this.size >= this.#capacity) return 'full';
    this.#current.add(id);
    return 'new';
  }

  #turn(): void {
    const nowMs = this.#clock.monotonicMs();
    const elapsedMs = nowMs - this.#turnedAtMs;
    if (elapsedMs < this.windowMs) return;
    this.#previous = elapsedMs < 2 * this.windowMs ? this.#current : new Set();
    this.#current = new Set();
    this.#turnedAtMs = nowMs;
  }
}
