/**
 * Request ids: unique for good, sorted within a process, cheap. The first part is drawn when the
 * process starts (time and 80 random bits), the second counts.
 */
import { encodeHex } from '../../kernel/hex.ts';
import type { Clock, Random } from '../../kernel/effects.ts';

const randomBytes = 10;
const radix = 36;
const digits = 7;

/** Makes a generator of ids of 36 or more characters: `0mz3…-0000001`. */
export const requestIds = (clock: Clock, random: Random): (() => string) => {
  const start = clock.nowMs().toString(radix).padStart(9, '0');
  const prefix = `${start}${encodeHex(random.bytes(randomBytes))}-`;
  let count = 0;
  return () => {
    count += 1;
    return prefix + count.toString(radix).padStart(digits, '0');
  };
};
