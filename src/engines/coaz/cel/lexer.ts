/** Words, numbers, texts and signs of an expression. Linear; throws SyntaxFailure. */
import { SyntaxFailure } from './syntax-failure.ts';
import { readTextLiteral } from './text-literals.ts';

export type Token = {
  readonly kind: 'word' | 'quoted' | 'int' | 'uint' | 'double' | 'text' | 'sign' | 'end';
  readonly at: number;
  readonly end: number;
  /** The word, the sign, the digits. */
  readonly word: string;
  /** Of `text`. */
  readonly value?: string | Uint8Array;
};

const blankPattern = /(?:[ \t\n\f\r]+|\/\/[^\n]*)+/y;
const wordPattern = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const doublePattern = /(?:[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)/y;
const integerPattern = /(?:0x[0-9a-fA-F]+|[0-9]+)/y;
const quotedPattern = /`[a-zA-Z0-9_.\-/ ]+`/y;
const signPattern = /(?:\|\||&&|==|!=|<=|>=|\.\?|\[\?|[.,:?!<>+\-*/%()[\]{}])/y;

const match = (pattern: RegExp, text: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
};

const numberAt = (text: string, at: number): Token | undefined => {
  const fraction = match(doublePattern, text, at);
  if (fraction !== undefined)
    return { kind: 'double', at, end: at + fraction.length, word: fraction };
  const word = match(integerPattern, text, at);
  if (word === undefined) return undefined;
  const end = at + word.length;
  return text[end] === 'u' || text[end] === 'U'
    ? { kind: 'uint', at, end: end + 1, word }
    : { kind: 'int', at, end, word };
};

const tokenAt = (text: string, at: number): Token => {
  const literal = readTextLiteral(text, at);
  if (literal !== undefined)
    return { kind: 'text', at, end: literal.end, word: '', value: literal.value };
  const word = match(wordPattern, text, at);
  if (word !== undefined) return { kind: 'word', at, end: at + word.length, word };
  const number = numberAt(text, at);
  if (number !== undefined) {
    if (match(wordPattern, text, number.end) !== undefined)
      throw new SyntaxFailure('a number runs into a word', at);
    return number;
  }
  const quoted = match(quotedPattern, text, at);
  if (quoted !== undefined)
    return { kind: 'quoted', at, end: at + quoted.length, word: quoted.slice(1, -1) };
  const sign = match(signPattern, text, at);
  if (sign !== undefined) return { kind: 'sign', at, end: at + sign.length, word: sign };
  throw new SyntaxFailure('this character means nothing here', at);
};

/** All tokens, the last of kind `end`. */
export const tokensOf = (text: string): readonly Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += match(blankPattern, text, at)?.length ?? 0;
    if (at >= text.length) break;
    const token = tokenAt(text, at);
    tokens.push(token);
    at = token.end;
  }
  return [...tokens, { kind: 'end', at: text.length, end: text.length, word: '' }];
};
