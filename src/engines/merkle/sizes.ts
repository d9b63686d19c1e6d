/** Arithmetic of tree sizes. Never 32-bit operators: sizes go far beyond 2^31. */

/** Tree sizes and leaf indexes; verifiers take either, everything else works with safe numbers. */
export type Size = number | bigint;

const maxSize = 2n ** 64n;

/** The size as bigint, undefined unless it is a whole number in [0, 2^64). */
export const toSize = (value: unknown): bigint | undefined => {
  if (typeof value === 'number') return isSize(value) ? BigInt(value) : undefined;
  if (typeof value === 'bigint') return value >= 0n && value < maxSize ? value : undefined;
  return undefined;
};

/** True for non-negative safe integers. */
export const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** Largest power of two strictly below `size`, for sizes of 2 and more. */
export const splitPoint = (size: number): number => {
  let power = 2 ** Math.floor(Math.log2(size));
  // The logarithm may round either way close to a power of two.
  while (power >= size) power /= 2;
  while (power * 2 < size) power *= 2;
  return power;
};

/** Largest power of two not above `size`, for sizes of 1 and more. */
export const largestPower = (size: number): number => (size === 1 ? 1 : splitPoint(size + 1));

/** Level of a power of two: its logarithm. */
export const levelOf = (power: number): number => Math.round(Math.log2(power));

export const isPowerOfTwo = (value: bigint): boolean => value > 0n && (value & (value - 1n)) === 0n;

/** Decimal digits without sign, leading zeroes or excess; undefined for anything else. */
export const parseDecimal = (text: string): number | undefined => {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
};
