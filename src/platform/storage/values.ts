/**
 * Values on their way into and out of a database. SQLite and PostgreSQL accept different things
 * silently; only what both keep unchanged passes, so that a test on one speaks for the other.
 */
import { SallyportError } from '../../kernel/errors.ts';
import { storageErrors } from './errors.ts';

export type StoredValue = string | number | bigint | Uint8Array | null;

const maxInt64 = 2n ** 63n - 1n;
const minInt64 = -(2n ** 63n);

const unfit = (what: string): SallyportError =>
  new SallyportError(storageErrors.E_STORAGE_VALUE, what);

const checkedText = (text: string): string => {
  if (text.includes('\0')) throw unfit('text holds a NUL character');
  if (!text.isWellFormed()) throw unfit('text holds half of a surrogate pair');
  return text;
};

const checkedNumber = (value: number): number => {
  if (!Number.isFinite(value)) throw unfit('number is not finite');
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw unfit('integer is larger than 2^53 - 1');
  return value;
};

/**
 * Admits a query parameter. Booleans become 0 and 1.
 *
 * @throws SallyportError E_STORAGE_VALUE for undefined, dates, objects, NUL in text, lone
 *   surrogates, non-finite numbers, unsafe integers and bigints beyond 64 bits
 */
export const toStored = (value: unknown): StoredValue => {
  if (typeof value === 'string') return checkedText(value);
  if (typeof value === 'number') return checkedNumber(value);
  if (value === null || value instanceof Uint8Array) return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint') {
    if (value > maxInt64 || value < minInt64) throw unfit('bigint does not fit 64 bits');
    return value;
  }
  throw unfit(`a parameter is ${value === undefined ? 'undefined' : `of type ${typeof value}`}`);
};

/** Reads a decimal integer a database sent as text. Throws E_STORAGE_VALUE beyond 2^53 - 1. */
export const integerFromText = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw unfit('stored integer is larger than 2^53 - 1');
  return value;
};

/** Reads a decimal number sent as text (PostgreSQL `numeric`, the type of its sums). */
export const numberFromText = (text: string): number => {
  if (!text.includes('.')) return integerFromText(text);
  return checkedNumber(Number(text));
};
