/**
 * Writers of DER (X.690): each function gives the whole element as bytes, nested by passing results
 * on. They serve our own structures, so bad arguments are defects and throw RangeError.
 */
import { contextPrimitiveTag, contextTag, derTags } from './der-tags.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const concat = (parts: readonly Uint8Array[]): Bytes => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** Big-endian octets of a number without leading zeroes; at least one. */
const octetsOf = (value: number): readonly number[] => {
  const octets = [value % 256];
  for (let rest = Math.floor(value / 256); rest > 0; rest = Math.floor(rest / 256))
    octets.unshift(rest % 256);
  return octets;
};

/** An element of any tag (see der-tags.ts) over the concatenated parts. */
export const derElement = (tag: number, ...parts: readonly Uint8Array[]): Bytes => {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const lengthOctets = length < 0x80 ? [length] : octetsOf(length);
  const prefix = length < 0x80 ? [] : [0x80 + lengthOctets.length];
  return concat([Uint8Array.from([...octetsOf(tag), ...prefix, ...lengthOctets]), ...parts]);
};

export const derSequence = (...elements: readonly Uint8Array[]): Bytes =>
  derElement(derTags.sequence, ...elements);

/** SET OF: sorts the elements as DER asks (X.690 section 11.6). */
export const derSetOf = (...elements: readonly Uint8Array[]): Bytes =>
  derElement(derTags.set, ...elements.toSorted((left, right) => Buffer.compare(left, right)));

/** INTEGER from a number or bigint of either sign. */
export const derInteger = (value: number | bigint, tag: number = derTags.integer): Bytes => {
  const integer = BigInt(value);
  let size = 1;
  while (BigInt.asIntN(size * 8, integer) !== integer) size++;
  const hex = BigInt.asUintN(size * 8, integer)
    .toString(16)
    .padStart(size * 2, '0');
  return derElement(tag, Buffer.from(hex, 'hex'));
};

/** INTEGER from unsigned big-endian octets, such as a random serial number. */
export const derUnsignedInteger = (magnitude: Uint8Array): Bytes => {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const octets = magnitude.subarray(start);
  const needsZero = octets.length === 0 || (octets[0] as number) >= 0x80;
  return derElement(derTags.integer, ...(needsZero ? [Uint8Array.of(0)] : []), octets);
};

export const derBoolean = (value: boolean): Bytes =>
  derElement(derTags.boolean, Uint8Array.of(value ? 0xff : 0));

export const derNull = (): Bytes => derElement(derTags.null);

const base128 = (value: bigint): readonly number[] => {
  const octets = [Number(value & 0x7fn)];
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return octets;
};

/** OBJECT IDENTIFIER from its dotted form. */
export const derOid = (dotted: string, tag: number = derTags.oid): Bytes => {
  if (!/^[0-2](\.(0|[1-9]\d{0,38}))+$/.test(dotted)) throw new RangeError(`bad OID ${dotted}`);
  const [root = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  if (root < 2n && second > 39n) throw new RangeError(`bad OID ${dotted}`);
  const octets = [root * 40n + second, ...rest].flatMap(base128);
  return derElement(tag, Uint8Array.from(octets));
};

/** BIT STRING whose last octet leaves `unusedBits` bits unused; those must be zero. */
export const derBitString = (bytes: Uint8Array, unusedBits = 0): Bytes => {
  const last = bytes[bytes.length - 1] ?? 0;
  const isWhole = unusedBits >= 0 && unusedBits < (bytes.length === 0 ? 1 : 8);
  if (!isWhole || (last & ((1 << unusedBits) - 1)) !== 0)
    throw new RangeError('unused bits of a BIT STRING must be zero');
  return derElement(derTags.bitString, Uint8Array.of(unusedBits), bytes);
};

/** Named-bit list such as KeyUsage: bit numbers that are set; trailing zeroes are cut. */
export const derNamedBits = (bits: readonly number[]): Bytes => {
  if (bits.length === 0) return derBitString(new Uint8Array(0));
  const highest = Math.max(...bits);
  const bytes = new Uint8Array(Math.floor(highest / 8) + 1);
  for (const bit of bits) {
    const at = Math.floor(bit / 8);
    bytes[at] = (bytes[at] as number) | (0x80 >> (bit % 8));
  }
  return derBitString(bytes, 7 - (highest % 8));
};

export const derOctetString = (bytes: Uint8Array, tag: number = derTags.octetString): Bytes =>
  derElement(tag, bytes);

export const derUtf8String = (text: string): Bytes =>
  derElement(derTags.utf8String, Buffer.from(text));

export const derPrintableString = (text: string): Bytes => {
  if (!/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text)) throw new RangeError('not a PrintableString');
  return derElement(derTags.printableString, Buffer.from(text));
};

/** IA5String, or an IMPLICIT one under `tag` (URI and DNS names of subjectAltName). */
export const derIa5String = (text: string, tag: number = derTags.ia5String): Bytes => {
  const bytes = Buffer.from(text);
  if (bytes.some((octet) => octet > 0x7f)) throw new RangeError('not an IA5String');
  return derElement(tag, bytes);
};

const timeDigits = (timeMs: number): string => {
  const seconds = Math.floor(timeMs / 1000) * 1000;
  return new Date(seconds).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
};

/** UTCTime of epoch milliseconds, 1950 to 2049; fractions of a second are cut. */
export const derUtcTime = (timeMs: number): Bytes => {
  const year = new Date(timeMs).getUTCFullYear();
  if (!(year >= 1950 && year < 2050)) throw new RangeError('UTCTime holds 1950 to 2049');
  return derElement(derTags.utcTime, Buffer.from(`${timeDigits(timeMs).slice(2)}Z`));
};

/** GeneralizedTime of epoch milliseconds, years 0 to 9999; fractions of a second are cut. */
export const derGeneralizedTime = (timeMs: number): Bytes => {
  const year = new Date(timeMs).getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw new RangeError('GeneralizedTime holds years 0 to 9999');
  return derElement(derTags.generalizedTime, Buffer.from(`${timeDigits(timeMs)}Z`));
};

/** The form RFC 5280 section 4.1.2.5 asks for: UTCTime through 2049, GeneralizedTime after. */
export const derTime = (timeMs: number): Bytes =>
  new Date(timeMs).getUTCFullYear() < 2050 ? derUtcTime(timeMs) : derGeneralizedTime(timeMs);

/** `[number] EXPLICIT` (or IMPLICIT over a constructed type) over whole elements. */
export const derContext = (number: number, ...elements: readonly Uint8Array[]): Bytes =>
  derElement(contextTag(number), ...elements);

/** `[number] IMPLICIT` over the contents octets of a primitive type. */
export const derContextPrimitive = (number: number, contents: Uint8Array): Bytes =>
  derElement(contextPrimitiveTag(number), contents);
