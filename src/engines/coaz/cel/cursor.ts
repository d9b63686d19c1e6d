/** The reader's hand on the tokens of one expression, with its bounds. */
import type { Expression } from './ast.ts';
import type { CelLimits } from './limits.ts';
import type { Token } from './lexer.ts';
import { SyntaxFailure } from './syntax-failure.ts';

export type Cursor = {
  readonly tokens: readonly Token[];
  readonly limits: CelLimits;
  /** Reads a whole expression; here, because brackets hold what stands around them. */
  readonly expression: (cursor: Cursor) => Expression;
  next: number;
  depth: number;
  nodes: number;
};

const end: Token = { kind: 'end', at: 0, end: 0, word: '' };

export const peek = (cursor: Cursor): Token =>
  cursor.tokens[cursor.next] ?? cursor.tokens.at(-1) ?? end;

export const advance = (cursor: Cursor): Token => {
  const token = peek(cursor);
  cursor.next += 1;
  return token;
};

/** True when the next token is this sign (or the word `in`). */
export const isNext = (cursor: Cursor, word: string): boolean => {
  const token = peek(cursor);
  return token.word === word && (token.kind === 'sign' || (word === 'in' && token.kind === 'word'));
};

/** Takes the sign when it is next. */
export const take = (cursor: Cursor, word: string): boolean => {
  if (!isNext(cursor, word)) return false;
  cursor.next += 1;
  return true;
};

export const unexpected = (token: Token, wanted: string): SyntaxFailure => {
  const found = token.kind === 'end' ? 'the expression ends' : 'something else stands';
  return new SyntaxFailure(`${wanted} is expected where ${found}`, token.at);
};

export const expect = (cursor: Cursor, word: string): void => {
  if (!take(cursor, word)) throw unexpected(peek(cursor), `"${word}"`);
};

/** Counts a part of the tree. */
export const count = (cursor: Cursor, at: number): void => {
  cursor.nodes += 1;
  if (cursor.nodes > cursor.limits.maxNodes)
    throw new SyntaxFailure(`more than ${cursor.limits.maxNodes} parts`, at, true);
};

/** Reads something inside brackets. */
export const nested = <T>(cursor: Cursor, read: (cursor: Cursor) => T): T => {
  cursor.depth += 1;
  if (cursor.depth > cursor.limits.maxDepth) {
    const what = `more than ${cursor.limits.maxDepth} levels`;
    throw new SyntaxFailure(what, peek(cursor).at, true);
  }
  const value = read(cursor);
  cursor.depth -= 1;
  return value;
};
