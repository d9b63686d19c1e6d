/**
 * Collects entries as frames in one growing buffer that is then handed to the writer's thread
 * without copying. Checksums are filled in by the writer.
 */
import { frameHeaderBytes, putFrameLength } from './writer/segment.ts';

const encoder = new TextEncoder();
const initialBytes = 8 * 1024;

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
    // A UTF-16 unit becomes at most three bytes.
    if (start + text.length * 3 > this.#bytes.length) this.#grow(start + text.length * 3);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(start));
    putFrameLength(this.#bytes, this.#end, written);
    this.#end = start + written;
    this.#count += 1;
    return frameHeaderBytes + written;
  }

  /** The frames; the buffer behind them may be transferred, so this object ends here. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#end);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}
