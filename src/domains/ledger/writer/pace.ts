/**
 * When the next commit is due: at once when the log was idle, at the end of the window when the last
 * commit was a busy one, so that one sync carries many entries.
 */
import type { Clock } from '../../../kernel/effects.ts';

/** A commit of fewer entries does not make the next one wait for company. */
const busyEntries = 8;
/** Beyond this much waiting for the disk, commits pause so that memory stays bounded. */
const maxQueuedTileBytes = 32 * 1024 * 1024;
const pauseMs = 5;

export class Pace {
  readonly #clock: Clock;
  readonly #windowMs: number;
  #lastMs = Number.NEGATIVE_INFINITY;
  #lastEntries = 0;

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  committed(entries: number): void {
    this.#lastMs = this.#clock.monotonicMs();
    this.#lastEntries = entries;
  }

  /** Milliseconds to wait; zero or less for none. */
  waitMs(queuedTileBytes: number): number {
    if (queuedTileBytes > maxQueuedTileBytes) return pauseMs;
    if (this.#lastEntries < busyEntries) return 0;
    return this.#windowMs - (this.#clock.monotonicMs() - this.#lastMs);
  }
}
