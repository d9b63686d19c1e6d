/**
 * Leases of rates, in the cache: one counter per account and minute. A counter is gone soon after
 * its minute, so nothing is given back or charged to a minute that is over.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../kernel/effects.ts';
import type { Cache } from '../../platform/cache/index.ts';
import type { LeaseChange, LeaseGrant, LeaseStore } from './lease-store.ts';
import type { Pocket } from './pocket.ts';

/** Counters outlive their minute a little: the clocks of nodes differ. */
const graceMs = 5_000;
/** A bonus is at most this part of the whole limit: what remains is not known beforehand. */
const bonusShare = 32;
const unlimited = Number.MAX_SAFE_INTEGER;

/** Hashed: ids may be longer than a cache key. */
export const counterKey = (account: string, startMs: number): string =>
  `budget:${createHash('sha256').update(account).digest('base64url')}:${startMs}`;

export const createRateStore = (cache: Cache, clock: Clock): LeaseStore => {
  const exchangeOne = async (change: LeaseChange): Promise<LeaseGrant> => {
    const { pocket, want, bonus } = change;
    const ttlMs = Math.ceil(pocket.endMs - clock.nowMs()) + graceMs;
    if (ttlMs <= 0) return { granted: 0, isGone: false };
    const key = counterKey(pocket.account, pocket.startMs);
    if (change.giveBack > 0) await cache.give(key, change.giveBack);
    if (change.debt > 0) await cache.takeUpTo(key, change.debt, { limit: unlimited, ttlMs });
    const limit = pocket.limit.amount;
    const amount = want + Math.min(bonus, Math.floor(limit / bonusShare));
    if (amount === 0) return { granted: 0, isGone: false };
    return { granted: await cache.takeUpTo(key, amount, { limit, ttlMs }), isGone: false };
  };
  return { exchange: (changes) => Promise.all(changes.map(exchangeOne)) };
};

/** What a rate limit has granted in its current minute. */
export const chargedInCache = (cache: Cache, pocket: Pick<Pocket, 'account' | 'startMs'>) =>
  cache.taken(counterKey(pocket.account, pocket.startMs));
