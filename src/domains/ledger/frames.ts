/**
 * Collects entries as frames in one growing buffer that is then handed to the writer's thread
 * without copying. Checksums are filled in by the writer.
 */
import type { WrittenEvent } from '../../engines/ocsf/index.ts';
import { frameHeaderBytes, putFrameLength } from './writer/segment.ts';

const encoder = new TextEncoder();
const initialBytes = 8 * 1024;
/** A UTF-16 unit becomes at most three bytes. */
const maxUnitBytes = 3;

/** Parts of one entry, in their order. */
export type EntryPieces = {
  readonly before: Uint8Array;
  readonly event: Pick<WrittenEvent, 'maxBytes' | 'encodeInto'>;
  readonly after: string;
};

export class FrameBuffer {
  #bytes: Uint8Array<ArrayBuffer>;
  #end = 0;
  #count = 0;

  /** @param expectedBytes what the last buffer needed */
  constructor(expectedBytes = 0) {
    this.#bytes = new Uint8Array(initialBytes + Math.ceil(expectedBytes * 1.1));
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#end;
  }

  /** Appends one entry and returns the bytes it took. */
  add(text: string): number {
    const start = this.#end + frameHeaderBytes;
    this.#reserve(start + text.length * maxUnitBytes);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(start));
    return this.#close(written);
  }

  /** As `add`, from pieces; undefined, and nothing is added, when they exceed `maxBytes`. */
  addPieces({ before, event, after }: EntryPieces, maxBytes: number): number | undefined {
    const start = this.#end + frameHeaderBytes;
    this.#reserve(start + before.length + event.maxBytes + after.length * maxUnitBytes);
    this.#bytes.set(before, start);
    let end = event.encodeInto(this.#bytes, start + before.length);
    if (after.length === 1) this.#bytes[end++] = after.charCodeAt(0);
    else end += encoder.encodeInto(after, this.#bytes.subarray(end)).written;
    return end - start > maxBytes ? undefined : this.#close(end - start);
  }

  /** The frames; the buffer behind them may be transferred, so this object ends here. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#end);
  }

  /** Ends the frame whose payload of so many bytes was just written. */
  #close(payloadBytes: number): number {
    putFrameLength(this.#bytes, this.#end, payloadBytes);
    this.#end += frameHeaderBytes + payloadBytes;
    this.#count += 1;
    return frameHeaderBytes + payloadBytes;
  }

  #reserve(needed: number): void {
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}
