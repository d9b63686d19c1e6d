/** A token bucket per caller, in bounded memory, by a clock that never goes backwards. */
import type { Clock } from '../../../kernel/effects.ts';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { identityErrors } from '../errors.ts';

export type RateBounds = { readonly perSecond: number; readonly burst: number };

/** Takes `amount` from the caller's bucket, or says how long to wait; then nothing is taken. */
export type RateLimit = (caller: string, amount: number) => Refusal | undefined;

type Bucket = { level: number; atMs: number };

const maxCallers = 16_384;

export const createRateLimit = (
  clock: Pick<Clock, 'monotonicMs'>,
  { perSecond, burst }: RateBounds,
): RateLimit => {
  const buckets = new Map<string, Bucket>();
  const bucketOf = (caller: string, nowMs: number): Bucket => {
    const known = buckets.get(caller) ?? { level: burst, atMs: nowMs };
    // Touched last stands last: the first is the one to forget, which is full again by then.
    buckets.delete(caller);
    buckets.set(caller, known);
    const [oldest] = buckets.keys();
    if (buckets.size > maxCallers && oldest !== undefined) buckets.delete(oldest);
    return known;
  };
  return (caller, amount) => {
    const nowMs = clock.monotonicMs();
    const bucket = bucketOf(caller, nowMs);
    bucket.level = Math.min(burst, bucket.level + ((nowMs - bucket.atMs) / 1000) * perSecond);
    bucket.atMs = nowMs;
    if (bucket.level >= amount) {
      bucket.level -= amount;
      return undefined;
    }
    const retryAfterMs = Math.ceil(((Math.min(amount, burst) - bucket.level) / perSecond) * 1000);
    return refuse(
      identityErrors.E_IDENTITY_RATE,
      `more than ${perSecond} a second for this caller`,
      {
        retryAfterMs,
      },
    );
  };
};
