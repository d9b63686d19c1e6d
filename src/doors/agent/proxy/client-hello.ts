/**
 * Which key shares a TLS client offers (RFC 8446 section 4.1.2), read from its first bytes before
 * OpenSSL sees them. Only for counting and never for trusting; bounded, total.
 */

export type ClientHello = { readonly keyShares: readonly number[] };

/** X25519MLKEM768. */
export const hybridGroup = 0x11ec;
/** Most bytes a hello may have; more is left to OpenSSL to judge. */
export const maxHelloBytes = 16_384;

const recordHeader = 5;
const handshakeRecord = 22;
const clientHelloType = 1;
const keyShareExtension = 51;

class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get left(): number {
    return this.#bytes.length - this.#at;
  }
  number(size: number): number {
    let value = 0;
    for (const byte of this.take(size)) value = value * 256 + byte;
    return value;
  }
  /** Fewer bytes than asked for at the end; then `isShort`. */
  take(size: number): Uint8Array {
    if (size > this.left) throw new RangeError('cut off');
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
  /** What follows a length of `size` bytes. */
  inside(size: number): Cursor {
    return new Cursor(this.take(this.number(size)));
  }
}

/** Joins the contents of handshake records; undefined when they are not whole yet. */
const handshakeBytes = (bytes: Uint8Array): Uint8Array | 'incomplete' | 'other' => {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let at = 0; ; ) {
    if (bytes.length < at + recordHeader) return 'incomplete';
    if (bytes[at] !== handshakeRecord) return 'other';
    const length = (bytes[at + 3] as number) * 256 + (bytes[at + 4] as number);
    if (length === 0) return 'other';
    if (bytes.length < at + recordHeader + length) return 'incomplete';
    parts.push(bytes.subarray(at + recordHeader, at + recordHeader + length));
    size += length;
    at += recordHeader + length;
    const whole = Buffer.concat(parts, size);
    if (size >= 4 && size >= 4 + whole.readUIntBE(1, 3)) return whole;
  }
};

const keySharesIn = (extensions: Cursor): readonly number[] => {
  const shares: number[] = [];
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const body = extensions.inside(2);
    if (type !== keyShareExtension) continue;
    const list = body.inside(2);
    while (list.left > 0) {
      shares.push(list.number(2));
      list.inside(2);
    }
  }
  return shares;
};

/** `incomplete`: more bytes are needed. `other`: this is no ClientHello we understand. */
export const readClientHello = (bytes: Uint8Array): ClientHello | 'incomplete' | 'other' => {
  const handshake = handshakeBytes(bytes);
  if (typeof handshake === 'string')
    return handshake === 'incomplete' && bytes.length >= maxHelloBytes ? 'other' : handshake;
  try {
    const outer = new Cursor(handshake);
    if (outer.number(1) !== clientHelloType) return 'other';
    const hello = outer.inside(3);
    hello.take(2 + 32);
    hello.inside(1);
    hello.inside(2);
    hello.inside(1);
    return { keyShares: hello.left === 0 ? [] : keySharesIn(hello.inside(2)) };
  } catch (error) {
    if (error instanceof RangeError) return 'other';
    throw error;
  }
};
