/**
 * Bounded CBOR decoder (RFC 8949). Refuses invalid UTF-8, duplicate keys and left-over bytes always;
 * in deterministic mode also indefinite lengths, unsorted keys and every form that is not the
 * shortest (section 4.2.1). Total: returns a value or a refusal, never throws.
 */
import { ByteReader, catchMalformed, malformedAt } from './byte-reader.ts';
import { encodeCbor } from './cbor-encode.ts';
import type { CborValue } from './cbor-value.ts';
import { kernelErrors, type Refusal, refuse } from './errors.ts';

export type CborOptions = {
  /** Require the core deterministic encoding of section 4.2.1. Default true. */
  readonly deterministic?: boolean;
  /** Length of the input. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Nested arrays, maps and tags. Default 32. */
  readonly maxDepth?: number;
  /** Data items in the whole input. Default 100,000. */
  readonly maxItems?: number;
};

type Decoder = {
  readonly reader: ByteReader;
  readonly input: Uint8Array;
  readonly deterministic: boolean;
  readonly maxDepth: number;
  itemsLeft: number;
};

/** Initial byte with its argument; `argument` is undefined for indefinite lengths and "break". */
type Head = {
  readonly major: number;
  readonly info: number;
  readonly argument: number | bigint | undefined;
  readonly offset: number;
};

const breakByte = 0xff;

/** Decodes exactly one data item that fills the input. */
export const decodeCbor = (input: Uint8Array, options: CborOptions = {}): CborValue | Refusal => {
  const decoded = decodeCborPrefix(input, options);
  if ('refused' in decoded) return decoded;
  if (decoded.length === input.length) return decoded.value;
  return refuse(kernelErrors.E_MALFORMED, `CBOR: bytes after the item at byte ${decoded.length}`);
};

/** Decodes the data item the input starts with and says how many bytes it took. */
export const decodeCborPrefix = (
  input: Uint8Array,
  options: CborOptions = {},
): { readonly value: CborValue; readonly length: number } | Refusal => {
  const { deterministic = true, maxBytes = 1024 * 1024, maxDepth = 32 } = options;
  if (input.length > maxBytes)
    return refuse(kernelErrors.E_MALFORMED, `CBOR: ${input.length} bytes exceed ${maxBytes}`);
  const reader = new ByteReader(input);
  const itemsLeft = options.maxItems ?? 100_000;
  const decoder: Decoder = { reader, input, deterministic, maxDepth, itemsLeft };
  return catchMalformed(() => {
    const value = readItem(decoder, 0);
    return { value, length: reader.offset };
  }, 'CBOR');
};

const readHead = (decoder: Decoder): Head => {
  const { reader } = decoder;
  const offset = reader.offset;
  const initial = reader.u8();
  const major = initial >> 5;
  const info = initial & 0x1f;
  if (info < 24) return { major, info, argument: info, offset };
  if (info === 31) {
    const isAllowed = major === 7 || (major > 1 && major < 6 && !decoder.deterministic);
    if (!isAllowed) throw malformedAt('indefinite length', offset);
    return { major, info, argument: undefined, offset };
  }
  const argument = readArgument(reader, info);
  const shortest = info === 24 ? 24 : info === 25 ? 0x100 : info === 26 ? 0x10000 : 0x1_0000_0000;
  // For major type 7 the bits are a float, whose shortest form is checked by value.
  if (decoder.deterministic && major !== 7 && argument < shortest)
    throw malformedAt('length or integer is not in its shortest form', offset);
  return { major, info, argument, offset };
};

const readArgument = (reader: ByteReader, info: number): number | bigint => {
  if (info === 24) return reader.u8();
  if (info === 25) return reader.u16();
  if (info === 26) return reader.u32();
  return info === 27 ? plain(reader.u64()) : reader.fail('reserved additional information');
};

/** A number when it is safe, otherwise the bigint. */
const plain = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

const readItem = (decoder: Decoder, depth: number): CborValue => {
  if (decoder.itemsLeft-- <= 0) decoder.reader.fail('too many items');
  if (depth > decoder.maxDepth) decoder.reader.fail('nesting too deep');
  return readBody(decoder, readHead(decoder), depth);
};

const readBody = (decoder: Decoder, head: Head, depth: number): CborValue => {
  switch (head.major) {
    case 0:
      return head.argument;
    case 1:
      return plain(-1n - BigInt(head.argument ?? 0));
    case 2:
      return readBytes(decoder, head);
    case 3:
      return readText(decoder, head);
    case 4:
      return readArray(decoder, head, depth);
    case 5:
      return readMap(decoder, head, depth);
    case 6:
      return { tag: head.argument ?? 0, value: readItem(decoder, depth + 1) };
    default:
      return readSimple(decoder, head);
  }
};

