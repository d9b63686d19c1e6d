/** The entry bundle being filled: u16be length ‖ entry, up to 256 times, in one growing buffer. */

const initialBytes = 64 * 1024;
const lengthBytes = 2;

export class Bundle {
  readonly index: number;
  #bytes: Uint8Array<ArrayBuffer>;
  /** Where each entry ends; the width is its length. */
  readonly #ends: number[] = [];

  /** @param expectedBytes what the bundle before needed */
  constructor(index: number, expectedBytes: number = initialBytes) {
    this.index = index;
    this.#bytes = new Uint8Array(Math.max(initialBytes, expectedBytes));
  }

  get width(): number {
    return this.#ends.length;
  }

  /** Copies one entry in. */
  add(entry: Uint8Array): void {
    const at = this.#ends.at(-1) ?? 0;
    const end = at + lengthBytes + entry.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes[at] = entry.length >>> 8;
    this.#bytes[at + 1] = entry.length & 0xff;
    this.#bytes.set(entry, at + lengthBytes);
    this.#ends.push(end);
  }

  /** The bundle as bytes: a view that later entries do not change, but that ends with the bundle. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#ends.at(-1) ?? 0);
  }

  /** A copy of one entry. */
  entry(position: number): Uint8Array | undefined {
    const end = this.#ends[position];
    if (end === undefined) return undefined;
    const start = position === 0 ? 0 : (this.#ends[position - 1] ?? 0);
    return this.#bytes.slice(start + lengthBytes, end);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
