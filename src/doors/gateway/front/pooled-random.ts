/** Randomness in small pieces from one large draw: a request id should not cost a system call. */
import type { Random } from '../../../kernel/effects.ts';

const poolBytes = 4096;

/** Bytes are handed out once each; large requests go to the source. */
export const pooledRandom = (source: Random): Random => {
  let pool = new Uint8Array(0);
  let used = 0;
  return {
    bytes: (count) => {
      if (count > poolBytes / 4) return source.bytes(count);
      if (used + count > pool.length) {
        pool = source.bytes(poolBytes);
        used = 0;
      }
      used += count;
      return pool.slice(used - count, used);
    },
  };
};
