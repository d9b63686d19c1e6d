/**
 * Reader of DER (X.690): definite minimal lengths, minimal tags, bounded depth. Reading is a walk
 * with a cursor; what does not fit throws E_MALFORMED with the absolute offset, and `parseDer` turns
 * that into a refusal. Byte strings are views of the input.
 */
import { catchMalformed, malformedAt } from './byte-reader.ts';
import { isRefusal, kernelErrors, type Refusal, refuse } from './errors.ts';
import { contextTag, derTags } from './der-tags.ts';
import {
  type BitString,
  checkInteger,
  decodeBitString,
  decodeBoolean,
  decodeInteger,
  decodeOid,
  decodeText,
  decodeTime,
  type Fail,
} from './der-values.ts';

export { contextPrimitiveTag, contextTag, derTags } from './der-tags.ts';
export type { BitString } from './der-values.ts';

/** One tag-length-value: `raw` is the whole of it, `offset` where it starts in the input. */
export type DerElement = {
  readonly tag: number;
  readonly contents: Uint8Array;
  readonly raw: Uint8Array;
  readonly offset: number;
};

export type DerLimits = {
  /** Default 1 MiB. */
  readonly maxBytes?: number;
  /** Nested constructed elements entered by the parser. Default 64. */
  readonly maxDepth?: number;
};

type Extent = { readonly start: number; readonly end: number; readonly depth: number };
type Header = { readonly tag: number; readonly contentsAt: number; readonly end: number };

const constructedBit = 0x20;

