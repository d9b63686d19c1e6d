/** Relations: comparisons, `in`, `has`, `like`, `is`. One to an expression, they do not chain. */
import type { BinaryOperator, Expr } from '../ast.ts';
import {
  accept,
  advance,
  type Cursor,
  fail,
  grow,
  spanFrom,
  tokenSpan,
  unexpected,
} from './cursor.ts';
import { isEscapeFault, unescapePattern } from './escapes.ts';
import type { TokenKind } from './lexer.ts';
import { failEscape, rawString, readIdentifier, readString, readTypeName } from './parse-words.ts';

type ParseOperand = (cursor: Cursor) => Expr;
/** The left side of a relation, read already. */
export type Subject = { readonly expr: Expr; readonly start: number; readonly height: number };

const parseHas = (cursor: Cursor, { expr, start, height }: Subject): Expr => {
  advance(cursor);
  const path: [string, ...string[]] = [
    cursor.kind === 'string'
      ? readString(cursor)
      : readIdentifier(cursor, 'the name of an attribute'),
  ];
  const isChain = cursor.text.charCodeAt(cursor.previousEnd - 1) !== 34;
  while (isChain && accept(cursor, '.'))
    path.push(readIdentifier(cursor, 'the name of an attribute'));
  grow(cursor, start, height);
  return { kind: 'has', operand: expr, path, span: spanFrom(cursor, start) };
};

const parseLike = (cursor: Cursor, { expr, start, height }: Subject): Expr => {
  advance(cursor);
  if (cursor.kind !== 'string') return unexpected(cursor, 'a pattern in quotes');
  const pattern = unescapePattern(rawString(cursor));
  if (isEscapeFault(pattern)) return failEscape(cursor, cursor.start, pattern);
  advance(cursor);
  grow(cursor, start, height);
  return { kind: 'like', operand: expr, pattern, span: spanFrom(cursor, start) };
};

const parseIs = (cursor: Cursor, subject: Subject, parseGroup: ParseOperand): Expr => {
  const { expr, start, height } = subject;
  advance(cursor);
  const entityType = readTypeName(cursor);
  if (!accept(cursor, 'in')) {
    grow(cursor, start, height);
    return { kind: 'is', operand: expr, entityType, span: spanFrom(cursor, start) };
  }
  const group = parseGroup(cursor);
  grow(cursor, start, Math.max(height, cursor.height));
  return { kind: 'is', operand: expr, entityType, in: group, span: spanFrom(cursor, start) };
};

const relations: ReadonlySet<TokenKind> = new Set(['==', '!=', '<', '<=', '>', '>=', 'in']);
const isRelation = (kind: TokenKind): kind is BinaryOperator & TokenKind => relations.has(kind);

const parseComparison = (
  cursor: Cursor,
  { expr: left, start, height }: Subject,
  {
    operator,
    parseRight,
  }: { readonly operator: BinaryOperator; readonly parseRight: ParseOperand },
): Expr => {
  advance(cursor);
  const right = parseRight(cursor);
  if (isRelation(cursor.kind))
    fail({
      message: 'comparisons do not chain',
      span: tokenSpan(cursor),
      help: 'put `(` and `)` around the first one, or join two by `&&`',
    });
  grow(cursor, start, Math.max(height, cursor.height));
  return { kind: 'binary', operator, left, right, span: spanFrom(cursor, start) };
};

/** Reads what may follow the left side; the operands of a relation are read by `parseOperand`. */
export const parseRelationTail = (
  cursor: Cursor,
  subject: Subject,
  parseOperand: ParseOperand,
): Expr => {
  const { kind } = cursor;
  if (isRelation(kind))
    return parseComparison(cursor, subject, { operator: kind, parseRight: parseOperand });
  if (kind === 'has') return parseHas(cursor, subject);
  if (kind === 'like') return parseLike(cursor, subject);
  if (kind === 'is') return parseIs(cursor, subject, parseOperand);
  if (kind === '=') return unexpected(cursor, 'an operator', 'to compare use `==`');
  return subject.expr;
};
