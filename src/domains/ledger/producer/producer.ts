/**
 * The sending half of the ledger: collects the entries of one turn of the event loop, posts them to
 * the writer as one transferred buffer and settles each when the batch is answered. A writer that
 * does not answer in time (a hanging disk) is treated as refusing.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../../../kernel/effects.ts';
import { SallyportError } from '../../../kernel/errors.ts';
import { addEntry, type EntryParts } from '../entry.ts';
import { ledgerErrors } from '../errors.ts';
import { FrameBuffer } from '../frames.ts';
import type { BatchMessage, ProducerReply } from '../writer/protocol.ts';

/** Bytes handed over and not yet answered, beyond which appends are refused. */
const maxInFlightBytes = 64 * 1024 * 1024;
/** A batch is posted early when it has grown to this. */
const maxBatchBytes = 1024 * 1024;
/** A commit of its own for what nobody waits for would delay the next decision. */
const defaultLingerMs = 10;

/** One entry on its way; called exactly one of the two. */
export type Item = {
  /** What was encoded; absent for entries given as text. */
  readonly parts?: EntryParts;
  /** Nobody waits for it: it goes with the next that somebody waits for, or a little later. */
  readonly isPatient?: boolean;
  readonly accepted: (index: number) => void;
  readonly refused: (error: SallyportError) => void;
};

export type ProducerOptions = {
  readonly port: MessagePort;
  readonly clock: Clock;
  /** Longest silence of the writer while something is in flight. */
  readonly timeoutMs: number;
  /** How long what nobody waits for may wait for company. Default 10. */
  readonly lingerMs?: number;
  /** Hears of every acknowledged batch, before its items. */
  readonly onAccepted?: (first: number, items: readonly Item[]) => void;
};

type Batch = {
  readonly id: number;
  readonly items: readonly Item[];
  readonly bytes: number;
  readonly sentMs: number;
};

export const unavailable = (reason: string): SallyportError =>
  new SallyportError(ledgerErrors.E_LEDGER_UNAVAILABLE, `the ledger refuses: ${reason}`, {
    data: { reason },
  });

const closed = (): SallyportError =>
  new SallyportError(ledgerErrors.E_LEDGER_CLOSED, 'the ledger was closed');

export class Producer {
  readonly #options: ProducerOptions;
  readonly #lingerMs: number;
  /** Oldest first. An array, because few are on their way and a map's leavings would hold their items. */
  readonly #sent: Batch[] = [];
  #frames: FrameBuffer | undefined;
  #isDue = false;
  #linger: NodeJS.Timeout | undefined;
  #items: Item[] = [];
  #nextId = 0;
  #inFlightBytes = 0;
  #lastBatchBytes = 0;
  #endError: SallyportError | undefined;
  #watch: NodeJS.Timeout | undefined;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#lingerMs = options.lingerMs ?? defaultLingerMs;
    options.port.on('message', (reply: ProducerReply) => this.#receive(reply));
    options.port.on('close', () => this.end(closed()));
    options.port.unref();
  }

  /** Bytes not yet answered, those still being collected included. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** Queues an entry. Throws what `addEntry` throws; everything else goes to the item. */
  submit(parts: EntryParts, item: Omit<Item, 'parts'>): void {
    const { accepted, refused, isPatient = false } = item;
    const frames = this.#framesFor(item);
    if (frames === undefined) return;
    this.#added(addEntry(frames, parts), { parts, accepted, refused, isPatient });
  }

  /** Queues an entry that is encoded already. */
  submitText(text: string, item: Item): void {
    const frames = this.#framesFor(item);
    if (frames !== undefined) this.#added(frames.add(text), item);
  }

  /** Resolves when everything submitted so far has been answered. */
  settled(): Promise<void> {
    this.#flush();
    if (this.#inFlightBytes === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  /** Refuses everything in flight and from now on. */
  end(error: SallyportError): void {
    this.#endError ??= error;
    clearInterval(this.#watch);
    clearTimeout(this.#linger);
    const lost = this.#sent.flatMap(({ items }) => items);
    const waiting = this.#items;
    this.#sent.length = 0;
    this.#items = [];
    this.#frames = undefined;
    this.#inFlightBytes = 0;
    this.#announceIdle();
    for (const item of [...lost, ...waiting]) item.refused(this.#endError);
    this.#options.port.close();
  }

  readonly #flush = (): void => {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    this.#isDue = false;
    const frames = this.#frames;
    if (frames === undefined || frames.count === 0) return;
    const items = this.#items;
    this.#frames = undefined;
    this.#items = [];
    this.#lastBatchBytes = frames.sizeBytes;
    const id = this.#nextId++;
    const { port, clock } = this.#options;
    if (this.#sent.length === 0) this.#beginWatch();
    this.#sent.push({ id, items, bytes: frames.sizeBytes, sentMs: clock.monotonicMs() });
    const bytes = frames.finish();
    const message: BatchMessage = { id, count: items.length, bytes };
    port.postMessage(message, [bytes.buffer]);
  };

  #receive(reply: ProducerReply): void {
    const batch = this.#sent.find(({ id }) => id === reply.id);
    if (batch === undefined) return;
    this.#forget(batch);
    if ('code' in reply) {
      const error =
        reply.code === 'invalid'
          ? new SallyportError(ledgerErrors.E_LEDGER_EVENT_INVALID, reply.reason)
          : unavailable(reply.reason);
      for (const item of batch.items) item.refused(error);
      return;
    }
    const { first } = reply;
    this.#options.onAccepted?.(first, batch.items);
    for (const [i, item] of batch.items.entries()) item.accepted(first + i);
  }

  /** Where the next entry goes; undefined when it is refused, and told so. */
  #framesFor(item: Pick<Item, 'refused'>): FrameBuffer | undefined {
    const isFull = this.#inFlightBytes > maxInFlightBytes;
    if (this.#endError !== undefined || isFull) {
      item.refused(this.#endError ?? unavailable('the writer is too far behind'));
      return undefined;
    }
    this.#frames ??= new FrameBuffer(this.#lastBatchBytes);
    return this.#frames;
  }

  #added(bytes: number, item: Item): void {
    this.#inFlightBytes += bytes;
    this.#items.push(item);
    if (this.#frames !== undefined && this.#frames.sizeBytes >= maxBatchBytes) this.#flush();
    else if (item.isPatient === true) this.#soon();
    else this.#now();
  }

  #now(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(this.#flush);
  }

  #soon(): void {
    if (!this.#isDue) this.#linger ??= setTimeout(this.#flush, this.#lingerMs);
  }

  #announceIdle(): void {
    if (this.#inFlightBytes > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  #forget(batch: Batch): void {
    this.#sent.splice(this.#sent.indexOf(batch), 1);
    this.#inFlightBytes -= batch.bytes;
    this.#announceIdle();
    if (this.#sent.length > 0) return;
    clearInterval(this.#watch);
    this.#options.port.unref();
  }

  /** While answers are awaited the process stays alive and the writer's silence is measured. */
  #beginWatch(): void {
    const { port, timeoutMs } = this.#options;
    port.ref();
    this.#watch = setInterval(() => this.#refuseLate(), Math.max(1, timeoutMs / 4)).unref();
  }

  #refuseLate(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (let batch = this.#sent[0]; batch !== undefined; batch = this.#sent[0]) {
      if (nowMs - batch.sentMs < this.#options.timeoutMs) return;
      this.#forget(batch);
      for (const item of batch.items) item.refused(unavailable('the disk does not answer'));
    }
  }
}
