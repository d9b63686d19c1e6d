/**
 * Bounded cursor over hostile bytes. Every read is checked against the end; a read that does not
 * fit throws E_MALFORMED with the absolute offset, and `parseBytes` turns that into a refusal.
 */
import { isRefusal, kernelErrors, type Refusal, refuse, SallyportError } from './errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The error every reader of hostile bytes throws inside and `parseBytes` catches outside. */
export const malformedAt = (what: string, offset: number): SallyportError =>
  new SallyportError(kernelErrors.E_MALFORMED, `${what} at byte ${offset}`, { data: { offset } });

/**
 * Reads big-endian numbers (`…le` for little-endian) and byte strings in order. Returned byte
 * strings are views of the input, not copies.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = Math.min(end, bytes.length);
    this.#at = start;
  }

  /** Absolute offset of the next byte in the outermost input. */
  get offset(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** Throws E_MALFORMED naming the current offset. */
  fail(what: string): never {
    throw malformedAt(what, this.#at);
  }

  #take(count: number, what: string): number {
    if (!(count >= 0 && count <= this.#end - this.#at))
      throw malformedAt(`${what}: ${count} bytes wanted, ${this.#end - this.#at} left`, this.#at);
    const at = this.#at;
    this.#at = at + count;
    return at;
  }

  /** The next byte without consuming it; undefined at the end. */
  peekU8(): number | undefined {
    return this.#at < this.#end ? this.#bytes[this.#at] : undefined;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1, 'u8'));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2, 'u16'));
  }

  u16le(): number {
    return this.#view.getUint16(this.#take(2, 'u16le'), true);
  }

  u24(): number {
    const at = this.#take(3, 'u24');
    return this.#view.getUint16(at) * 0x100 + this.#view.getUint8(at + 2);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4, 'u32'));
  }

  u32le(): number {
    return this.#view.getUint32(this.#take(4, 'u32le'), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8, 'u64'));
  }

  u64le(): bigint {
    return this.#view.getBigUint64(this.#take(8, 'u64le'), true);
  }

  /** A 64-bit number that must fit a safe integer. */
  size64(): number {
    const at = this.#at;
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformedAt('64-bit size too large', at);
    return Number(value);
  }

  /** Little-endian twin of `size64`. */
  size64le(): number {
    const at = this.#at;
    const value = this.u64le();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformedAt('64-bit size too large', at);
    return Number(value);
  }

  f32le(): number {
    return this.#view.getFloat32(this.#take(4, 'f32le'), true);
  }

  f64le(): number {
    return this.#view.getFloat64(this.#take(8, 'f64le'), true);
  }

  /** A view of the next `count` bytes. */
  bytes(count: number, what = 'bytes'): Uint8Array {
    const at = this.#take(count, what);
    return this.#bytes.subarray(at, at + count);
  }

  /** Everything that is left. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  skip(count: number): void {
    this.#take(count, 'skip');
  }

  /** `count` bytes of valid UTF-8 (a byte order mark is kept as a character). */
  utf8(count: number): string {
    const at = this.#at;
    const bytes = this.bytes(count, 'text');
    try {
      return utf8.decode(bytes);
    } catch {
      throw malformedAt('invalid UTF-8', at);
    }
  }

  /** u8 length, then that many bytes. */
  vector8(maxBytes = 0xff): Uint8Array {
    return this.#vector(this.u8(), maxBytes);
  }

  /** u16 big-endian length, then that many bytes. */
  vector16(maxBytes = 0xffff): Uint8Array {
    return this.#vector(this.u16(), maxBytes);
  }

  /** u32 big-endian length, then that many bytes. */
  vector32(maxBytes: number): Uint8Array {
    return this.#vector(this.u32(), maxBytes);
  }

  #vector(length: number, maxBytes: number): Uint8Array {
    if (length > maxBytes) this.fail(`vector of ${length} bytes exceeds ${maxBytes}`);
    return this.bytes(length, 'vector');
  }

  /** A reader over the next `count` bytes; its offsets stay absolute. */
  sub(count: number): ByteReader {
    const at = this.#take(count, 'block');
    return new ByteReader(this.#bytes, at, at + count);
  }

  /** Throws unless everything was consumed. */
  expectEnd(): void {
    if (this.remaining > 0) this.fail(`${this.remaining} bytes too many`);
  }
}

/**
 * Runs a parser so that E_MALFORMED inside becomes a refusal; other errors are defects and pass
 * through.
 */
export const catchMalformed = <T>(parse: () => T | Refusal, what: string): T | Refusal => {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SallyportError && error.code === 'E_MALFORMED')
      return refuse(kernelErrors.E_MALFORMED, `${what}: ${error.message}`, error.data);
    throw error;
  }
};

/** Parses the whole input: refuses inputs above `maxBytes`, malformed ones and left-over bytes. */
export const parseBytes = <T>(
  bytes: Uint8Array,
  parse: (reader: ByteReader) => T | Refusal,
  options: { readonly what: string; readonly maxBytes?: number },
): T | Refusal => {
  if (bytes.length > (options.maxBytes ?? Number.POSITIVE_INFINITY))
    return refuse(
      kernelErrors.E_MALFORMED,
      `${options.what}: ${bytes.length} bytes exceed ${options.maxBytes}`,
    );
  return catchMalformed(() => {
    const reader = new ByteReader(bytes);
    const value = parse(reader);
    if (!isRefusal(value)) reader.expectEnd();
    return value;
  }, options.what);
};
