/** Expressions of JSON policies (the EST form): one object with one member that says the kind. */
import type { BinaryOperator, Expr, PatternPart, Variable } from '../ast.ts';
import { excerpt } from './cursor.ts';
import {
  asArray,
  ascend,
  asObject,
  asText,
  descend,
  failJson,
  type JsonCursor,
  type JsonObject,
  kindOf,
  member,
  onlyMembers,
  within,
} from './json-cursor.ts';
import { asTypeName, checkCall, readValue } from './json-values.ts';
import { suggest } from './suggest.ts';

type Reader = (cursor: JsonCursor, body: unknown) => Expr;

const operand = (cursor: JsonCursor, body: JsonObject, key: string): Expr =>
  within(cursor, key, () => readJsonExpr(cursor, member(body, key)));

const fieldsOf = (cursor: JsonCursor, body: unknown, names: readonly string[]): JsonObject => {
  const fields = asObject(cursor, body, 'the operands');
  onlyMembers(cursor, fields, names);
  return fields;
};

const readUnary =
  (kind: 'not' | 'negate' | 'isEmpty'): Reader =>
  (cursor, body) => ({ kind, operand: operand(cursor, fieldsOf(cursor, body, ['arg']), 'arg') });

const bothSides = (cursor: JsonCursor, body: unknown): { left: Expr; right: Expr } => {
  const fields = fieldsOf(cursor, body, ['left', 'right']);
  return { left: operand(cursor, fields, 'left'), right: operand(cursor, fields, 'right') };
};

const readLogic =
  (kind: 'and' | 'or'): Reader =>
  (cursor, body) => ({ kind, ...bothSides(cursor, body) });

const readBinary =
  (operator: BinaryOperator): Reader =>
  (cursor, body) => ({ kind: 'binary', operator, ...bothSides(cursor, body) });

const variables: ReadonlySet<unknown> = new Set(['principal', 'action', 'resource', 'context']);
const isVariable = (value: unknown): value is Variable => variables.has(value);

const readVariable: Reader = (cursor, body) =>
  isVariable(body)
    ? { kind: 'variable', name: body }
    : failJson(cursor, 'a variable is "principal", "action", "resource" or "context"');

const readSlot: Reader = (cursor) =>
  failJson(cursor, 'a slot cannot stand in a condition', 'slots stand in the scope only');

const readGet: Reader = (cursor, body) => {
  const fields = fieldsOf(cursor, body, ['left', 'attr']);
  const attribute = asText(cursor, member(fields, 'attr'), 'attr');
  return { kind: 'get', operand: operand(cursor, fields, 'left'), attribute };
};

const readHas: Reader = (cursor, body) => {
  const fields = fieldsOf(cursor, body, ['left', 'attr']);
  const attr = member(fields, 'attr');
  const names = typeof attr === 'string' ? [attr] : asArray(cursor, attr, 'attr');
  const [first, ...rest] = names.map((name) => asText(cursor, name, 'attr'));
  if (first === undefined) return failJson(cursor, 'attr must name an attribute');
  return { kind: 'has', operand: operand(cursor, fields, 'left'), path: [first, ...rest] };
};

const readPatternPart = (cursor: JsonCursor, value: unknown): PatternPart => {
  if (value === 'Wildcard') return 'wildcard';
  const help = 'write "Wildcard" or {"Literal": "…"}';
  if (typeof value === 'string') return failJson(cursor, 'unknown part of a pattern', help);
  const fields = asObject(cursor, value, 'a part of a pattern');
  onlyMembers(cursor, fields, ['Literal']);
  return { literal: asText(cursor, member(fields, 'Literal'), 'Literal') };
};

