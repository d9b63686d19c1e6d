/**
 * Entries that the writer is too slow for, kept on disk until it has caught up: frames as in the
 * write-ahead log, bounded in bytes, first in, first out. Best effort: nothing here was ever
 * acknowledged. What a crash leaves behind is appended at the next start, possibly a second time.
 */
import { open, type FileHandle } from 'node:fs/promises';
import type { EventClass } from '../types.ts';
import { FrameBuffer } from '../frames.ts';
import { scanFrames, sealFrames } from '../writer/segment.ts';

const readBytes = 512 * 1024;

export type SpillOptions = {
  readonly path: string;
  readonly maxBytes: number;
  /** Entries that could not be kept. */
  readonly onLost: (eventClass: EventClass, count: number) => void;
};

export class Spill {
  readonly #options: SpillOptions;
  #handle: FileHandle | undefined;
  #readAt = 0;
  #writeAt = 0;
  #frames = new FrameBuffer();
  #classes: EventClass[] = [];
  #work: Promise<void> = Promise.resolve();
  #isScheduled = false;
  #writingBytes = 0;

  constructor(options: SpillOptions) {
    this.#options = options;
  }

  /** Finds what an earlier run left behind. */
  async open(): Promise<void> {
    this.#handle = await open(this.#options.path, 'a+', 0o600);
    this.#writeAt = (await this.#handle.stat()).size;
  }

  get isEmpty(): boolean {
    return this.#heldBytes === 0;
  }

  /** Keeps one entry, or reports it lost. */
  add(text: string, eventClass: EventClass): void {
    const { maxBytes, onLost } = this.#options;
    if (this.#heldBytes + text.length > maxBytes) return onLost(eventClass, 1);
    this.#frames.add(text);
    this.#classes.push(eventClass);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#enqueue(() => this.#write());
  }

  /** The oldest entries, at least one when there is any, and forgets them. */
  take(): Promise<readonly string[]> {
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    this.#enqueue(async () => resolve(await this.#read().catch(() => [])));
    return promise;
  }

  async close(): Promise<void> {
    await this.#work;
    await this.#handle?.close();
    this.#handle = undefined;
  }

  #enqueue(step: () => Promise<void>): void {
    this.#work = this.#work.then(step, step);
  }

  get #heldBytes(): number {
    return this.#writeAt - this.#readAt + this.#writingBytes + this.#frames.sizeBytes;
  }

  async #write(): Promise<void> {
    this.#isScheduled = false;
    const classes = this.#classes;
    const bytes = this.#frames.finish();
    this.#frames = new FrameBuffer();
    this.#classes = [];
    sealFrames(bytes);
    this.#writingBytes = bytes.length;
    try {
      if (this.#handle === undefined) throw new Error('the spill file is not open');
      await this.#handle.appendFile(bytes);
      this.#writeAt += bytes.length;
    } catch {
      await this.#handle?.truncate(this.#writeAt).catch(() => undefined);
      for (const eventClass of classes) this.#options.onLost(eventClass, 1);
    } finally {
      this.#writingBytes = 0;
    }
  }

  async #read(): Promise<readonly string[]> {
    if (this.#handle === undefined || this.#readAt === this.#writeAt) return [];
    const buffer = new Uint8Array(Math.min(readBytes, this.#writeAt - this.#readAt));
    const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, this.#readAt);
    const scan = scanFrames(buffer.subarray(0, bytesRead), 0);
    this.#readAt += scan.end;
    // Nothing readable is left: a torn tail of an earlier run, or damage.
    if (scan.payloads.length === 0) this.#readAt = this.#writeAt;
    if (this.#readAt === this.#writeAt) {
      await this.#handle.truncate(0);
      this.#readAt = 0;
      this.#writeAt = 0;
    }
    return scan.payloads.map((payload) => Buffer.from(payload).toString());
  }
}
