/** Literals in JSON policies: `{"Value": …}` with `__entity` and `__extn`, and entity references. */
import type { EntityUid, Expr } from '../ast.ts';
import { excerpt } from './cursor.ts';
import {
  ascend,
  asObject,
  asText,
  descend,
  failJson,
  isObject,
  type JsonCursor,
  type JsonObject,
  member,
  within,
} from './json-cursor.ts';
import { isFunction, isMethod, isTypeName } from './names.ts';
import { maxLong, minLong } from './parse-numbers.ts';

/** A type name as it must be written in JSON: no blanks, no reserved words. */
export const asTypeName = (cursor: JsonCursor, value: unknown): string => {
  const name = asText(cursor, value, 'the name of an entity type');
  return isTypeName(name)
    ? name
    : failJson(cursor, `\`${excerpt(name)}\` is not the name of an entity type`);
};

const hasUidShape = (value: unknown): value is JsonObject =>
  isObject(value) &&
  typeof member(value, 'type') === 'string' &&
  typeof member(value, 'id') === 'string';

const asUid = (cursor: JsonCursor, value: JsonObject): EntityUid => ({
  type: within(cursor, 'type', () => asTypeName(cursor, member(value, 'type'))),
  id: within(cursor, 'id', () => asText(cursor, member(value, 'id'), 'an entity id')),
});

/** `{type, id}` or `{"__entity": {type, id}}`. */
export const readUid = (cursor: JsonCursor, value: unknown): EntityUid => {
  const object = asObject(cursor, value, 'an entity');
  const inner = member(object, '__entity') ?? object;
  return hasUidShape(inner)
    ? asUid(cursor, inner)
    : failJson(cursor, 'this is no entity', 'write {"type": "…", "id": "…"}');
};

const readLong = (cursor: JsonCursor, value: number | bigint): Expr => {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    return failJson(
      cursor,
      'this number is not an integer that JavaScript holds exactly',
      'give integers beyond 2^53 as bigint or as JSON text; fractions as decimal("…")',
    );
  const long = BigInt(value);
  if (long < minLong || long > maxLong)
    return failJson(cursor, `the integer ${long} does not fit into 64 bits`);
  return { kind: 'long', value: long };
};

/** A call by `fn` and one `arg` or many `args`, or undefined when the value is not of this shape. */
const extensionShape = (
  value: unknown,
): { readonly fn: string; readonly args: readonly unknown[] } | undefined => {
  if (!isObject(value)) return undefined;
  const fn = member(value, 'fn');
  const args = Object.hasOwn(value, 'arg') ? [value['arg']] : member(value, 'args');
  return typeof fn === 'string' && Array.isArray(args) ? { fn, args } : undefined;
};

/** Checks that a call can be written at all: a known name, and a receiver for methods. */
export const checkCall = (cursor: JsonCursor, name: string, count: number): void => {
  if (!isFunction(name) && !isMethod(name))
    failJson(cursor, `there is no extension function \`${excerpt(name)}\``);
  if (isMethod(name) && count === 0) failJson(cursor, `the method \`${name}\` needs a receiver`);
};

/** The escapes `__entity` and `__extn`, each the only member of its object. */
const readEscape = (cursor: JsonCursor, object: JsonObject): Expr | undefined => {
  const [key, second] = Object.keys(object);
  if (key === undefined || second !== undefined) return undefined;
  const inner = object[key];
  if (key === '__entity' && hasUidShape(inner))
    return within(cursor, key, () => ({ kind: 'entity', uid: asUid(cursor, inner) }));
  if (key === '__expr' && typeof inner === 'string')
    return failJson(cursor, 'the escape `__expr` is no longer supported');
  const call = key === '__extn' ? extensionShape(inner) : undefined;
  if (call === undefined) return undefined;
  checkCall(cursor, call.fn, call.args.length);
  const args = call.args.map((arg) => within(cursor, key, () => readValue(cursor, arg)));
  return { kind: 'call', name: call.fn, args };
};

const readMembers = (cursor: JsonCursor, object: JsonObject): Expr => ({
  kind: 'record',
  entries: Object.keys(object).map((key) => ({
    key: asText(cursor, key, 'a key'),
    value: within(cursor, key, () => readValue(cursor, object[key])),
  })),
});

/** Reads a literal of any kind. */
export const readValue = (cursor: JsonCursor, value: unknown): Expr => {
  if (typeof value === 'boolean') return { kind: 'bool', value };
  if (typeof value === 'string')
    return { kind: 'string', value: asText(cursor, value, 'a string') };
  if (typeof value === 'number' || typeof value === 'bigint') return readLong(cursor, value);
  descend(cursor);
  let expr: Expr;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const elements = items.map((item, at) => within(cursor, at, () => readValue(cursor, item)));
    expr = { kind: 'set', elements };
  } else {
    const object = asObject(cursor, value, 'a literal');
    expr = readEscape(cursor, object) ?? readMembers(cursor, object);
  }
  ascend(cursor);
  return expr;
};
