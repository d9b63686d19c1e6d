/**
 * Tokens of the human notation, one at a time. Total and linear: every character is looked at once,
 * and what is no token is one of kind `invalid`.
 */
import { isDigit, isReserved, isWordPart, isWordStart, type ReservedWord } from './names.ts';

type Punctuation =
  | ('@' | '.' | ',' | ';' | ':' | '::' | '(' | ')' | '{' | '}' | '[' | ']')
  | ('==' | '!=' | '<' | '<=' | '>' | '>=' | '=' | '||' | '&&' | '!')
  | ('+' | '-' | '*' | '/' | '%');
export type TokenKind =
  | Punctuation
  | ReservedWord
  | 'identifier'
  | 'number'
  | 'string'
  | 'slot'
  | 'end'
  | 'invalid';

/** A place in the text with the token that stands there. */
export type Lexer = {
  readonly text: string;
  kind: TokenKind;
  start: number;
  end: number;
  /** Text of the token when it is a word. */
  word: string;
};

const singles: ReadonlyMap<number, Punctuation> = new Map(
  (['@', '.', ',', ';', '(', ')', '{', '}', '[', ']', '+', '-', '*', '/', '%'] as const).map(
    (mark) => [mark.charCodeAt(0), mark],
  ),
);

/** White space of Unicode beyond ASCII. */
const isWideBlank = (code: number): boolean =>
  code === 0x85 ||
  code === 0xa0 ||
  code === 0x1680 ||
  (code >= 0x2000 && code <= 0x200a) ||
  code === 0x2028 ||
  code === 0x2029 ||
  code === 0x202f ||
  code === 0x205f ||
  code === 0x3000;

const endOfLine = (text: string, from: number): number => {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) return at;
  }
  return text.length;
};

const skipBlank = (text: string, from: number): number => {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === 32 || (code >= 9 && code <= 13)) at++;
    else if (code === 47 && text.charCodeAt(at + 1) === 47) at = endOfLine(text, at + 2);
    else if (code > 127 && isWideBlank(code)) at++;
    else return at;
  }
};

const skipWord = (text: string, from: number): number => {
  let at = from + 1;
  while (isWordPart(text.charCodeAt(at))) at++;
  return at;
};

const skipDigits = (text: string, from: number): number => {
  let at = from + 1;
  while (isDigit(text.charCodeAt(at))) at++;
  return at;
};

/** Just behind the closing quote, or -1. A backslash takes any character with it but a line feed. */
const skipString = (text: string, from: number): number => {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) return at + 1;
    if (code !== 92) continue;
    at++;
    if (text.charCodeAt(at) === 10) return -1;
  }
  return -1;
};

const set = (lexer: Lexer, kind: TokenKind, end: number): void => {
  lexer.kind = kind;
  lexer.end = end;
};

const readWord = (lexer: Lexer, at: number): void => {
  const end = skipWord(lexer.text, at);
  const word = lexer.text.slice(at, end);
  lexer.word = word;
  set(lexer, end - at <= 5 && isReserved(word) ? word : 'identifier', end);
};

/** Marks of one or two characters that share their first. */
const readPair = (lexer: Lexer, code: number, next: number): void => {
  const two = lexer.start + 2;
  const one = lexer.start + 1;
  if (code === 58) set(lexer, next === 58 ? '::' : ':', next === 58 ? two : one);
  else if (code === 61) set(lexer, next === 61 ? '==' : '=', next === 61 ? two : one);
  else if (code === 33) set(lexer, next === 61 ? '!=' : '!', next === 61 ? two : one);
  else if (code === 60) set(lexer, next === 61 ? '<=' : '<', next === 61 ? two : one);
  else if (code === 62) set(lexer, next === 61 ? '>=' : '>', next === 61 ? two : one);
  else if (code === 38 && next === 38) set(lexer, '&&', two);
  else if (code === 124 && next === 124) set(lexer, '||', two);
  else if (code === 63 && isWordStart(next)) set(lexer, 'slot', skipWord(lexer.text, one));
  else set(lexer, 'invalid', code >= 0xd800 && code <= 0xdbff ? two : one);
};

/** Moves to the next token. At the end it stays there. */
export const advanceLexer = (lexer: Lexer): void => {
  const { text } = lexer;
  const at = skipBlank(text, lexer.end);
  lexer.start = at;
  if (at >= text.length) {
    set(lexer, 'end', at);
    return;
  }
  const code = text.charCodeAt(at);
  if (isWordStart(code)) {
    readWord(lexer, at);
    return;
  }
  const single = singles.get(code);
  if (single !== undefined) set(lexer, single, at + 1);
  else if (isDigit(code)) set(lexer, 'number', skipDigits(text, at));
  else if (code === 34) {
    const end = skipString(text, at);
    set(lexer, end < 0 ? 'invalid' : 'string', end < 0 ? at + 1 : end);
  } else readPair(lexer, code, text.charCodeAt(at + 1));
};
