/** Opens the cache named by a URL. */
import type { Clock } from '../../kernel/effects.ts';
import { SallyportError } from '../../kernel/errors.ts';
import { cacheErrors } from './errors.ts';
import { createMemoryCache } from './memory-cache.ts';
import type { Cache, CacheLog } from './types.ts';

export type CacheOptions = {
  /** `memory:`, `valkey://host:port/db` or `valkeys://…` (TLS); `redis(s)://` mean the same. */
  readonly url: string;
  readonly clock?: Clock;
  readonly log?: CacheLog;
};

const serverSchemes = ['valkey://', 'valkeys://', 'redis://', 'rediss://'];

/** @throws SallyportError E_CACHE_URL or E_CACHE_UNAVAILABLE */
export const openCache = async ({ url, clock, log }: CacheOptions): Promise<Cache> => {
  if (url === 'memory:') return createMemoryCache(clock === undefined ? {} : { clock });
  if (serverSchemes.some((scheme) => url.startsWith(scheme))) {
    // Loaded on demand: a single node needs no client.
    const { connectValkeyCache } = await import('./valkey-cache.ts');
    return connectValkeyCache(url, log);
  }
  // Never echo the address: it may hold a password.
  throw new SallyportError(cacheErrors.E_CACHE_URL, 'cache.url has an unknown scheme');
};
