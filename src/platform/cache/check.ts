/** Bounds on what enters the cache, the same for every implementation. */
import { SallyportError } from '../../kernel/errors.ts';
import { cacheErrors } from './errors.ts';
import type { CounterBound } from './types.ts';

const maxKeyLength = 512;
const maxValueLength = 1024 * 1024;
const maxTtlMs = 366 * 24 * 3600 * 1000;

const unfit = (what: string): SallyportError => new SallyportError(cacheErrors.E_CACHE_VALUE, what);

/** Throws E_CACHE_VALUE unless the key has 1 to 512 characters. */
export const checkKey = (key: string): void => {
  if (key.length === 0 || key.length > maxKeyLength) throw unfit('key has a bad length');
};

export const checkValue = (value: string): void => {
  if (value.length > maxValueLength) throw unfit('value is larger than 1 MiB');
};

export const checkTtl = (ttlMs: number): void => {
  if (!Number.isSafeInteger(ttlMs) || ttlMs < 1 || ttlMs > maxTtlMs)
    throw unfit('life must be a whole number of milliseconds, at most a year');
};

/** Throws unless 0 ≤ amount and 0 ≤ limit, both safe integers, and the life is sound. */
export const checkTake = (amount: number, { limit, ttlMs }: CounterBound): void => {
  if (!Number.isSafeInteger(amount) || amount < 0) throw unfit('amount is not a whole number');
  if (!Number.isSafeInteger(limit) || limit < 0) throw unfit('limit is not a whole number');
  checkTtl(ttlMs);
};

export const checkGive = (amount: number): void => {
  if (!Number.isSafeInteger(amount)) throw unfit('amount is not a whole number');
};
