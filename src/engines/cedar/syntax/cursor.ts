/** The parser's hand on the text: current token, spans, bounds, and how it gives up. */
import type { Span } from '../ast.ts';
import { type CedarErrorCode, SyntaxFailure, syntaxCodes } from './errors.ts';
import { advanceLexer, type Lexer, type TokenKind } from './lexer.ts';
import { maxHeight, maxNesting } from './limits.ts';

export type Cursor = Lexer & {
  /** End of the token before the current one. */
  previousEnd: number;
  nesting: number;
  /** Height of the expression returned last. */
  height: number;
};

/** A cursor on the first token. */
export const createCursor = (text: string): Cursor => {
  const cursor: Cursor = {
    text,
    kind: 'end',
    start: 0,
    end: 0,
    word: '',
    previousEnd: 0,
    nesting: 0,
    height: 0,
  };
  advanceLexer(cursor);
  return cursor;
};

export const advance = (cursor: Cursor): void => {
  cursor.previousEnd = cursor.end;
  advanceLexer(cursor);
};

export const spanFrom = (cursor: Cursor, start: number): Span => ({
  start,
  end: cursor.previousEnd,
});
export const tokenSpan = (cursor: Cursor): Span => ({ start: cursor.start, end: cursor.end });

export type Fault = {
  readonly code?: CedarErrorCode;
  readonly message: string;
  readonly span: Span;
  readonly help?: string;
};

/** Gives up. The code is E_CEDAR_MEANING unless another is named. */
export const fail = ({ code = syntaxCodes.meaning, message, span, help }: Fault): never => {
  throw new SyntaxFailure({ code, message, span, ...(help === undefined ? {} : { help }) });
};

const shown = 40;
/** Foreign text in a message: short, on one line, no controls. */
export const excerpt = (text: string): string => {
  const part = text.length > shown ? `${text.slice(0, shown).toWellFormed()}…` : text;
  return part.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (char) => JSON.stringify(char).slice(1, -1));
};
const sourceOf = (cursor: Cursor): string => excerpt(cursor.text.slice(cursor.start, cursor.end));

const invalidToken = (cursor: Cursor): never => {
  const char = cursor.text[cursor.start];
  const span = tokenSpan(cursor);
  const code = syntaxCodes.token;
  if (char === '"')
    return fail({ code, message: 'this string is not closed', span, help: 'end it with `"`' });
  if (char === "'")
    return fail({ code, message: 'strings stand in double quotes', span, help: 'use `"`' });
  return fail({ code, message: `no token begins with \`${sourceOf(cursor)}\``, span });
};

/** Gives up at the current token. */
export const unexpected = (cursor: Cursor, expected: string, help?: string): never => {
  if (cursor.kind === 'invalid') return invalidToken(cursor);
  const found = cursor.kind === 'end' ? 'the end of the text' : `\`${sourceOf(cursor)}\``;
  return fail({
    code: syntaxCodes.unexpected,
    message: `expected ${expected}, found ${found}`,
    span: tokenSpan(cursor),
    ...(help === undefined ? {} : { help }),
  });
};

export const isAt = (cursor: Cursor, kind: TokenKind): boolean => cursor.kind === kind;

/** Steps over the token when it is of this kind. */
export const accept = (cursor: Cursor, kind: TokenKind): boolean => {
  if (cursor.kind !== kind) return false;
  advance(cursor);
  return true;
};

/** Steps over a token that must be there. */
export const expect = (cursor: Cursor, kind: TokenKind): void => {
  if (!accept(cursor, kind)) unexpected(cursor, `\`${kind}\``);
};

/** Goes deeper by so many levels; `leave` goes back. Parsers that give up need not leave. */
export const enter = (cursor: Cursor, levels: number): void => {
  cursor.nesting += levels;
  if (cursor.nesting <= maxNesting) return;
  fail({
    code: syntaxCodes.limit,
    message: `nested deeper than ${maxNesting / 2} brackets or ${maxNesting} times \`if\``,
    span: tokenSpan(cursor),
    help: 'split the policy, or name parts of it by attributes',
  });
};
export const leave = (cursor: Cursor, levels: number): void => {
  cursor.nesting -= levels;
};

/** Notes the height of an expression over its highest part. */
export const grow = (cursor: Cursor, start: number, highestPart: number): void => {
  cursor.height = highestPart + 1;
  if (cursor.height <= maxHeight) return;
  fail({
    code: syntaxCodes.limit,
    message: `the expression is higher than ${maxHeight} operators`,
    span: spanFrom(cursor, start),
    help: 'split the policy, or put long lists into a set',
  });
};
