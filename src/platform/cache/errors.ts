/** The codes of the cache room. */
import { defineErrors } from '../../kernel/errors.ts';

export const cacheErrors = defineErrors({
  E_CACHE_UNAVAILABLE: {
    status: 503,
    exit: 'unavailable',
    title: 'The cache cannot be reached',
    hint: 'Check cache.url and the Valkey or Redis server, then try again.',
  },
  E_CACHE_FULL: {
    status: 503,
    exit: 'unavailable',
    title: 'The cache holds as many counters as it may',
    hint: 'Wait for counters to expire, or use a Valkey server (cache.url).',
  },
  E_CACHE_VALUE: {
    status: 500,
    exit: 'unexpected',
    title: 'A key, value or amount does not fit the cache',
    hint: 'Keys have 1 to 512 characters, values at most 1 MiB, amounts are safe integers.',
  },
  E_CACHE_URL: {
    status: 500,
    exit: 'usage',
    title: 'The cache address is not understood',
    hint: "Use 'memory:' or 'valkey://host:port' ('valkeys://' for TLS).",
  },
});
