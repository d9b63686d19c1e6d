/**
 * Escape sequences of string literals and `like` patterns: `\n \r \t \\ \0 \' \"`, `\x00`–`\x7F`,
 * `\u{1}`–`\u{10FFFF}` (up to six digits, `_` between them), and `\*` in patterns.
 */
import type { PatternPart } from '../ast.ts';

export type EscapeFault = { readonly at: number; readonly length: number };
/** What an escape stands for, and how long it is written. */
type Piece = { readonly text: string; readonly length: number };

export const isEscapeFault = (
  value: string | readonly PatternPart[] | EscapeFault,
): value is EscapeFault => typeof value === 'object' && 'at' in value && !Array.isArray(value);

const simple: ReadonlyMap<number, string> = new Map([
  [110, '\n'],
  [114, '\r'],
  [116, '\t'],
  [92, '\\'],
  [48, '\0'],
  [39, "'"],
  [34, '"'],
]);

const hexValue = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
};

const readByte = (raw: string, at: number): Piece | undefined => {
  const high = hexValue(raw.charCodeAt(at + 2));
  const low = hexValue(raw.charCodeAt(at + 3));
  if (high < 0 || high > 7 || low < 0) return undefined;
  return { text: String.fromCharCode(high * 16 + low), length: 4 };
};

const maxUnicodeDigits = 6;
const readUnicode = (raw: string, at: number): Piece | undefined => {
  if (raw[at + 2] !== '{' || hexValue(raw.charCodeAt(at + 3)) < 0) return undefined;
  let value = 0;
  let digits = 0;
  for (let next = at + 3; next < raw.length; next++) {
    const char = raw.charCodeAt(next);
    if (char === 95) continue;
    if (char === 125) {
      const isScalar = value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
      return isScalar ? { text: String.fromCodePoint(value), length: next + 1 - at } : undefined;
    }
    const digit = hexValue(char);
    digits++;
    if (digit < 0 || digits > maxUnicodeDigits) return undefined;
    value = value * 16 + digit;
  }
  return undefined;
};

const readEscape = (raw: string, at: number): Piece | undefined => {
  const code = raw.charCodeAt(at + 1);
  const text = simple.get(code);
  if (text !== undefined) return { text, length: 2 };
  if (code === 120) return readByte(raw, at);
  if (code === 117) return readUnicode(raw, at);
  return undefined;
};

const faultAt = (raw: string, at: number): EscapeFault => {
  const next = raw.codePointAt(at + 1) ?? 0;
  return { at, length: raw[at] === '\\' ? 1 + String.fromCodePoint(next).length : 1 };
};

/** The next backslash or bare carriage return, or the end. */
const nextSpecial = (raw: string, from: number): number => {
  for (let at = from; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code === 92 || code === 13) return at;
  }
  return raw.length;
};

/** The value of what stands between the quotes of a string literal. */
export const unescapeString = (raw: string): string | EscapeFault => {
  let text = '';
  let at = 0;
  while (at < raw.length) {
    const stop = nextSpecial(raw, at);
    text += raw.slice(at, stop);
    if (stop === raw.length) break;
    const piece = raw[stop] === '\\' ? readEscape(raw, stop) : undefined;
    if (piece === undefined) return faultAt(raw, stop);
    text += piece.text;
    at = stop + piece.length;
  }
  return text;
};

/** The parts of what stands between the quotes of a pattern; neighbouring literals are one. */
export const unescapePattern = (raw: string): readonly PatternPart[] | EscapeFault => {
  const parts: PatternPart[] = [];
  let literal = '';
  let at = 0;
  while (at < raw.length) {
    const char = raw[at] ?? '';
    const isStar = char === '\\' && raw[at + 1] === '*';
    const escaped = char === '\\' && !isStar ? readEscape(raw, at) : undefined;
    if (char === '\r' || (char === '\\' && !isStar && escaped === undefined))
      return faultAt(raw, at);
    // An escape that spells `*` is a wildcard like the character itself, as in the oracle.
    if (char === '*' || escaped?.text === '*') {
      if (literal !== '') parts.push({ literal });
      literal = '';
      parts.push('wildcard');
    } else literal += isStar ? '*' : (escaped?.text ?? char);
    at += isStar ? 2 : (escaped?.length ?? 1);
  }
  if (literal !== '') parts.push({ literal });
  return parts;
};