const readLike: Reader = (cursor, body) => {
  const fields = fieldsOf(cursor, body, ['left', 'pattern']);
  const pattern: PatternPart[] = [];
  for (const value of asArray(cursor, member(fields, 'pattern'), 'pattern')) {
    const part = readPatternPart(cursor, value);
    const last = pattern.at(-1);
    if (part === 'wildcard') pattern.push(part);
    else if (last === undefined || last === 'wildcard') {
      if (part.literal !== '') pattern.push(part);
    } else pattern[pattern.length - 1] = { literal: last.literal + part.literal };
  }
  return { kind: 'like', operand: operand(cursor, fields, 'left'), pattern };
};

const readIs: Reader = (cursor, body) => {
  const fields = fieldsOf(cursor, body, ['left', 'entity_type', 'in']);
  const entityType = asTypeName(cursor, member(fields, 'entity_type'));
  const subject = operand(cursor, fields, 'left');
  const group = member(fields, 'in') ?? undefined;
  if (group === undefined) return { kind: 'is', operand: subject, entityType };
  return { kind: 'is', operand: subject, entityType, in: operand(cursor, fields, 'in') };
};

const readIf: Reader = (cursor, body) => {
  const fields = fieldsOf(cursor, body, ['if', 'then', 'else']);
  return {
    kind: 'if',
    condition: operand(cursor, fields, 'if'),
    then: operand(cursor, fields, 'then'),
    otherwise: operand(cursor, fields, 'else'),
  };
};

const readList = (cursor: JsonCursor, body: unknown, what: string): readonly Expr[] =>
  asArray(cursor, body, what).map((item, at) =>
    within(cursor, at, () => readJsonExpr(cursor, item)),
  );

const readSet: Reader = (cursor, body) => ({
  kind: 'set',
  elements: readList(cursor, body, 'Set'),
});

const readRecord: Reader = (cursor, body) => {
  const fields = asObject(cursor, body, 'Record');
  const entries = Object.keys(fields).map((key) => ({
    key: asText(cursor, key, 'a key'),
    value: operand(cursor, fields, key),
  }));
  return { kind: 'record', entries };
};

const binaryOperators = [
  ...(['==', '!=', '<', '<=', '>', '>=', '+', '-', '*', 'in'] as const),
  ...(['contains', 'containsAll', 'containsAny', 'getTag', 'hasTag'] as const),
];

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['Value', readValue],
  ['Var', readVariable],
  ['Slot', readSlot],
  ['!', readUnary('not')],
  ['neg', readUnary('negate')],
  ['isEmpty', readUnary('isEmpty')],
  ['&&', readLogic('and')],
  ['||', readLogic('or')],
  ...binaryOperators.map((operator) => [operator, readBinary(operator)] as const),
  ['.', readGet],
  ['has', readHas],
  ['like', readLike],
  ['is', readIs],
  ['if-then-else', readIf],
  ['Set', readSet],
  ['Record', readRecord],
]);

const readCall = (cursor: JsonCursor, name: string, body: unknown): Expr => {
  if (!Array.isArray(body))
    return failJson(
      cursor,
      `unknown kind of expression \`${excerpt(name)}\``,
      suggest(name, [...readers.keys()]),
    );
  const args: readonly unknown[] = body;
  checkCall(cursor, name, args.length);
  return { kind: 'call', name, args: readList(cursor, args, name) };
};

/** Reads one expression; gives up by SyntaxFailure. */
export const readJsonExpr = (cursor: JsonCursor, value: unknown): Expr => {
  if (value === undefined) return failJson(cursor, 'an expression is missing');
  const object = asObject(cursor, value, 'an expression');
  const [key, second] = Object.keys(object);
  if (key === undefined || second !== undefined)
    return failJson(
      cursor,
      `an expression must be an object with one member, not ${key === undefined ? 'none' : 'more'}`,
      `such as {"Value": …} or {"Var": …}; this is ${kindOf(value)}`,
    );
  descend(cursor);
  const reader = readers.get(key);
  cursor.path.push(key);
  const expr =
    reader === undefined ? readCall(cursor, key, object[key]) : reader(cursor, object[key]);
  cursor.path.pop();
  ascend(cursor);
  return expr;
};
