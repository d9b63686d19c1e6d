/** Cache: short-lived values, counters that never overshoot, and news between nodes. */
export { cacheErrors } from './errors.ts';
export { createMemoryCache } from './memory-cache.ts';
export { openCache } from './open-cache.ts';

export type { MemoryCacheOptions } from './memory-cache.ts';
export type { CacheOptions } from './open-cache.ts';
export type { Cache, CacheListener, CacheLog, CounterBound } from './types.ts';
