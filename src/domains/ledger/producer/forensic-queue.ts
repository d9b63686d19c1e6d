/**
 * The road of events nobody waits for: straight to the writer while it keeps up, to the spill file
 * while it does not, counted as dropped when that is full too. The counts become an event of the log
 * themselves.
 */
import { WrittenEvent } from '../../../engines/ocsf/index.ts';
import type { Clock } from '../../../kernel/effects.ts';
import { type EntryParts, entryText } from '../entry.ts';
import { droppedEvent } from '../events.ts';
import type { DroppedCounts, EventClass } from '../types.ts';
import type { Producer } from './producer.ts';
import type { Spill } from './spill.ts';

/** Bytes that may wait for the writer on this road. */
const maxWaitingBytes = 4 * 1024 * 1024;
const reportIntervalMs = 1000;

/** What waits: how much it is, about, and its text, which most of them never need. */
type Load = { readonly bytes: number; readonly text: () => string };

const loadOf = (parts: EntryParts): Load => {
  const { ocsf } = parts;
  if (ocsf instanceof WrittenEvent) return { bytes: ocsf.maxBytes, text: () => entryText(parts) };
  const text = entryText(parts);
  return { bytes: text.length, text: () => text };
};

export type ForensicQueueOptions = {
  readonly producer: Pick<Producer, 'submit' | 'submitText'>;
  readonly spill: Spill;
  readonly clock: Clock;
  readonly isRefusing: () => boolean;
};

export class ForensicQueue {
  readonly #options: ForensicQueueOptions;
  #waitingBytes = 0;
  #total = { forensic: 0, telemetry: 0 };
  #reported: DroppedCounts = { forensic: 0, telemetry: 0 };
  #isDraining = false;
  #reportTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: ForensicQueueOptions) {
    this.#options = options;
  }

  get dropped(): DroppedCounts {
    return { ...this.#total };
  }

  /** Takes an event. Throws what `entryText` throws. */
  offer(parts: EntryParts): void {
    const load = loadOf(parts);
    const { spill, isRefusing } = this.#options;
    const isBehind = this.#waitingBytes + load.bytes > maxWaitingBytes || !spill.isEmpty;
    if (this.#isClosed) return this.lose(parts.class, 1);
    if (!isBehind && !isRefusing()) return this.#send(load, parts);
    spill.add(load.text(), parts.class);
    void this.drain();
  }

  /** Counts events that could not be kept. */
  lose(eventClass: EventClass, count: number): void {
    this.#total[eventClass === 'telemetry' ? 'telemetry' : 'forensic'] += count;
    if (this.#isClosed) return;
    this.#reportTimer ??= setTimeout(() => {
      this.#reportTimer = undefined;
      this.reportLosses();
    }, reportIntervalMs).unref();
  }

  /** Appends what was dropped since the last report. */
  reportLosses(): void {
    const { producer, clock, isRefusing } = this.#options;
    const dropped = {
      forensic: this.#total.forensic - this.#reported.forensic,
      telemetry: this.#total.telemetry - this.#reported.telemetry,
    };
    if (dropped.forensic + dropped.telemetry === 0 || isRefusing()) return;
    const before = this.#reported;
    this.#reported = { ...this.#total };
    const ocsf = droppedEvent(clock.nowMs(), dropped);
    const refused = (): void => {
      this.#reported = before;
    };
    producer.submit({ class: 'forensic', ocsf }, { accepted: () => undefined, refused });
  }

  /** Moves spilled events to the writer as long as it takes them. */
  async drain(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      while (this.#canSend() && !this.#options.spill.isEmpty)
        for (const text of await this.#options.spill.take())
          this.#send({ bytes: text.length, text: () => text });
    } finally {
      this.#isDraining = false;
    }
  }

  /** Stops; what is spilled stays for the next start. */
  async close(): Promise<void> {
    clearTimeout(this.#reportTimer);
    await this.drain();
    this.reportLosses();
    this.#isClosed = true;
  }

  #canSend(): boolean {
    return this.#waitingBytes <= maxWaitingBytes / 2 && !this.#options.isRefusing();
  }

  #send(load: Load, parts?: EntryParts): void {
    const { producer, spill } = this.#options;
    this.#waitingBytes += load.bytes;
    const accepted = (): void => {
      this.#waitingBytes -= load.bytes;
      if (!spill.isEmpty) void this.drain();
    };
    const refused = (): void => {
      this.#waitingBytes -= load.bytes;
      const text = load.text();
      const eventClass = text.startsWith('{"v":1,"class":"telemetry"') ? 'telemetry' : 'forensic';
      if (this.#isClosed) this.lose(eventClass, 1);
      else spill.add(text, eventClass);
    };
    const item = { accepted, refused, isPatient: true };
    if (parts?.ocsf instanceof WrittenEvent) producer.submit(parts, item);
    else if (parts === undefined) producer.submitText(load.text(), item);
    else producer.submitText(load.text(), { ...item, parts });
  }
}
