/** The cache contract in memory, and the bounds only memory needs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeClock } from '../../../src/kernel/effects.ts';
import { createMemoryCache, openCache } from '../../../src/platform/cache/index.ts';
import { cacheContract } from './contract.ts';

const clock = fakeClock();
cacheContract('memory', {
  open: () => openCache({ url: 'memory:', clock }),
  pass: async (ms) => clock.advance(ms),
});

describe('memory cache', () => {
  it('forgets the oldest value when it is full', async () => {
    const cache = createMemoryCache({ maxEntries: 2 });
    for (const key of ['a', 'b', 'c']) await cache.set(key, key, 60_000);
    assert.deepEqual([await cache.get('a'), await cache.get('c')], [undefined, 'c']);
  });

  it('refuses a new counter rather than forget one that is alive', async () => {
    const time = fakeClock();
    const cache = createMemoryCache({ maxEntries: 2, clock: time });
    const bound = { limit: 1, ttlMs: 1000 };
    for (const key of ['a', 'b']) await cache.takeUpTo(key, 1, bound);
    await assert.rejects(cache.takeUpTo('c', 1, bound), { code: 'E_CACHE_FULL' });
    assert.equal(await cache.takeUpTo('a', 1, bound), 0);
    time.advance(1000);
    assert.equal(await cache.takeUpTo('c', 1, bound), 1);
  });

  it('refuses an unknown address without repeating it', async () => {
    const opening = openCache({ url: 'memcached://me:secret@host' });
    await assert.rejects(opening, (failure: Error) => {
      assert.equal((failure as { code?: string }).code, 'E_CACHE_URL');
      return !failure.message.includes('secret');
    });
  });
});
