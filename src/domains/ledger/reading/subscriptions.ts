/** Delivers every acknowledged entry to the listeners, in order and once, wherever it came from. */
import type { Log } from '../../../platform/log/index.ts';
import { parseEntry } from '../entry.ts';
import type { LedgerEntry, LedgerListener } from '../types.ts';
import type { EntryReader } from './entry-reader.ts';
import { Tail } from './tail.ts';

const maxHeldEntries = 4096;
const maxStep = 1024;

export type SubscriptionsOptions = {
  readonly reader: EntryReader;
  readonly size: () => number;
  readonly log: Pick<Log, 'error'>;
};

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #listeners = new Set<LedgerListener>();
  #tail: Tail<LedgerEntry> | undefined;
  #isDelivering = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** The listener hears of entries acknowledged from now on. */
  add(listener: LedgerListener): () => void {
    const { size } = this.#options;
    if (this.#listeners.size === 0) this.#tail = this.#tailFrom(size());
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#tail = undefined;
    };
  }

  /** Offers an entry that need not be read back. */
  offer(index: number, entry: () => LedgerEntry | undefined): void {
    if (this.#tail?.wants(index) !== true) return;
    const made = entry();
    if (made !== undefined) this.#tail.offer(index, made);
  }

  /** There is, or may be, something to deliver. */
  wake(): void {
    if (this.#tail !== undefined && !this.#isDelivering) void this.#deliver(this.#tail);
  }

  #tailFrom(position: number): Tail<LedgerEntry> {
    const load = async (from: number, count: number): Promise<readonly LedgerEntry[]> => {
      const entries = await this.#options.reader.read(from, Math.min(count, 256));
      return entries.map((bytes, i) => parseEntry(from + i, bytes));
    };
    return new Tail({ position, maxHeld: maxHeldEntries, load });
  }

  async #deliver(tail: Tail<LedgerEntry>): Promise<void> {
    this.#isDelivering = true;
    try {
      while (tail === this.#tail && tail.position < this.#options.size()) {
        const entries = await tail.peek(this.#options.size(), maxStep);
        tail.advance(entries.length);
        for (const entry of entries) this.#tell(entry);
      }
    } catch (error) {
      this.#options.log.error({ error }, 'ledger subscribers could not be served');
    } finally {
      this.#isDelivering = false;
    }
  }

  /** One listener's failure is not another's. */
  #tell(entry: LedgerEntry): void {
    for (const listener of this.#listeners) {
      try {
        listener(entry);
      } catch (error) {
        this.#options.log.error({ error, index: entry.index }, 'a ledger subscriber failed');
      }
    }
  }
}
