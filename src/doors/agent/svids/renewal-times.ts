/**
 * When to renew: at half of the life on average, and from the first minute on as evenly as if the
 * workloads had started long ago. A fleet that starts at once therefore never renews at once.
 */

/** Renewals after the first vary by this share of the half life. */
const spread = 0.1;

/**
 * How far the next renewal of a fleet that runs for long is away, in half lives: even up to the
 * shortest distance between renewals and falling from there to the longest. Drawing the first
 * renewal from exactly this makes the fleet even from its first second on.
 */
const residual = (fraction: number): number => {
  const shortest = 1 - spread;
  if (fraction <= shortest) return fraction;
  const width = 2 * spread;
  return shortest + width * (1 - Math.sqrt(Math.max(0, 1 - (2 * (fraction - shortest)) / width)));
};

/**
 * Milliseconds after issuing at which to renew: all but the first come near half of the life.
 *
 * @param fraction even in [0, 1)
 */
export const renewAfterMs = (lifeMs: number, kind: 'first' | 'later', fraction: number): number => {
  const half = lifeMs / 2;
  if (kind === 'first') return half * residual(fraction);
  return half * (1 - spread + 2 * spread * fraction);
};

/** After a failure: soon at first, at least every half minute, with jitter, never beyond the end. */
export const retryAfterMs = (failures: number, leftMs: number, fraction: number): number => {
  const ceiling = Math.min(30_000, 500 * 2 ** Math.min(failures, 10));
  const most = leftMs > 2_000 ? Math.min(ceiling, leftMs / 2) : Math.min(ceiling, 2_000);
  return most * (0.5 + 0.5 * fraction);
};
