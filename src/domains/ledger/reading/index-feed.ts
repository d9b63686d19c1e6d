/**
 * Fills the derived index behind the log, in steps of a few milliseconds. While the thread is busy it
 * takes a twentieth of its time and falls behind; a query brings the index up to date first, for
 * everything acknowledged before it.
 */
import { performance } from 'node:perf_hooks';
import { SallyportError } from '../../../kernel/errors.ts';
import type { Clock } from '../../../kernel/effects.ts';
import type { Log } from '../../../platform/log/index.ts';
import { parseEntry } from '../entry.ts';
import { ledgerErrors } from '../errors.ts';
import { rowOf } from '../row.ts';
import type { IndexStore } from '../store.ts';
import type { LedgerRow } from '../types.ts';
import type { EntryReader } from './entry-reader.ts';
import { Tail } from './tail.ts';

/** Rows of one transaction: about 2 ms behind the log, more when somebody waits for the index. */
const backgroundRows = 200;
const urgentRows = 2000;
const maxHeldRows = 10_000;
const intervalMs = 250;
const retryMs = 5000;
/** A thread above this utilization is busy: one part work then takes nineteen parts rest. */
const busyUtilization = 0.4;
const busyRest = 19;
const idleRest = 2;

export type IndexFeedOptions = {
  readonly store: IndexStore;
  readonly reader: EntryReader;
  readonly size: () => number;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
};

const loadRows = async (
  reader: EntryReader,
  from: number,
  count: number,
): Promise<readonly LedgerRow[]> => {
  const entries = await reader.read(from, Math.min(count, 256));
  return entries.map((bytes, i) => {
    const entry = parseEntry(from + i, bytes);
    return rowOf(entry.index, entry.class, entry.ocsf);
  });
};

export class IndexFeed {
  readonly #options: IndexFeedOptions;
  #tail: Tail<LedgerRow>;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #lastLoop = performance.eventLoopUtilization();

  private constructor(options: IndexFeedOptions, position: number) {
    this.#options = options;
    this.#tail = this.#tailFrom(position);
  }

  /** Continues where the index stands; an index ahead of the log belongs to another and is rebuilt. */
  static async open(options: IndexFeedOptions): Promise<IndexFeed> {
    const position = await options.store.position('index');
    const isForeign = position > options.size();
    if (isForeign) {
      options.log.warn({ position, size: options.size() }, 'the ledger index is rebuilt');
      await options.store.clear();
    }
    const feed = new IndexFeed(options, isForeign ? 0 : position);
    feed.wake();
    return feed;
  }

  /** Position up to which rows are in the index. */
  get position(): number {
    return this.#tail.position;
  }

  /** Offers a row that need not be read back. */
  offer(index: number, row: () => LedgerRow): void {
    if (this.#tail.wants(index)) this.#tail.offer(index, row());
  }

  /** There is, or may be, something to do. */
  wake(delayMs = intervalMs): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#turn();
    }, delayMs).unref();
  }

  /** Brings the index up to everything acknowledged before the call. */
  catchUp(): Promise<void> {
    const end = this.#options.size();
    return this.#inTurn(async () => {
      while (this.#tail.position < end) await this.#step(end, urgentRows);
    });
  }

  /** Empties the index and fills it from the log; resolves with the number of entries. */
  rebuild(): Promise<number> {
    return this.#inTurn(async () => {
      const end = this.#options.size();
      await this.#options.store.clear();
      this.#tail = this.#tailFrom(0);
      while (this.#tail.position < end) await this.#step(end, urgentRows);
      return end;
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#isClosed = true;
    await this.#work;
  }

  #tailFrom(position: number): Tail<LedgerRow> {
    const { reader } = this.#options;
    const load = (from: number, count: number): Promise<readonly LedgerRow[]> =>
      loadRows(reader, from, count);
    return new Tail({ position, maxHeld: maxHeldRows, load });
  }

  async #turn(): Promise<void> {
    const { size, clock, log } = this.#options;
    const startMs = clock.monotonicMs();
    try {
      await this.#inTurn(() => this.#step(size(), backgroundRows));
    } catch (error) {
      log.warn({ error }, 'the ledger index could not be filled; trying again');
      return this.wake(retryMs);
    }
    if (this.#tail.position >= size()) return;
    const { utilization } = performance.eventLoopUtilization(this.#lastLoop);
    this.#lastLoop = performance.eventLoopUtilization();
    const rest = utilization > busyUtilization ? busyRest : idleRest;
    this.wake(Math.min((clock.monotonicMs() - startMs) * rest, intervalMs * 4));
  }

  async #step(end: number, maxRows: number): Promise<void> {
    if (this.#isClosed)
      throw new SallyportError(ledgerErrors.E_LEDGER_CLOSED, 'the ledger was closed');
    const rows = await this.#tail.peek(end, maxRows);
    if (rows.length === 0) return;
    await this.#options.store.insert(rows, this.#tail.position + rows.length);
    this.#tail.advance(rows.length);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }
}
