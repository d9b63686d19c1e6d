/**
 * Whether the writer acknowledges. A full disk refuses until the reserve could be taken again; every
 * other failure refuses for good, because after a failed sync nothing on disk can be trusted to be
 * what the kernel says it is.
 */
import type { OcsfEvent } from '../../../engines/ocsf/index.ts';
import type { Clock } from '../../../kernel/effects.ts';
import { refusingEvent, resumedEvent } from '../events.ts';
import { isFull, systemCode } from './file-operations.ts';
import type { Notice } from './protocol.ts';
import type { Reserve } from './reserve.ts';
import { type SharedState, writeRefusing } from './shared-state.ts';
import { WalFailure } from './wal.ts';

export type AvailabilityOptions = {
  readonly clock: Clock;
  readonly shared: SharedState;
  readonly reserve: Reserve;
  /** How often a full disk is looked at again. */
  readonly probeIntervalMs: number;
  readonly notify: (notice: Notice) => void;
  /** Appends an event of the writer itself; may throw. */
  readonly record: (event: OcsfEvent) => void;
  /** Space is back: try again what met the full disk. */
  readonly onResumed: () => void;
};

export class Availability {
  readonly #options: AvailabilityOptions;
  #state: 'open' | 'full' | 'failed' = 'open';
  #reason = '';
  #sinceMs = 0;
  #probe: NodeJS.Timeout | undefined;

  constructor(options: AvailabilityOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** True when nothing will be acknowledged any more in this process. */
  get hasFailed(): boolean {
    return this.#state === 'failed';
  }

  get reason(): string {
    return this.#reason;
  }

  /** Takes the reserve at start; without room for it the ledger begins by refusing. */
  begin(): void {
    if (!this.#options.reserve.take()) this.#refuse('full', 'ENOSPC');
  }

  /** A write failed. */
  onFailure(error: unknown): void {
    const cause = error instanceof WalFailure ? error.cause : error;
    const isFatal = error instanceof WalFailure ? error.kind === 'failed' : !isFull(error);
    if (isFatal) this.#refuse('failed', systemCode(cause));
    else if (this.#state === 'open') this.#refuse('full', systemCode(cause));
  }

  /** Looks whether space is back; repeats while the disk is full. */
  probe(): void {
    if (this.#state !== 'full') return;
    try {
      if (!this.#options.reserve.take()) return this.#probeLater();
      const refusedMs = this.#options.clock.monotonicMs() - this.#sinceMs;
      this.#options.record(resumedEvent(this.#options.clock.nowMs(), refusedMs));
    } catch (error) {
      this.onFailure(error);
      return this.#probeLater();
    }
    this.#state = 'open';
    this.#announce('');
    this.#options.onResumed();
  }

  stop(): void {
    clearTimeout(this.#probe);
  }

  #refuse(state: 'full' | 'failed', reason: string): void {
    if (this.#state === 'failed') return;
    this.#state = state;
    this.#sinceMs = this.#options.clock.monotonicMs();
    this.#announce(reason);
    if (state === 'failed') return clearTimeout(this.#probe);
    this.#recordRefusal(reason);
    this.#probeLater();
  }

  /** The reserve makes room for exactly this. */
  #recordRefusal(reason: string): void {
    try {
      this.#options.reserve.release();
      this.#options.record(refusingEvent(this.#options.clock.nowMs(), reason));
    } catch (error) {
      if (error instanceof WalFailure && error.kind === 'failed') this.onFailure(error);
    }
  }

  #probeLater(): void {
    clearTimeout(this.#probe);
    if (this.#state !== 'full') return;
    this.#probe = setTimeout(() => this.probe(), this.#options.probeIntervalMs);
    this.#probe.unref();
  }

  #announce(reason: string): void {
    const state = this.#state === 'open' ? 'open' : 'refusing';
    this.#reason = reason;
    writeRefusing(this.#options.shared, state === 'refusing');
    this.#options.notify({ notice: 'state', state, reason });
  }
}
