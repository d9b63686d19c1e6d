/** Expressions of the human notation, with the precedence and the refusals of Cedar's grammar. */
import type { Expr, Variable } from '../ast.ts';
import {
  accept,
  advance,
  type Cursor,
  enter,
  excerpt,
  expect,
  fail,
  grow,
  isAt,
  leave,
  spanFrom,
  tokenSpan,
  unexpected,
} from './cursor.ts';
import { parseFunctionCall, parseTail } from './parse-members.ts';
import { negated, readLong, readNegativeLong } from './parse-numbers.ts';
import { parseRelationTail } from './parse-relation.ts';
import { readEntityId, readIdentifier, readPath, readString } from './parse-words.ts';

const maxRepeats = 4;
const variables: ReadonlySet<string> = new Set(['principal', 'action', 'resource', 'context']);
const isVariable = (name: string): name is Variable => variables.has(name);

/** The items of a list with its closing bracket; one comma may end it. Height is the highest. */
const parseList = (cursor: Cursor, close: ')' | ']'): readonly Expr[] => {
  enter(cursor, 2);
  const items: Expr[] = [];
  let highest = 0;
  while (cursor.kind !== close) {
    items.push(parseExpr(cursor));
    highest = Math.max(highest, cursor.height);
    if (!accept(cursor, ',') && !isAt(cursor, close)) unexpected(cursor, `\`,\` or \`${close}\``);
  }
  advance(cursor);
  cursor.height = highest;
  leave(cursor, 2);
  return items;
};

const parseSet = (cursor: Cursor): Expr => {
  const { start } = cursor;
  advance(cursor);
  const elements = parseList(cursor, ']');
  grow(cursor, start, cursor.height);
  return { kind: 'set', elements, span: spanFrom(cursor, start) };
};

const readKey = (cursor: Cursor, seen: Set<string>): string => {
  const { start } = cursor;
  const key =
    cursor.kind === 'string'
      ? readString(cursor)
      : readIdentifier(cursor, 'a key (a name or a string)');
  if (seen.has(key))
    fail({
      message: `the record has the key \`${excerpt(key)}\` twice`,
      span: spanFrom(cursor, start),
    });
  seen.add(key);
  expect(cursor, ':');
  return key;
};

const parseRecord = (cursor: Cursor): Expr => {
  const { start } = cursor;
  enter(cursor, 2);
  advance(cursor);
  const entries: { key: string; value: Expr }[] = [];
  const seen = new Set<string>();
  let highest = 0;
  while (cursor.kind !== '}') {
    const key = readKey(cursor, seen);
    entries.push({ key, value: parseExpr(cursor) });
    highest = Math.max(highest, cursor.height);
    if (!accept(cursor, ',') && !isAt(cursor, '}')) unexpected(cursor, '`,` or `}`');
  }
  advance(cursor);
  leave(cursor, 2);
  grow(cursor, start, highest);
  return { kind: 'record', entries, span: spanFrom(cursor, start) };
};

const parseName = (cursor: Cursor): Expr => {
  const path = readPath(cursor, 'the start of an expression');
  const { name, span } = path;
  cursor.height = 1;
  if (path.isType) {
    const uid = readEntityId(cursor, path);
    return { kind: 'entity', uid, span: spanFrom(cursor, span.start) };
  }
  if (isVariable(name)) {
    if (cursor.kind === '(')
      return fail({ message: `\`${name}\` is a variable and cannot be called`, span });
    return { kind: 'variable', name, span };
  }
  if (cursor.kind === '(') return parseFunctionCall(cursor, path, parseList);
  return fail({
    message: `there is no variable \`${excerpt(name)}\``,
    span,
    help: `the variables are ${[...variables].join(', ')}; entities are written ${excerpt(name)}::"…", strings in quotes`,
  });
};

const parseParenthesis = (cursor: Cursor): Expr => {
  enter(cursor, 2);
  advance(cursor);
  const expr = parseExpr(cursor);
  expect(cursor, ')');
  leave(cursor, 2);
  return expr;
};

const failSlot = (cursor: Cursor): never =>
  fail({
    message: `the slot \`${excerpt(cursor.text.slice(cursor.start, cursor.end))}\` cannot stand in a condition`,
    span: tokenSpan(cursor),
    help: 'slots stand in the scope only; in conditions use the variable',
  });

const parsePrimary = (cursor: Cursor): Expr => {
  const { kind, start } = cursor;
  if (kind === 'identifier') return parseName(cursor);
  if (kind === 'number') return readLong(cursor);
  if (kind === '(') return parseParenthesis(cursor);
  if (kind === '[') return parseSet(cursor);
  if (kind === '{') return parseRecord(cursor);
  if (kind === 'slot') return failSlot(cursor);
  cursor.height = 1;
  if (kind === 'string') {
    const value = readString(cursor);
    return { kind: 'string', value, span: spanFrom(cursor, start) };
  }
  if (kind === 'true' || kind === 'false') {
    advance(cursor);
    return { kind: 'bool', value: kind === 'true', span: spanFrom(cursor, start) };
  }
  return unexpected(
    cursor,
    'an expression',
    kind === 'if' ? 'put `(` and `)` around if … then … else' : undefined,
  );
};

