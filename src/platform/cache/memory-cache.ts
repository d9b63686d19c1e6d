/**
 * The cache inside one process. Values are bounded by forgetting the oldest; counters are never
 * forgotten early, because that would forget a limit: too many of them is a refusal.
 */
import { type Clock, systemClock } from '../../kernel/effects.ts';
import { SallyportError } from '../../kernel/errors.ts';
import { checkGive, checkKey, checkTake, checkTtl, checkValue } from './check.ts';
import { cacheErrors } from './errors.ts';
import type { Cache, CacheListener } from './types.ts';

export type MemoryCacheOptions = {
  readonly clock?: Clock;
  /** Most values and most counters kept; 100,000 of each by default. */
  readonly maxEntries?: number;
};

type Entry<T> = { value: T; readonly expiresAtMs: number };

const defaultMaxEntries = 100_000;
const minSweepSize = 1024;

/** A map whose entries die; swept when it has doubled since the last sweep. */
const createExpiringMap = <T>(nowMs: () => number) => {
  const entries = new Map<string, Entry<T>>();
  let sweepSize = minSweepSize;
  const sweep = (): void => {
    const now = nowMs();
    for (const [key, entry] of entries) if (entry.expiresAtMs <= now) entries.delete(key);
    sweepSize = Math.max(minSweepSize, entries.size * 2);
  };
  const read = (key: string): Entry<T> | undefined => {
    const entry = entries.get(key);
    if (entry === undefined || entry.expiresAtMs > nowMs()) return entry;
    entries.delete(key);
    return undefined;
  };
  const write = (key: string, value: T, ttlMs: number): Entry<T> => {
    const entry = { value, expiresAtMs: nowMs() + ttlMs };
    entries.delete(key);
    entries.set(key, entry);
    if (entries.size >= sweepSize) sweep();
    return entry;
  };
  return { entries, read, write, sweep };
};

const createValues = (nowMs: () => number, maxEntries: number) => {
  const map = createExpiringMap<string>(nowMs);
  const forgetOldest = (): void => {
    const [oldest] = map.entries.keys();
    if (oldest !== undefined) map.entries.delete(oldest);
  };
  return {
    get: async (key: string) => {
      checkKey(key);
      return map.read(key)?.value;
    },
    set: async (key: string, value: string, ttlMs: number) => {
      checkKey(key);
      checkValue(value);
      checkTtl(ttlMs);
      map.write(key, value, ttlMs);
      if (map.entries.size > maxEntries) forgetOldest();
    },
    delete: async (key: string) => {
      checkKey(key);
      map.entries.delete(key);
    },
  };
};

const createCounters = (
  nowMs: () => number,
  maxEntries: number,
): Pick<Cache, 'takeUpTo' | 'give' | 'taken'> => {
  const map = createExpiringMap<number>(nowMs);
  const makeRoom = (): void => {
    if (map.entries.size >= maxEntries) map.sweep();
    if (map.entries.size >= maxEntries)
      throw new SallyportError(cacheErrors.E_CACHE_FULL, `${maxEntries} counters are alive`);
  };
  return {
    takeUpTo: async (key, amount, bound) => {
      checkKey(key);
      checkTake(amount, bound);
      const entry = map.read(key);
      const granted = Math.max(0, Math.min(amount, bound.limit - (entry?.value ?? 0)));
      if (granted === 0) return 0;
      if (entry !== undefined) {
        entry.value += granted;
        return granted;
      }
      makeRoom();
      map.write(key, granted, bound.ttlMs);
      return granted;
    },
    give: async (key, amount) => {
      checkKey(key);
      checkGive(amount);
      const entry = map.read(key);
      if (entry !== undefined) entry.value = Math.max(0, entry.value - amount);
    },
    taken: async (key) => {
      checkKey(key);
      return map.read(key)?.value ?? 0;
    },
  };
};

const createNews = (): Pick<Cache, 'publish' | 'subscribe'> & { readonly end: () => void } => {
  const listeners = new Map<string, Set<CacheListener>>();
  return {
    publish: async (channel, message) => {
      checkKey(channel);
      checkValue(message);
      for (const listener of listeners.get(channel) ?? []) queueMicrotask(() => listener(message));
    },
    subscribe: async (channel, listener) => {
      checkKey(channel);
      // A wrapper of its own: the same function may subscribe twice.
      const own: CacheListener = (message) => listener(message);
      const group = listeners.getOrInsertComputed(channel, () => new Set());
      group.add(own);
      return async () => {
        group.delete(own);
        if (group.size === 0) listeners.delete(channel);
      };
    },
    end: () => listeners.clear(),
  };
};

/** Creates a cache that lives and dies with this process. */
export const createMemoryCache = (options: MemoryCacheOptions = {}): Cache => {
  const { clock = systemClock, maxEntries = defaultMaxEntries } = options;
  const nowMs = (): number => clock.monotonicMs();
  const { end, ...news } = createNews();
  return {
    kind: 'memory',
    ...createValues(nowMs, maxEntries),
    ...createCounters(nowMs, maxEntries),
    ...news,
    close: async () => end(),
  };
};
