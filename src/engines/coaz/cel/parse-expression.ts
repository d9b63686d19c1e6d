/** Operators by their precedence (CEL language definition, "Syntax"). Throws SyntaxFailure. */
import type { BinaryOperator, Expression } from './ast.ts';
import { advance, count, type Cursor, expect, isNext, nested, peek, take } from './cursor.ts';
import { parseMember } from './parse-member.ts';
import { parseNumber } from './parse-number.ts';

/** From loose to tight; operators of one row bind from the left. */
const rows: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['<=', '<', '>=', '>', '==', '!=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** One expression, up to whatever cannot continue it. */
export const parseExpression = (cursor: Cursor): Expression => {
  const test = parseRow(cursor, 0);
  const { at } = peek(cursor);
  if (!take(cursor, '?')) return test;
  count(cursor, at);
  const then = nested(cursor, (inner) => parseRow(inner, 0));
  expect(cursor, ':');
  const otherwise = nested(cursor, parseExpression);
  return { kind: 'choice', at: test.at, test, then, otherwise };
};

const parseRow = (cursor: Cursor, row: number): Expression => {
  const operators = rows[row];
  if (operators === undefined) return parseUnary(cursor);
  let left = parseRow(cursor, row + 1);
  for (;;) {
    const operator = operators.find((word) => isNext(cursor, word));
    if (operator === undefined) return left;
    const { at } = advance(cursor);
    count(cursor, at);
    left = { kind: 'binary', at, operator, left, right: parseRow(cursor, row + 1) };
  }
};

/** `!` and `-` repeat but do not mix; a minus before a number belongs to it. */
const parseUnary = (cursor: Cursor): Expression => {
  const operator = isNext(cursor, '!') ? '!' : '-';
  const places: number[] = [];
  while (isNext(cursor, operator)) places.push(advance(cursor).at);
  const isNumber = ['int', 'double'].includes(peek(cursor).kind);
  const sign = operator === '-' && isNumber ? places.pop() : undefined;
  let of =
    sign === undefined
      ? parseMember(cursor)
      : parseMember(cursor, parseNumber(advance(cursor), sign));
  for (const at of places.reverse()) {
    count(cursor, at);
    of = { kind: 'unary', at, operator, of };
  }
  return of;
};
