/**
 * JSON Canonicalization Scheme, RFC 8785: one text per value, so that it can be hashed and signed.
 * ECMAScript's own number and string forms are those of the RFC; keys sort by UTF-16 code units.
 */
import { kernelErrors, SallyportError } from './errors.ts';
import type { JsonValue } from './json-value.ts';

const maxDepth = 512;

const reject = (what: string): never => {
  throw new SallyportError(kernelErrors.E_MALFORMED, `canonical JSON cannot hold ${what}`);
};

/**
 * The canonical text of a value.
 *
 * @throws SallyportError E_MALFORMED for what JSON cannot say: NaN and infinities, lone surrogates,
 * undefined, bigint, class instances, cycles or nesting beyond 512
 */
export const canonicalJson = (value: JsonValue): string => write(value, 0);

const write = (value: unknown, depth: number): string => {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : reject(`${value}`);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (depth >= maxDepth) return reject(`nesting beyond ${maxDepth}`);
      return Array.isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
    default:
      return reject(`a value of type ${typeof value}`);
  }
};

const writeString = (text: string): string =>
  text.isWellFormed() ? JSON.stringify(text) : reject('a lone surrogate');

const writeArray = (items: readonly unknown[], depth: number): string => {
  let text = '[';
  for (let i = 0; i < items.length; i++) {
    if (i > 0) text += ',';
    text += write(items[i], depth + 1);
  }
  return `${text}]`;
};

const writeObject = (object: object, depth: number): string => {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) return reject('a class instance');
  const members = object as Readonly<Record<string, unknown>>;
  let text = '{';
  for (const key of Object.keys(members).sort()) {
    if (text.length > 1) text += ',';
    text += `${writeString(key)}:${write(members[key], depth + 1)}`;
  }
  return `${text}}`;
};