/** Walks through the elements of one constructed value. Made by `parseDer` and by `enter`. */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #depth: number;
  #at: number;

  constructor(bytes: Uint8Array, extent: Extent) {
    this.#bytes = bytes;
    this.#end = extent.end;
    this.#depth = extent.depth;
    this.#at = extent.start;
  }

  /** Absolute offset of the next element. */
  get offset(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** Throws E_MALFORMED naming the current offset. */
  fail(what: string): never {
    throw malformedAt(what, this.#at);
  }

  /** Throws unless every element was read. */
  expectEnd(): void {
    if (!this.isAtEnd) this.fail('unexpected element');
  }

  #octet(at: number): number {
    if (at >= this.#end) throw malformedAt('element is cut off', at);
    return this.#bytes[at] as number;
  }

  #header(): Header {
    let at = this.#at;
    let tag = this.#octet(at++);
    if ((tag & 0x1f) === 0x1f) {
      const start = at;
      do tag = tag * 256 + this.#octet(at);
      while (this.#octet(at++) >= 0x80 && at - start < 3);
      const isMinimal = this.#octet(start) > (at - start === 1 ? 30 : 0x80);
      if (!isMinimal || this.#octet(at - 1) >= 0x80) this.fail('bad high tag');
    }
    const first = this.#octet(at++);
    let length = first;
    if (first >= 0x80) {
      const count = first & 0x7f;
      if (count === 0 || count > 4) this.fail('indefinite or oversized length');
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + this.#octet(at++);
      if (length < 0x80 || length < 256 ** (count - 1)) this.fail('length is not minimal');
    }
    if (length > this.#end - at) this.fail(`element of ${length} bytes exceeds its container`);
    return { tag, contentsAt: at, end: at + length };
  }

  /** The tag of the next element without consuming it; undefined at the end. */
  peekTag(): number | undefined {
    return this.isAtEnd ? undefined : this.#header().tag;
  }

  /** The next element, whatever it is. */
  element(): DerElement {
    const offset = this.#at;
    const { tag, contentsAt, end } = this.#header();
    this.#at = end;
    return {
      tag,
      contents: this.#bytes.subarray(contentsAt, end),
      raw: this.#bytes.subarray(offset, end),
      offset,
    };
  }

  /** The next element, which must have this tag. */
  expect(tag: number): DerElement {
    const found = this.peekTag();
    if (found !== tag)
      this.fail(
        `tag 0x${tag.toString(16)} expected, ${found === undefined ? 'nothing' : `0x${found.toString(16)}`} found`,
      );
    return this.element();
  }

  /** The next element if it has this tag, otherwise undefined and nothing is consumed. */
  optional(tag: number): DerElement | undefined {
    return this.peekTag() === tag ? this.element() : undefined;
  }

  /** A reader over the contents of the next element, which must have this constructed tag. */
  enter(tag: number): DerReader {
    if (this.#depth <= 0) this.fail('nesting too deep');
    const offset = this.#at;
    const element = this.expect(tag);
    const leading = this.#bytes[offset] as number;
    if ((leading & constructedBit) === 0) throw malformedAt('primitive element entered', offset);
    const start = offset + element.raw.length - element.contents.length;
    return new DerReader(this.#bytes, {
      start,
      end: start + element.contents.length,
      depth: this.#depth - 1,
    });
  }

  /** `enter` when the next element has this tag, otherwise undefined. */
  optionalEnter(tag: number): DerReader | undefined {
    return this.peekTag() === tag ? this.enter(tag) : undefined;
  }

  sequence(): DerReader {
    return this.enter(derTags.sequence);
  }

  set(): DerReader {
    return this.enter(derTags.set);
  }

  /** The inside of `[number] EXPLICIT`. */
  explicit(number: number): DerReader {
    return this.enter(contextTag(number));
  }

  /** The inside of an optional `[number] EXPLICIT`. */
  optionalExplicit(number: number): DerReader | undefined {
    return this.optionalEnter(contextTag(number));
  }

  #value<T>(tag: number, decode: (contents: Uint8Array, fail: Fail) => T): T {
    const { contents, offset } = this.expect(tag);
    return decode(contents, (what) => {
      throw malformedAt(what, offset);
    });
  }

  boolean(tag: number = derTags.boolean): boolean {
    return this.#value(tag, decodeBoolean);
  }

  integer(tag: number = derTags.integer): bigint {
    return this.#value(tag, decodeInteger);
  }

  /** An INTEGER within the safe range of a number. */
  smallInteger(tag: number = derTags.integer): number {
    const at = this.#at;
    const value = Number(this.integer(tag));
    if (!Number.isSafeInteger(value)) throw malformedAt('INTEGER is too large', at);
    return value;
  }

  /** The two's complement octets of an INTEGER, checked to be minimal. */
  integerBytes(tag: number = derTags.integer): Uint8Array {
    return this.#value(tag, checkInteger);
  }

  enumerated(): number {
    return this.smallInteger(derTags.enumerated);
  }

  null(): void {
    if (this.expect(derTags.null).contents.length > 0) this.fail('NULL with contents');
  }

  oid(tag: number = derTags.oid): string {
    return this.#value(tag, decodeOid);
  }

  bitString(tag: number = derTags.bitString): BitString {
    return this.#value(tag, decodeBitString);
  }

  octetString(tag: number = derTags.octetString): Uint8Array {
    return this.expect(tag).contents;
  }

  /** A string of whatever universal string type comes next. */
  text(): string {
    const tag = this.peekTag() ?? this.fail('string expected');
    return this.#value(tag, (contents, fail) => decodeText(tag, contents, fail));
  }

  /** A string under an IMPLICIT tag whose universal type is known from the schema. */
  textAs(universalTag: number, tag: number): string {
    return this.#value(tag, (contents, fail) => decodeText(universalTag, contents, fail));
  }

  /** Epoch milliseconds of a UTCTime or GeneralizedTime, both without fractions and in UTC. */
  time(): number {
    const tag = this.peekTag();
    if (tag !== derTags.utcTime && tag !== derTags.generalizedTime)
      return this.fail('time expected');
    return this.#value(tag, (contents, fail) => decodeTime(tag, contents, fail));
  }
}

/**
 * Parses the whole input as DER: refuses oversized and malformed inputs and left-over bytes.
 *
 * @example parseDer(bytes, (der) => der.integer(), { what: 'serial number' })
 */
export const parseDer = <T>(
  bytes: Uint8Array,
  parse: (reader: DerReader) => T | Refusal,
  options: DerLimits & { readonly what: string },
): T | Refusal => {
  const { what, maxBytes = 1024 * 1024, maxDepth = 64 } = options;
  if (bytes.length > maxBytes)
    return refuse(kernelErrors.E_MALFORMED, `${what}: ${bytes.length} bytes exceed ${maxBytes}`);
  return catchMalformed(() => {
    const reader = new DerReader(bytes, { start: 0, end: bytes.length, depth: maxDepth });
    const value = parse(reader);
    if (!isRefusal(value)) reader.expectEnd();
    return value;
  }, what);
};