/** A count that is only believed while every counted item has at least one byte left. */
const countOf = (decoder: Decoder, head: Head, bytesEach: number): number => {
  const count = Number(head.argument);
  if (count * bytesEach > decoder.reader.remaining)
    throw malformedAt('length exceeds the input', head.offset);
  return count;
};

const atBreak = (reader: ByteReader): boolean => {
  if (reader.peekU8() !== breakByte) return false;
  reader.skip(1);
  return true;
};

/** Chunks of an indefinite-length string, each a definite string of the same major type. */
const readChunks = <T>(decoder: Decoder, major: number, read: (chunk: Head) => T): T[] => {
  const chunks: T[] = [];
  while (!atBreak(decoder.reader)) {
    if (decoder.itemsLeft-- <= 0) decoder.reader.fail('too many items');
    const chunk = readHead(decoder);
    if (chunk.major !== major || chunk.argument === undefined)
      throw malformedAt('bad chunk of an indefinite string', chunk.offset);
    chunks.push(read(chunk));
  }
  return chunks;
};

const readBytes = (decoder: Decoder, head: Head): Uint8Array => {
  if (head.argument !== undefined) return decoder.reader.bytes(countOf(decoder, head, 1));
  return new Uint8Array(
    Buffer.concat(readChunks(decoder, 2, (chunk) => readBytes(decoder, chunk))),
  );
};

const readText = (decoder: Decoder, head: Head): string => {
  if (head.argument !== undefined) return decoder.reader.utf8(countOf(decoder, head, 1));
  return readChunks(decoder, 3, (chunk) => readText(decoder, chunk)).join('');
};

const readArray = (decoder: Decoder, head: Head, depth: number): readonly CborValue[] => {
  const items: CborValue[] = [];
  if (head.argument === undefined) {
    while (!atBreak(decoder.reader)) items.push(readItem(decoder, depth + 1));
    return items;
  }
  const count = countOf(decoder, head, 1);
  for (let i = 0; i < count; i++) items.push(readItem(decoder, depth + 1));
  return items;
};

const readMap = (
  decoder: Decoder,
  head: Head,
  depth: number,
): ReadonlyMap<CborValue, CborValue> => {
  const map = new Map<CborValue, CborValue>();
  const seen = new Set<string>();
  let previous: Uint8Array | undefined;
  const count = head.argument === undefined ? Number.POSITIVE_INFINITY : countOf(decoder, head, 2);
  for (let i = 0; i < count; i++) {
    if (head.argument === undefined && atBreak(decoder.reader)) break;
    const start = decoder.reader.offset;
    const key = readItem(decoder, depth + 1);
    const encoded = decoder.input.subarray(start, decoder.reader.offset);
    if (decoder.deterministic) {
      if (previous !== undefined && Buffer.compare(previous, encoded) >= 0)
        throw malformedAt('map keys are not sorted or not unique', start);
      previous = encoded;
    } else rememberKey(seen, key, start);
    map.set(key, readItem(decoder, depth + 1));
  }
  return map;
};

/** Two spellings of one key are the same key, so keys are compared in their deterministic form. */
const rememberKey = (seen: Set<string>, key: CborValue, offset: number): void => {
  const name = Buffer.from(encodeCbor(key)).toString('latin1');
  if (seen.has(name)) throw malformedAt('duplicate map key', offset);
  seen.add(name);
};

const readSimple = (decoder: Decoder, head: Head): CborValue => {
  const { info, offset } = head;
  switch (info) {
    case 20:
      return false;
    case 21:
      return true;
    case 22:
      return null;
    case 23:
      return undefined;
    case 24:
      return Number(head.argument) < 32
        ? decoder.reader.fail('bad simple value')
        : { simple: Number(head.argument) };
    case 25:
    case 26:
    case 27:
      return readFloat(decoder, offset);
    case 31:
      throw malformedAt('unexpected break', offset);
    default:
      return { simple: info };
  }
};

const readFloat = (decoder: Decoder, offset: number): number => {
  const bytes = decoder.input.subarray(offset, decoder.reader.offset);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const value =
    bytes.length === 3
      ? view.getFloat16(1)
      : bytes.length === 5
        ? view.getFloat32(1)
        : view.getFloat64(1);
  if (decoder.deterministic && !isShortestFloat(value, bytes))
    throw malformedAt('float is not in its shortest form', offset);
  return value;
};

const isShortestFloat = (value: number, bytes: Uint8Array): boolean => {
  if (Number.isNaN(value)) return bytes.length === 3 && bytes[1] === 0x7e && bytes[2] === 0;
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat16(0, value);
  if (view.getFloat16(0) === value) return bytes.length === 3;
  return Math.fround(value) === value ? bytes.length === 5 : bytes.length === 9;
};
