/** The lexemes of JSON (RFC 8259): strings, numbers and words, read from bytes without copying. */

export type JsonFault = { readonly what: string; readonly offset: number };

/** A place in a JSON text; `fault` is set once. */
export type JsonCursor = {
  readonly bytes: Uint8Array;
  at: number;
  fault: JsonFault | undefined;
};

/** Inside a string: 0 goes on, 1 stops (quote, backslash, control character). */
const stops = new Uint8Array(256).fill(1, 0, 0x20);
stops[0x22] = 1;
stops[0x5c] = 1;

/** The letters of one-letter escapes: " \\ / b f n r t */
const simpleEscapes: ReadonlySet<number> = new Set(Buffer.from('"\\\\/bfnrt'));

const quote = 0x22;
const backslash = 0x5c;

/** Notes the first fault. Always false, so that `return fail(…)` ends a step. */
export const fail = (cursor: JsonCursor, what: string, offset = cursor.at): false => {
  cursor.fault ??= { what, offset };
  return false;
};

/** Consumes the string that starts here. Gives its number of escapes, -1 after a fault. */
export const scanString = (cursor: JsonCursor): number => {
  const { bytes } = cursor;
  const length = bytes.length;
  let at = cursor.at + 1;
  for (let escapes = 0; ; escapes++) {
    while (at < length && stops[bytes[at] as number] === 0) at++;
    cursor.at = at;
    if (bytes[at] === quote) {
      cursor.at = at + 1;
      return escapes;
    }
    if (bytes[at] !== backslash) {
      fail(cursor, at < length ? 'control character in a string' : 'text ends inside a string');
      return -1;
    }
    if (!scanEscape(cursor)) return -1;
    at = cursor.at;
  }
};

const scanEscape = (cursor: JsonCursor): boolean => {
  const letter = cursor.bytes[cursor.at + 1] ?? 0;
  if (letter !== 0x75) {
    if (!simpleEscapes.has(letter)) return fail(cursor, 'unknown escape in a string');
    cursor.at += 2;
    return true;
  }
  const unit = hexUnit(cursor.bytes, cursor.at);
  if (unit < 0) return fail(cursor, 'bad \\u escape in a string');
  if (unit < 0xd800 || unit > 0xdfff) {
    cursor.at += 6;
    return true;
  }
  const low = unit < 0xdc00 ? hexUnit(cursor.bytes, cursor.at + 6) : -1;
  if (low < 0xdc00 || low > 0xdfff) return fail(cursor, 'lone surrogate in a string');
  cursor.at += 12;
  return true;
};

/** The code unit of the `\uXXXX` at `at`, -1 when there is none. */
const hexUnit = (bytes: Uint8Array, at: number): number => {
  if (bytes[at] !== backslash || bytes[at + 1] !== 0x75) return -1;
  let unit = 0;
  for (let i = at + 2; i < at + 6; i++) {
    const digit = hexValue(bytes[i] ?? 0);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
};

const hexValue = (byte: number): number => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const folded = byte | 0x20;
  return folded >= 0x61 && folded <= 0x66 ? folded - 0x57 : -1;
};

/** Consumes exactly this word. */
export const scanWord = (cursor: JsonCursor, word: string): boolean => {
  for (let i = 0; i < word.length; i++)
    if (cursor.bytes[cursor.at + i] !== word.charCodeAt(i)) return fail(cursor, 'value expected');
  cursor.at += word.length;
  return true;
};

/** The offset after the run of digits that starts at `at`. */
const skipDigits = (bytes: Uint8Array, at: number): number => {
  let end = at;
  for (let byte = bytes[end] ?? 0; byte >= 0x30 && byte <= 0x39; byte = bytes[end] ?? 0) end++;
  return end;
};

/** Consumes a number; refuses what overflows a double. */
export const scanNumber = (cursor: JsonCursor): boolean => {
  const { bytes } = cursor;
  const start = cursor.at;
  const integer = bytes[start] === 0x2d ? start + 1 : start;
  let at = skipDigits(bytes, integer);
  if (at === integer) return fail(cursor, 'value expected');
  if (bytes[integer] === 0x30 && at > integer + 1)
    return fail(cursor, 'number with a leading zero');
  if (bytes[at] === 0x2e) {
    const fraction = at + 1;
    at = skipDigits(bytes, fraction);
    if (at === fraction) return fail(cursor, 'number without digits after the point', at);
  }
  const exponent = at;
  if (((bytes[at] ?? 0) | 0x20) === 0x65) {
    const sign = bytes[at + 1];
    const digits = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
    at = skipDigits(bytes, digits);
    if (at === digits) return fail(cursor, 'number without digits in the exponent', at);
  }
  cursor.at = at;
  // Only an exponent or more than 308 digits can leave the range of a double.
  const mayOverflow = at > exponent || at - start > 308;
  return mayOverflow && overflows(bytes.subarray(start, at))
    ? fail(cursor, 'number out of range', start)
    : true;
};

const overflows = (digits: Uint8Array): boolean =>
  !Number.isFinite(Number(Buffer.from(digits).toString('latin1')));
