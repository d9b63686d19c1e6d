/** Decoders of DER contents octets (X.690 sections 8 and 11). They throw through `fail`. */
import { derTags } from './der-tags.ts';

/** Throws E_MALFORMED; what it says is completed with the place by the reader. */
export type Fail = (what: string) => never;

export type BitString = { readonly unusedBits: number; readonly bytes: Uint8Array };

/** Enough for RSA moduli of 16,384 bits; a bound on the cost of making a bigint. */
const maxIntegerBytes = 2049;
const maxOidBytes = 256;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16be = new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true });
const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/;

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Refuses empty integers and needless leading octets. */
export const checkInteger = (contents: Uint8Array, fail: Fail): Uint8Array => {
  const [first, second] = contents;
  if (first === undefined) return fail('empty INTEGER');
  if (second !== undefined && (first === 0 || first === 0xff) && first >> 7 === second >> 7)
    return fail('INTEGER is not minimal');
  return contents;
};

export const decodeInteger = (contents: Uint8Array, fail: Fail): bigint => {
  checkInteger(contents, fail);
  if (contents.length > maxIntegerBytes) return fail(`INTEGER exceeds ${maxIntegerBytes} bytes`);
  const magnitude = BigInt(`0x${asBuffer(contents).toString('hex')}`);
  return BigInt.asIntN(contents.length * 8, magnitude);
};

export const decodeBoolean = (contents: Uint8Array, fail: Fail): boolean => {
  const [value] = contents;
  if (contents.length !== 1 || (value !== 0 && value !== 0xff)) return fail('bad BOOLEAN');
  return value === 0xff;
};

export const decodeBitString = (contents: Uint8Array, fail: Fail): BitString => {
  const [unusedBits] = contents;
  if (unusedBits === undefined || unusedBits > 7) return fail('bad BIT STRING');
  const bytes = contents.subarray(1);
  const last = bytes[bytes.length - 1];
  if (last === undefined && unusedBits > 0) return fail('bad BIT STRING');
  if (((last ?? 0) & ((1 << unusedBits) - 1)) !== 0) return fail('unused bits are not zero');
  return { unusedBits, bytes };
};

/** Dotted decimal form of an OBJECT IDENTIFIER. */
export const decodeOid = (contents: Uint8Array, fail: Fail): string => {
  if (contents.length === 0 || contents.length > maxOidBytes) return fail('bad length of OID');
  if ((contents[contents.length - 1] as number) >= 0x80) return fail('OID ends inside a number');
  const arcs: string[] = [];
  for (let start = 0; start < contents.length; ) {
    if (contents[start] === 0x80) return fail('OID is not minimal');
    let end = start;
    while ((contents[end] as number) >= 0x80) end++;
    arcs.push(...arcText(contents.subarray(start, end + 1), start === 0));
    start = end + 1;
  }
  return arcs.join('.');
};

const arcText = (octets: Uint8Array, isFirst: boolean): string[] => {
  let value = 0n;
  // Seven octets fit a double exactly; longer arcs (2.25 UUIDs) take the slow way.
  if (octets.length <= 7)
    value = BigInt(octets.reduce((sum, octet) => sum * 128 + (octet & 0x7f), 0));
  else for (const octet of octets) value = (value << 7n) | BigInt(octet & 0x7f);
  if (!isFirst) return [value.toString()];
  const root = value < 80n ? value / 40n : 2n;
  return [root.toString(), (value - root * 40n).toString()];
};

/** Text of any string type of X.509 names; the alphabet of the type is enforced. */
export const decodeText = (tag: number, contents: Uint8Array, fail: Fail): string => {
  switch (tag) {
    case derTags.utf8String:
      return decodeUnicode(utf8, contents, fail);
    case derTags.bmpString:
      return decodeUnicode(utf16be, contents, fail);
    case derTags.teletexString:
      return asBuffer(contents).toString('latin1');
    case derTags.printableString: {
      const text = asBuffer(contents).toString('latin1');
      return printable.test(text) ? text : fail('bad PrintableString');
    }
    case derTags.ia5String:
    case derTags.visibleString:
    case derTags.numericString:
      return contents.some((octet) => octet > 0x7f)
        ? fail('string is not ASCII')
        : asBuffer(contents).toString('latin1');
    default:
      return fail('not a string type');
  }
};

const decodeUnicode = (decoder: TextDecoder, contents: Uint8Array, fail: Fail): string => {
  try {
    return decoder.decode(contents);
  } catch {
    return fail('string is not valid Unicode');
  }
};

/** Epoch milliseconds of a UTCTime or GeneralizedTime in the form of RFC 5280 section 4.1.2.5. */
export const decodeTime = (tag: number, contents: Uint8Array, fail: Fail): number => {
  const isShort = tag === derTags.utcTime;
  const text = asBuffer(contents).toString('latin1');
  if (!(isShort ? /^\d{12}Z$/ : /^\d{14}Z$/).test(text)) return fail('bad time');
  const yearDigits = isShort ? 2 : 4;
  const year = Number(text.slice(0, yearDigits));
  const part = (at: number): number =>
    Number(text.slice(yearDigits + 2 * at, yearDigits + 2 * at + 2));
  const fullYear = isShort ? year + (year < 50 ? 2000 : 1900) : year;
  const timeMs = Date.UTC(fullYear, part(0) - 1, part(1), part(2), part(3), part(4));
  const back = new Date(timeMs);
  const isReal =
    back.getUTCFullYear() === fullYear &&
    back.getUTCMonth() === part(0) - 1 &&
    back.getUTCDate() === part(1) &&
    part(2) < 24 &&
    part(3) < 60 &&
    part(4) < 60;
  return isReal ? timeMs : fail('time is not in the calendar');
};
