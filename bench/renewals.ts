/**
 * Renewals of 10,000 workers that all start in the same second, in minutes of their TTL: counted at
 * the agent's own cache of SVIDs under a clock that is moved by hand, over the first TTL and over a
 * later one. The baseline is the same cache whose random numbers are all the same: no jitter.
 */
import { createServerTime } from '../src/doors/agent/sync/server-time.ts';
import { createSvidCache } from '../src/doors/agent/svids/svid-cache.ts';
import type { AgentEntry } from '../src/doors/agent/types.ts';
import { fakeClock, type Random, systemRandom } from '../src/kernel/effects.ts';
import type { SpiffeId } from '../src/kernel/ids.ts';
import { Secret } from '../src/kernel/secret.ts';
import { report } from './harness/report.ts';

const workers = 10_000;
const ttlMs = 3_600_000;
const bucketMs = 60_000;
const lives = 3;
const tickMs = 250;
const privateKey = new Secret<Uint8Array>(new Uint8Array(1));

/** Every draw in the middle. */
const noJitter: Random = { bytes: (count) => new Uint8Array(count).fill(0x80) };

const group: AgentEntry = {
  id: 'job',
  spiffeId: 'spiffe://bench.local/job' as SpiffeId,
  selectors: [],
  x509TtlSeconds: ttlMs / 1000,
  jwtTtlSeconds: 300,
  federatesWith: [],
  hint: '',
  revision: 1,
  isGroup: true,
};

/** Renewals in each minute since the start. */
const countRenewals = async (random: Random): Promise<readonly number[]> => {
  const clock = fakeClock();
  const time = createServerTime(clock);
  const startMs = clock.monotonicMs();
  const buckets = Array.from({ length: (lives * ttlMs) / bucketMs }, () => 0);
  let issued = 0;
  const issuer = {
    issue: () => {
      const bucket = Math.floor((clock.monotonicMs() - startMs) / bucketMs);
      // The first SVID of a worker is no renewal.
      if (++issued > workers) buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      return Promise.resolve({ chain: [], privateKey, expiresAtMs: time.nowMs() + ttlMs });
    },
    close: () => undefined,
  };
  const cache = createSvidCache({ issuer, time, random });
  time.hear(clock.nowMs());
  for (let worker = 0; worker < workers; worker++) cache.want(group, `w-${worker}`);
  const ticks = (lives * ttlMs) / tickMs;
  for (let tick = 1; tick < ticks; tick++) {
    // Answers arrive between ticks.
    await Promise.resolve().then(() => undefined);
    clock.advance(tickMs);
    cache.tick();
  }
  return buckets;
};

const unevenness = (buckets: readonly number[]): number => {
  const mean = buckets.reduce((sum, count) => sum + count, 0) / buckets.length;
  return Math.max(...buckets) / mean;
};

const spread = await countRenewals(systemRandom);
const together = await countRenewals(noJitter);
const perLife = ttlMs / bucketMs;
for (const [life, name] of [
  [0, 'first'],
  [lives - 1, 'third'],
] as const) {
  const part = [life * perLife, (life + 1) * perLife] as const;
  report({
    name: `renewals of 10,000 workers per 60 s of the ${name} TTL, max/mean (baseline: no jitter)`,
    value: unevenness(spread.slice(...part)),
    unit: '×',
    baseline: unevenness(together.slice(...part)),
    bound: { of: 'value', atMost: 1.5 },
  });
}
