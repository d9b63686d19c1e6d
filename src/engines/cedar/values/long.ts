/** Arithmetic on 64-bit integers: exact, and undefined where the result does not fit. */
import type { Long } from './value.ts';

export const minLong = -(2n ** 63n);
export const maxLong = 2n ** 63n - 1n;

/** The normal form of an integer; undefined beyond 64 bits. */
export const toLong = (value: bigint): Long | undefined => {
  if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER))
    return Number(value);
  return value < minLong || value > maxLong ? undefined : value;
};

/*
 * A double result inside the safe range is the exact one: sums and products of integers that leave
 * the range are rounded to 2^53 or more. Adding 0 turns -0 into 0.
 */
export const addLongs = (left: Long, right: Long): Long | undefined => {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return toLong(BigInt(left) + BigInt(right));
};

export const subtractLongs = (left: Long, right: Long): Long | undefined => {
  if (typeof left === 'number' && typeof right === 'number') {
    const difference = left - right;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return toLong(BigInt(left) - BigInt(right));
};

export const multiplyLongs = (left: Long, right: Long): Long | undefined => {
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return toLong(BigInt(left) * BigInt(right));
};

export const negateLong = (value: Long): Long | undefined => subtractLongs(0, value);

/** Quotient rounded towards zero. */
export const divideLong = (value: Long, by: number): Long => {
  if (typeof value === 'number') return Math.trunc(value / by) + 0;
  return toLong(value / BigInt(by)) ?? 0;
};

/** Remainder with the sign of the divisor, which is positive. */
export const floorRemainder = (value: Long, by: number): number => {
  const rest = typeof value === 'number' ? value % by : Number(value % BigInt(by));
  return rest < 0 ? rest + by : rest + 0;
};
