/** Waiting longer after each failure, never in step with others (full jitter). */
import type { Random } from '../../../kernel/effects.ts';

export type Backoff = {
  /** Milliseconds to wait now. */
  readonly next: () => number;
  readonly reset: () => void;
};

/** A fraction in [0, 1). */
export const fractionOf = (random: Random): number =>
  Buffer.from(random.bytes(6)).readUIntBE(0, 6) / 2 ** 48;

/** Starts at `firstMs`, doubles up to `mostMs`; each wait is drawn from its upper three quarters. */
export const createBackoff = (
  random: Random,
  { firstMs, mostMs }: { readonly firstMs: number; readonly mostMs: number },
): Backoff => {
  let ceiling = firstMs;
  return {
    next: () => {
      const wait = ceiling * (0.25 + 0.75 * fractionOf(random));
      ceiling = Math.min(mostMs, ceiling * 2);
      return wait;
    },
    reset: () => {
      ceiling = firstMs;
    },
  };
};
