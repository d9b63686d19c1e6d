/** Integer literals and the minus signs before them, exact over all 64 bits. */
import type { Expr } from '../ast.ts';
import { advance, type Cursor, excerpt, fail, grow, spanFrom } from './cursor.ts';
import { advanceLexer } from './lexer.ts';

export const maxLong = 9_223_372_036_854_775_807n;
export const minLong = -maxLong - 1n;
const maxDigits = 19;

/** The digits of the current number token. Long ones are refused before they are converted. */
const readDigits = (cursor: Cursor, limit: bigint): bigint => {
  const { text, start, end } = cursor;
  let first = start;
  while (first < end - 1 && text.charCodeAt(first) === 48) first++;
  const value = end - first > maxDigits ? limit + 1n : BigInt(text.slice(first, end));
  if (value <= limit) return value;
  return fail({
    message: `the integer ${excerpt(text.slice(start, end))} does not fit into 64 bits`,
    span: { start, end },
    help: `the range is ${minLong} to ${maxLong}`,
  });
};

/** Reads a number that no minus precedes. */
export const readLong = (cursor: Cursor): Expr => {
  const { start } = cursor;
  const value = readDigits(cursor, maxLong);
  advance(cursor);
  cursor.height = 1;
  return { kind: 'long', value, span: spanFrom(cursor, start) };
};

/** Puts a `negate` around an expression for each sign, the last one innermost. */
export const negated = (cursor: Cursor, operand: Expr, signs: readonly number[]): Expr => {
  let expr = operand;
  for (let i = signs.length - 1; i >= 0; i--) {
    const start = signs[i] ?? 0;
    grow(cursor, start, cursor.height);
    expr = { kind: 'negate', operand: expr, span: spanFrom(cursor, start) };
  }
  return expr;
};

/** True when a `.`, `[` or `(` follows the current token. */
const hasTail = (cursor: Cursor): boolean => {
  const ahead = { ...cursor };
  advanceLexer(ahead);
  return ahead.kind === '.' || ahead.kind === '[' || ahead.kind === '(';
};

/**
 * Reads a number behind minus signs. The last sign belongs to the literal, unless something is done
 * to the number first (`-1.a` is `-(1.a)`): then undefined, and nothing was read.
 */
export const readNegativeLong = (cursor: Cursor, signs: readonly number[]): Expr | undefined => {
  if (hasTail(cursor)) return undefined;
  const value = -readDigits(cursor, -minLong);
  advance(cursor);
  cursor.height = 1;
  const start = signs.at(-1) ?? cursor.previousEnd;
  const literal: Expr = { kind: 'long', value, span: spanFrom(cursor, start) };
  return negated(cursor, literal, signs.slice(0, -1));
};
