/** String and bytes literals: four quotes, raw and escaped (CEL language definition, "String and bytes values"). */
import { SyntaxFailure } from './syntax-failure.ts';

export type TextLiteral = {
  readonly end: number;
  readonly value: string | Uint8Array;
};

const simpleEscapes: Readonly<Record<string, string>> = Object.freeze({
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '?': '?',
  '"': '"',
  "'": "'",
  '`': '`',
});
/** Letter after the backslash → hexadecimal digits. */
const hexLengths: Readonly<Record<string, number>> = Object.freeze({ x: 2, X: 2, u: 4, U: 8 });
const hexPattern = /^[0-9A-Fa-f]+$/;
const octalPattern = /^[0-3][0-7]{2}$/;
const prefixPattern = /^(?:[rR][bB]?|[bB][rR]?)?(?="|')/;
const maxCodePoint = 0x10ffff;

type Piece = { readonly length: number; readonly code: number };

const numeric = (text: string, at: number): Piece | undefined => {
  const letter = text[at + 1] ?? '';
  const length = Object.hasOwn(hexLengths, letter) ? hexLengths[letter] : undefined;
  if (length !== undefined) {
    const digits = text.slice(at + 2, at + 2 + length);
    if (digits.length < length || !hexPattern.test(digits)) return undefined;
    return { length: length + 2, code: Number.parseInt(digits, 16) };
  }
  const digits = text.slice(at + 1, at + 4);
  return octalPattern.test(digits) ? { length: 4, code: Number.parseInt(digits, 8) } : undefined;
};

const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff;

/** Appends pieces of a string (code points) or of bytes (UTF-8, escapes are bytes). */
const escaped = (text: string, at: number, isBytes: boolean) => {
  const letter = text[at + 1] ?? '';
  if (Object.hasOwn(simpleEscapes, letter))
    return { length: 2, piece: simpleEscapes[letter] ?? '' };
  const piece = numeric(text, at);
  if (piece === undefined) throw new SyntaxFailure('unknown escape sequence', at);
  const { length, code } = piece;
  if (!isBytes) {
    if (code > maxCodePoint || isSurrogate(code))
      throw new SyntaxFailure('the escape names no Unicode character', at);
    return { length, piece: String.fromCodePoint(code) };
  }
  if (letter === 'u' || letter === 'U')
    throw new SyntaxFailure('bytes have no Unicode escapes', at);
  return { length, piece: Uint8Array.of(code) };
};

/** A literal that starts at this place; undefined when none does. Throws SyntaxFailure. */
export const readTextLiteral = (text: string, start: number): TextLiteral | undefined => {
  const prefix = prefixPattern.exec(text.slice(start, start + 3))?.[0];
  if (prefix === undefined) return undefined;
  const isRaw = /r/i.test(prefix);
  const isBytes = /b/i.test(prefix);
  let at = start + prefix.length;
  const mark = text[at] ?? '';
  const quote = text.startsWith(mark.repeat(3), at) ? mark.repeat(3) : mark;
  at += quote.length;
  const pieces: (string | Uint8Array)[] = [];
  let from = at;
  while (!text.startsWith(quote, at)) {
    const letter = text[at];
    if (letter === undefined || (quote.length === 1 && (letter === '\n' || letter === '\r')))
      throw new SyntaxFailure('the string does not end', start);
    if (letter !== '\\' || isRaw) {
      at += 1;
      continue;
    }
    const { length, piece } = escaped(text, at, isBytes);
    pieces.push(text.slice(from, at), piece);
    at += length;
    from = at;
  }
  pieces.push(text.slice(from, at));
  const end = at + quote.length;
  if (!isBytes) return { end, value: pieces.join('') };
  const buffers = pieces.map((piece) =>
    typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece),
  );
  return { end, value: new Uint8Array(Buffer.concat(buffers)) };
};
