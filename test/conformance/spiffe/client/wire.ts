/**
 * Protocol Buffers by hand, written from the encoding alone: the suite must not share a single line
 * with the server it judges. Reads hostile answers: bounded, throws Error on malformed bytes.
 */

export type WireField = {
  readonly number: number;
  /** 0 varint, 1 fixed 64, 2 length-delimited, 5 fixed 32. */
  readonly wireType: number;
  readonly varint: bigint;
  readonly bytes: Buffer;
};

const varintBytes = (value: number | bigint): Buffer => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
};

/** A varint field; zero is left out, as proto3 does. */
export const varintField = (number: number, value: number | bigint): Buffer =>
  value === 0 || value === 0n
    ? Buffer.alloc(0)
    : Buffer.concat([varintBytes(number << 3), varintBytes(value)]);

/** A length-delimited field, also when empty. */
export const bytesField = (number: number, value: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([varintBytes((number << 3) | 2), varintBytes(bytes.length), bytes]);
};

export const message = (...fields: readonly Buffer[]): Buffer => Buffer.concat(fields);

const readVarint = (bytes: Buffer, at: number): { value: bigint; next: number } => {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw new Error(`varint ends early at ${at}`);
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: at + i + 1 };
  }
  throw new Error(`varint is too long at ${at}`);
};

const lengthOf = (bytes: Buffer, wireType: number, at: number): { size: number; start: number } => {
  if (wireType === 1) return { size: 8, start: at };
  if (wireType === 5) return { size: 4, start: at };
  if (wireType !== 2) throw new Error(`unknown wire type ${wireType} at ${at}`);
  const { value, next } = readVarint(bytes, at);
  return { size: Number(value), start: next };
};

/** All fields of a message in their order. */
export const readFields = (bytes: Buffer): readonly WireField[] => {
  const fields: WireField[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    const number = Number(tag.value >> 3n);
    const wireType = Number(tag.value & 7n);
    if (number < 1) throw new Error(`field number 0 at ${at}`);
    if (wireType === 0) {
      const { value, next } = readVarint(bytes, tag.next);
      fields.push({ number, wireType, varint: value, bytes: Buffer.alloc(0) });
      at = next;
      continue;
    }
    const { size, start } = lengthOf(bytes, wireType, tag.next);
    if (!(start + size <= bytes.length)) throw new Error(`field ${number} ends early at ${at}`);
    fields.push({ number, wireType, varint: 0n, bytes: bytes.subarray(start, start + size) });
    at = start + size;
  }
  return fields;
};

const delimited = (fields: readonly WireField[], number: number): readonly Buffer[] =>
  fields
    .filter((field) => field.number === number)
    .map(({ wireType, bytes }) => {
      if (wireType !== 2) throw new Error(`field ${number} has wire type ${wireType}`);
      return bytes;
    });

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The typed fields of one message. */
export const reader = (bytes: Buffer) => {
  const fields = readFields(bytes);
  const one = (number: number): Buffer => delimited(fields, number).at(-1) ?? Buffer.alloc(0);
  return {
    bytes: one,
    text: (number: number): string => utf8.decode(one(number)),
    all: (number: number): readonly Buffer[] => delimited(fields, number),
    texts: (number: number): readonly string[] =>
      delimited(fields, number).map((item) => utf8.decode(item)),
    has: (number: number): boolean => fields.some((field) => field.number === number),
    double: (number: number): number | undefined =>
      fields.find((field) => field.number === number && field.wireType === 1)?.bytes.readDoubleLE(),
    varint: (number: number): bigint | undefined =>
      fields.findLast((field) => field.number === number && field.wireType === 0)?.varint,
    /** A `map<string, …>` with length-delimited values. */
    map: (number: number): ReadonlyMap<string, Buffer> =>
      new Map(
        delimited(fields, number).map((entry) => {
          const parts = readFields(entry);
          const key = delimited(parts, 1).at(-1) ?? Buffer.alloc(0);
          return [utf8.decode(key), delimited(parts, 2).at(-1) ?? Buffer.alloc(0)];
        }),
      ),
  };
};
