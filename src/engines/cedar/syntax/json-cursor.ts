/** Reading foreign JSON values field by field; failures say where in the document. */
import { excerpt } from './cursor.ts';
import { SyntaxFailure, syntaxCodes } from './errors.ts';
import { maxHeight } from './limits.ts';

export type JsonCursor = {
  /** Members and indexes from the root to the value in hand. */
  readonly path: (string | number)[];
  /** Expressions around the one in hand. */
  height: number;
};
export type JsonObject = Readonly<Record<string, unknown>>;

export const createJsonCursor = (): JsonCursor => ({ path: [], height: 0 });

const pathText = (path: readonly (string | number)[]): string => {
  const tail = path.length > 12 ? path.slice(-12) : path;
  const text = tail
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${excerpt(step)}`))
    .join('');
  return tail.length < path.length ? `…${text}` : text.replace(/^\./, '');
};

/** Gives up over the value in hand. */
export const failJson = (cursor: JsonCursor, message: string, help?: string): never => {
  const where = cursor.path.length === 0 ? '' : ` at ${pathText(cursor.path)}`;
  throw new SyntaxFailure({
    code: syntaxCodes.json,
    message: `${message}${where}`,
    ...(help === undefined ? {} : { help }),
  });
};

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a value is, for messages. */
export const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return 'a string';
  if (typeof value === 'boolean') return 'a boolean';
  return typeof value === 'number' || typeof value === 'bigint' ? 'a number' : typeof value;
};

export const asObject = (cursor: JsonCursor, value: unknown, what: string): JsonObject =>
  isObject(value) ? value : failJson(cursor, `${what} must be an object, not ${kindOf(value)}`);

export const asArray = (cursor: JsonCursor, value: unknown, what: string): readonly unknown[] =>
  Array.isArray(value) ? value : failJson(cursor, `${what} must be an array, not ${kindOf(value)}`);

export const asText = (cursor: JsonCursor, value: unknown, what: string): string => {
  if (typeof value !== 'string')
    return failJson(cursor, `${what} must be a string, not ${kindOf(value)}`);
  return value.isWellFormed() ? value : failJson(cursor, `${what} has half of a surrogate pair`);
};

/** Own member of an object; inherited ones do not count. */
export const member = (object: JsonObject, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** Reads one member or element with its name on the path. */
export const within = <T>(cursor: JsonCursor, step: string | number, read: () => T): T => {
  cursor.path.push(step);
  const value = read();
  cursor.path.pop();
  return value;
};

/** Refuses members that are not in the list. */
export const onlyMembers = (
  cursor: JsonCursor,
  object: JsonObject,
  allowed: readonly string[],
): void => {
  for (const key of Object.keys(object))
    if (!allowed.includes(key))
      failJson(cursor, `unknown member \`${excerpt(key)}\``, `known are ${allowed.join(', ')}`);
};

/** Goes one expression deeper; `ascend` goes back. */
export const descend = (cursor: JsonCursor): void => {
  cursor.height++;
  if (cursor.height <= maxHeight) return;
  throw new SyntaxFailure({
    code: syntaxCodes.limit,
    message: `the expression is higher than ${maxHeight} operators`,
    help: 'split the policy, or put long lists into a set',
  });
};
export const ascend = (cursor: JsonCursor): void => {
  cursor.height--;
};
