/** What every cache must do alike. `sleepy` engines cannot fake time and skip its tests. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Cache } from '../../../src/platform/cache/index.ts';

export type CacheEngine = {
  readonly open: () => Promise<Cache>;
  /** Moves time, or waits for it. */
  readonly pass: (ms: number) => Promise<void>;
  readonly skip?: string | false;
};

const unique = (): string => randomBytes(8).toString('hex');

export const cacheContract = (name: string, engine: CacheEngine): void => {
  const withCache = (use: (cache: Cache, key: string) => Promise<void>) => async () => {
    const cache = await engine.open();
    try {
      await use(cache, unique());
    } finally {
      await cache.close();
    }
  };
  describe(`cache in ${name}`, { skip: engine.skip ?? false }, () => {
    valuesContract(withCache, engine);
    countersContract(withCache, engine);
    newsContract(withCache);
  });
};

type WithCache = (use: (cache: Cache, key: string) => Promise<void>) => () => Promise<void>;

const valuesContract = (withCache: WithCache, engine: CacheEngine): void => {
  it(
    'keeps a value until it expires, is replaced or deleted',
    withCache(async (cache, key) => {
      assert.equal(await cache.get(key), undefined);
      await cache.set(key, 'one', 60_000);
      await cache.set(key, 'zwei ä🜁\0', 60_000);
      assert.equal(await cache.get(key), 'zwei ä🜁\0');
      await cache.delete(key);
      assert.equal(await cache.get(key), undefined);
      await cache.set(key, 'short', 50);
      await engine.pass(60);
      assert.equal(await cache.get(key), undefined);
    }),
  );

  const unfit: readonly (readonly [string, (cache: Cache) => Promise<unknown>])[] = [
    ['an empty key', (cache) => cache.get('')],
    ['a long key', (cache) => cache.set('k'.repeat(513), 'v', 1)],
    ['a large value', (cache) => cache.set('k', 'v'.repeat(1024 * 1024 + 1), 1)],
    ['no life', (cache) => cache.set('k', 'v', 0)],
    ['half a millisecond', (cache) => cache.set('k', 'v', 1.5)],
    ['a negative take', (cache) => cache.takeUpTo('k', -1, { limit: 1, ttlMs: 1 })],
    ['a fraction', (cache) => cache.takeUpTo('k', 0.5, { limit: 1, ttlMs: 1 })],
    ['no number', (cache) => cache.takeUpTo('k', Number.NaN, { limit: 1, ttlMs: 1 })],
    ['no limit', (cache) => cache.takeUpTo('k', 1, { limit: Infinity, ttlMs: 1 })],
    ['giving back infinity', (cache) => cache.give('k', Infinity)],
  ];
  for (const [what, work] of unfit) {
    it(
      `refuses ${what}`,
      withCache((cache) => assert.rejects(work(cache), { code: 'E_CACHE_VALUE' })),
    );
  }
};

const countersContract = (withCache: WithCache, engine: CacheEngine): void => {
  const bound = { limit: 10, ttlMs: 60_000 };
  it(
    'grants up to the limit and never more',
    withCache(async (cache, key) => {
      assert.equal(await cache.takeUpTo(key, 4, bound), 4);
      assert.equal(await cache.takeUpTo(key, 4, bound), 4);
      assert.equal(await cache.takeUpTo(key, 4, bound), 2);
      assert.equal(await cache.takeUpTo(key, 4, bound), 0);
      await cache.give(key, 3);
      assert.equal(await cache.taken(key), 7);
      assert.equal(await cache.takeUpTo(key, 4, bound), 3);
      await cache.give(key, 100);
      assert.equal(await cache.taken(key), 0);
    }),
  );

  it(
    'charges beyond the limit when told to, and then grants nothing',
    withCache(async (cache, key) => {
      await cache.takeUpTo(key, 5, bound);
      await cache.give(key, -20);
      assert.equal(await cache.taken(key), 25);
      assert.equal(await cache.takeUpTo(key, 1, bound), 0);
      assert.equal(await cache.takeUpTo(key, 1, { limit: 26, ttlMs: 60_000 }), 1);
    }),
  );

  it(
    'lets a counter live from its first use, however often it is used',
    withCache(async (cache, key) => {
      const short = { limit: 10, ttlMs: 80 };
      await cache.takeUpTo(key, 10, short);
      await engine.pass(50);
      assert.equal(await cache.takeUpTo(key, 1, short), 0);
      await cache.give(key, 1);
      await engine.pass(50);
      assert.equal(await cache.taken(key), 0);
      await cache.give(key, -5);
      assert.equal(await cache.taken(key), 0);
      assert.equal(await cache.takeUpTo(key, 20, short), 10);
    }),
  );

  it(
    'counts exactly up to 2^53 - 1',
    withCache(async (cache, key) => {
      const huge = { limit: Number.MAX_SAFE_INTEGER, ttlMs: 60_000 };
      assert.equal(await cache.takeUpTo(key, Number.MAX_SAFE_INTEGER - 2, huge), huge.limit - 2);
      assert.equal(await cache.takeUpTo(key, 5, huge), 2);
      await cache.give(key, 1);
      assert.equal(await cache.taken(key), huge.limit - 1);
    }),
  );

  it(
    'never grants more than the limit to parallel takers',
    withCache(async (cache) => {
      const property = fc.asyncProperty(
        fc.array(fc.nat(20), { maxLength: 30 }),
        fc.nat(100),
        async (amounts, limit) => {
          const key = unique();
          const takes = amounts.map((amount) =>
            cache.takeUpTo(key, amount, { limit, ttlMs: 60_000 }),
          );
          const granted = (await Promise.all(takes)).reduce((sum, amount) => sum + amount, 0);
          const wanted = amounts.reduce((sum, amount) => sum + amount, 0);
          assert.equal(granted, Math.min(limit, wanted));
        },
      );
      await fc.assert(property, { numRuns: 50 });
    }),
  );
};

const newsContract = (withCache: WithCache): void => {
  it(
    'tells every subscriber of a channel until it leaves',
    withCache(async (cache, channel) => {
      const heard: string[] = [];
      const arrival = Promise.withResolvers<void>();
      const leave = await cache.subscribe(channel, (message) => heard.push(`left ${message}`));
      await cache.subscribe(channel, (message) => {
        heard.push(message);
        if (message === 'second') arrival.resolve();
      });
      await cache.publish(`${channel}x`, 'elsewhere');
      await cache.publish(channel, 'first');
      await leave();
      await cache.publish(channel, 'second');
      await arrival.promise;
      assert.deepEqual(
        heard.filter((message) => !message.startsWith('left')),
        ['first', 'second'],
      );
      assert.ok(!heard.includes('left second'));
    }),
  );
};