const parseMember = (cursor: Cursor): Expr => {
  const { start } = cursor;
  return parseTail(cursor, { expr: parsePrimary(cursor), start }, parseList);
};

/** Steps over a run of one mark and says where each stands; more than four are refused. */
const readMarks = (cursor: Cursor, mark: '!' | '-'): readonly number[] => {
  const starts: number[] = [];
  while (cursor.kind === mark) {
    starts.push(cursor.start);
    advance(cursor);
    if (starts.length > maxRepeats)
      fail({
        message: `more than ${maxRepeats} \`${mark}\` in a row`,
        span: spanFrom(cursor, starts[0] ?? 0),
      });
  }
  return starts;
};

const parseNot = (cursor: Cursor): Expr => {
  const marks = readMarks(cursor, '!');
  let expr = parseMember(cursor);
  for (let i = marks.length - 1; i >= 0; i--) {
    const start = marks[i] ?? 0;
    grow(cursor, start, cursor.height);
    expr = { kind: 'not', operand: expr, span: spanFrom(cursor, start) };
  }
  return expr;
};

const parseUnary = (cursor: Cursor): Expr => {
  if (cursor.kind === '!') return parseNot(cursor);
  if (cursor.kind !== '-') return parseMember(cursor);
  const signs = readMarks(cursor, '-');
  const literal = isAt(cursor, 'number') ? readNegativeLong(cursor, signs) : undefined;
  return literal ?? negated(cursor, parseMember(cursor), signs);
};

const failDivision = (cursor: Cursor): never =>
  fail({
    message: `Cedar has no operator \`${cursor.kind}\``,
    span: tokenSpan(cursor),
    help: 'compute the quotient outside and pass it as an attribute',
  });

const parseProduct = (cursor: Cursor): Expr => {
  const { start } = cursor;
  let left = parseUnary(cursor);
  for (;;) {
    if (cursor.kind === '/' || cursor.kind === '%') return failDivision(cursor);
    if (cursor.kind !== '*') return left;
    const height = cursor.height;
    advance(cursor);
    const right = parseUnary(cursor);
    grow(cursor, start, Math.max(height, cursor.height));
    left = { kind: 'binary', operator: '*', left, right, span: spanFrom(cursor, start) };
  }
};

const parseSum = (cursor: Cursor): Expr => {
  const { start } = cursor;
  let left = parseProduct(cursor);
  for (;;) {
    const operator = cursor.kind;
    if (operator !== '+' && operator !== '-') return left;
    const height = cursor.height;
    advance(cursor);
    const right = parseProduct(cursor);
    grow(cursor, start, Math.max(height, cursor.height));
    left = { kind: 'binary', operator, left, right, span: spanFrom(cursor, start) };
  }
};

const parseRelation = (cursor: Cursor): Expr => {
  const { start } = cursor;
  const expr = parseSum(cursor);
  return parseRelationTail(cursor, { expr, start, height: cursor.height }, parseSum);
};

const parseAnd = (cursor: Cursor): Expr => {
  const { start } = cursor;
  let left = parseRelation(cursor);
  while (cursor.kind === '&&') {
    const height = cursor.height;
    advance(cursor);
    const right = parseRelation(cursor);
    grow(cursor, start, Math.max(height, cursor.height));
    left = { kind: 'and', left, right, span: spanFrom(cursor, start) };
  }
  return left;
};

const parseOr = (cursor: Cursor): Expr => {
  const { start } = cursor;
  let left = parseAnd(cursor);
  while (cursor.kind === '||') {
    const height = cursor.height;
    advance(cursor);
    const right = parseAnd(cursor);
    grow(cursor, start, Math.max(height, cursor.height));
    left = { kind: 'or', left, right, span: spanFrom(cursor, start) };
  }
  return left;
};

const parseIf = (cursor: Cursor): Expr => {
  const { start } = cursor;
  enter(cursor, 1);
  advance(cursor);
  const condition = parseExpr(cursor);
  let height = cursor.height;
  expect(cursor, 'then');
  const then = parseExpr(cursor);
  height = Math.max(height, cursor.height);
  expect(cursor, 'else');
  const otherwise = parseExpr(cursor);
  grow(cursor, start, Math.max(height, cursor.height));
  leave(cursor, 1);
  return { kind: 'if', condition, then, otherwise, span: spanFrom(cursor, start) };
};

/** Reads one expression at the cursor; gives up by SyntaxFailure. */
export const parseExpr = (cursor: Cursor): Expr =>
  cursor.kind === 'if' ? parseIf(cursor) : parseOr(cursor);
