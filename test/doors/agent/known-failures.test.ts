/** Failures known from the field, replayed against the agent: each must not happen here. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { createFakeServer } from '../../../src/doors/agent/fake.ts';
import type { FreshSvid } from '../../../src/doors/agent/svids/issuer.ts';
import { createSvidCache } from '../../../src/doors/agent/svids/svid-cache.ts';
import { createServerTime } from '../../../src/doors/agent/sync/server-time.ts';
import { agentErrors } from '../../../src/doors/agent/index.ts';
import type { WorkloadState } from '../../../src/doors/workload-api/index.ts';
import { fakeClock, systemRandom } from '../../../src/kernel/effects.ts';
import { isRefusal, orThrow, type Refusal, refuse } from '../../../src/kernel/errors.ts';
import type { SpiffeId } from '../../../src/kernel/ids.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import { createTime, memoryFile, nowMs, peerAt, settle, startWorld } from './harness.ts';

const leafOf = ({ identities }: WorkloadState): X509Certificate =>
  new X509Certificate(identities[0]?.chain[0] ?? new Uint8Array(0));

describe('known failures of the field', () => {
  it('first-SVID race: who comes before its entry gets the SVID of its first question', async () => {
    const world = await startWorld({ graceMs: 1_000 });
    const openings = ['a', 'b', 'c'].map((socket) => world.agent.source.open(peerAt(socket)));
    await settle();
    const selectors = ['unix:uid:1000'];
    world.server.put({ id: 'job', path: '/job', selectors, isGroup: true });
    for (const session of await Promise.all(openings))
      assert.equal(orThrow(session).current().identities.length, 1);
    await world.agent.close();
  });

  it('missed issuer rotation: an agent that was away replaces what the old issuer signed', async () => {
    const world = await startWorld();
    world.server.put({ id: 'web', path: '/web' });
    await settle();
    const session = orThrow(await world.agent.source.open(peerAt('web')));
    const before = leafOf(session.current()).serialNumber;
    world.server.setDown(true);
    world.server.taint();
    await world.time.advance(60_000);
    assert.equal(leafOf(session.current()).serialNumber, before, 'served while nobody is heard');
    world.server.setDown(false);
    await world.time.advance(60_000);
    await settle();
    assert.notEqual(leafOf(session.current()).serialNumber, before);
    await world.agent.close();
  });

  it('restart with an expired identity: attests again and serves, without being told', async () => {
    const time = createTime();
    const server = createFakeServer({ nowMs: time.clock.nowMs });
    const file = memoryFile();
    const first = await startWorld({ time, server, file });
    server.put({ id: 'web', path: '/web' });
    await first.agent.close();
    time.clock.advance(30 * 86_400_000 - 7_200_000);
    const again = await startWorld({ time, server, file });
    await settle();
    const session = orThrow(await again.agent.source.open(peerAt('web')));
    assert.ok(leafOf(session.current()).validToDate.getTime() > time.clock.nowMs());
    await again.agent.close();
  });
});

describe('known failures of machines and fleets', () => {
  for (const [what, wallMs] of [
    ['in 1970', 0],
    ['ten years ahead', nowMs + 10 * 365 * 86_400_000],
  ] as const)
    it(`device without a clock: one that thinks it is ${what} serves and judges`, async () => {
      const time = createTime();
      const origin = time.clock.monotonicMs();
      const trueMs = (): number => nowMs + time.clock.monotonicMs() - origin;
      const server = createFakeServer({ nowMs: trueMs });
      const wrong = { ...time.clock, nowMs: () => wallMs + time.clock.monotonicMs() - origin };
      const world = await startWorld({ server, time: { ...time, clock: wrong } });
      server.put({ id: 'web', path: '/web', x509TtlSeconds: 600 });
      await settle();
      const session = orThrow(await world.agent.source.open(peerAt('web')));
      assert.equal(session.current().identities.length, 1);
      const [svid] = orThrow(await session.jwtSvids({ audience: ['a'] }));
      const token = svid?.token.reveal() ?? '';
      assert.ok(!isRefusal(session.validateJwt({ audience: 'a', token })));
      const before = leafOf(session.current()).serialNumber;
      for (let minute = 0; minute < 8; minute++) {
        await world.time.advance(60_000);
        server.sayAlive();
        await settle();
      }
      assert.ok(isRefusal(session.validateJwt({ audience: 'a', token })), 'five minutes are over');
      assert.notEqual(leafOf(session.current()).serialNumber, before, 'renewed in time');
      await world.agent.close();
    });

  it('renewal herd: after an outage the fleet does not come back in one second', async () => {
    const clock = fakeClock();
    const time = createServerTime(clock);
    const workers = 5_000;
    const ttlMs = 3_600_000;
    const down = refuse(agentErrors.E_AGENT_SERVER, 'connection refused');
    const held = { isDown: false };
    const bySecond = new Map<number, number>();
    const issue = (): Promise<FreshSvid | Refusal> => {
      const second = Math.floor(clock.monotonicMs() / 1000);
      bySecond.set(second, (bySecond.get(second) ?? 0) + 1);
      const privateKey = new Secret<Uint8Array>(new Uint8Array(1));
      const fresh = { chain: [], privateKey, expiresAtMs: time.nowMs() + ttlMs };
      return Promise.resolve(held.isDown ? down : fresh);
    };
    const issuer = { issue, close: () => undefined };
    const cache = createSvidCache({ issuer, time, random: systemRandom });
    const entry = { ...group, x509TtlSeconds: ttlMs / 1000 };
    for (let worker = 0; worker < workers; worker++) cache.want(entry, `w-${worker}`);
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 250) {
        await Promise.resolve().then(() => undefined);
        clock.advance(250);
        cache.tick();
      }
    };
    await pass(1_000);
    held.isDown = true;
    await pass(ttlMs * 0.6);
    bySecond.clear();
    await pass(30_000);
    const tries = [...bySecond.values()];
    const mean = tries.reduce((sum, count) => sum + count, 0) / tries.length;
    assert.ok(Math.max(...tries) < 2 * mean, `${Math.max(...tries)} against ${mean}`);
    held.isDown = false;
    bySecond.clear();
    await pass(40_000);
    assert.ok(Math.max(...bySecond.values()) < workers / 8, 'no second has an eighth of the fleet');
  });
});

const group = {
  id: 'job',
  spiffeId: 'spiffe://fake.test/job' as SpiffeId,
  selectors: [],
  jwtTtlSeconds: 300,
  federatesWith: [],
  hint: '',
  revision: 1,
  isGroup: true,
};
