/** Renewals: even over one TTL, spread after outages, independent of clock jumps. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBackoff } from '../../../src/doors/agent/sync/backoff.ts';
import { createDueList } from '../../../src/doors/agent/svids/due-list.ts';
import { renewAfterMs, retryAfterMs } from '../../../src/doors/agent/svids/renewal-times.ts';
import { createServerTime } from '../../../src/doors/agent/sync/server-time.ts';
import { systemRandom } from '../../../src/kernel/effects.ts';

/** The same draws in every run (Park and Miller). */
const fractions = (seed: number) => {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
};

describe('renewals of 10,000 workloads that start at once', () => {
  it('are at most 1.5 times the mean in any minute of one TTL', () => {
    const ttlMs = 3_600_000;
    const buckets = Array.from({ length: 60 }, () => 0);
    const next = fractions(11);
    for (let worker = 0; worker < 10_000; worker++)
      for (
        let atMs = renewAfterMs(ttlMs, 'first', next());
        atMs < ttlMs;
        atMs += renewAfterMs(ttlMs, 'later', next())
      )
        buckets[Math.floor(atMs / 60_000)] = (buckets[Math.floor(atMs / 60_000)] ?? 0) + 1;
    const mean = buckets.reduce((sum, count) => sum + count, 0) / 60;
    const most = Math.max(...buckets) / mean;
    assert.ok(most <= 1.3, `${most}`);
    assert.ok(Math.min(...buckets) / mean >= 0.7, 'no minute is idle');
  });

  it('are all before the last third of the life', () => {
    for (const kind of ['first', 'later'] as const)
      for (const fraction of [0, 0.5, 0.95, 0.999_999]) {
        const afterMs = renewAfterMs(1000, kind, fraction);
        assert.ok(afterMs >= 0 && afterMs <= 550, `${kind} ${fraction}: ${afterMs}`);
      }
  });
});

describe('waiting after failures', () => {
  it('is tried again often enough to succeed before the end', () => {
    let leftMs = 60_000;
    let tries = 0;
    while (leftMs > 0) leftMs -= retryAfterMs(tries++, leftMs, 0.9);
    assert.ok(tries > 5, String(tries));
  });

  it('grows to its bound, is never zero and starts anew', () => {
    const backoff = createBackoff(systemRandom, { firstMs: 100, mostMs: 1000 });
    const waits = Array.from({ length: 50 }, () => backoff.next());
    assert.ok(waits.every((wait) => wait >= 25 && wait <= 1000));
    assert.ok(new Set(waits).size > 40, 'no two agents wait the same');
    backoff.reset();
    assert.ok(backoff.next() <= 100);
  });
});

describe('the list of what is due', () => {
  it('gives each item once, when its time has come, and forgets what was removed', () => {
    const list = createDueList<string>();
    list.put('a', 1_000);
    list.put('b', 5_000);
    list.put('c', 1_000);
    list.put('a', 3_000);
    list.remove('c');
    assert.deepEqual(list.take(2_000), []);
    assert.deepEqual(list.take(3_000), ['a']);
    assert.deepEqual(list.take(10_000), ['b']);
    list.put('late', 0);
    assert.deepEqual(list.take(10_250), ['late']);
    assert.equal(list.size(), 0);
  });
});

describe('time by the server', () => {
  const clocks = () => {
    const at = { wall: 1_000_000, steady: 0 };
    return { at, clock: { nowMs: () => at.wall, monotonicMs: () => at.steady } };
  };

  it('does not follow a wall clock that jumps while the server is heard', () => {
    const { at, clock } = clocks();
    const time = createServerTime(clock);
    time.hear(5_000_000);
    at.wall += 10_000;
    at.steady += 10_000;
    assert.equal(time.nowMs(), 5_010_000);
    at.wall = 0;
    assert.equal(time.nowMs(), 5_010_000);
  });

  it('is stale before the first word, after the lease, and after a sleep that only the wall saw', () => {
    const { at, clock } = clocks();
    const time = createServerTime(clock);
    assert.equal(time.isStale(), true);
    time.hear(undefined);
    assert.equal(time.isStale(), false);
    at.steady += 30_001;
    assert.equal(time.isStale(), true);
    time.hear(undefined);
    at.wall += 3_600_000;
    assert.equal(time.isStale(), true);
  });

  it('lets a server shorten the lease, never prolong it', () => {
    const { at, clock } = clocks();
    const time = createServerTime(clock);
    time.hear(undefined);
    time.setLease(3_600_000);
    at.steady += 30_001;
    assert.equal(time.isStale(), true);
    time.hear(undefined);
    time.setLease(1_000);
    at.steady += 1_001;
    assert.equal(time.isStale(), true);
  });
});
