/** The agent as a whole on a fake server: first SVIDs, renewals, outages, revocations, restarts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { X509Certificate } from 'node:crypto';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import type { WorkloadState } from '../../../src/doors/workload-api/index.ts';
import { createFakeServer } from '../../../src/doors/agent/fake.ts';
import { createTime, memoryFile, peerAt, settle, startWorld, type World } from './harness.ts';

const serialOf = ({ identities }: WorkloadState): string =>
  identities[0] === undefined
    ? 'none'
    : new X509Certificate(identities[0].chain[0] ?? new Uint8Array(0)).serialNumber;

const open = async ({ agent }: World, socket = 'web') =>
  orThrow(await agent.source.open(peerAt(socket)));

/** Minute by minute, so that what is due runs in between. */
const pass = async ({ time, server }: World, ms: number, isHeard = true): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 60_000) {
    await time.advance(Math.min(60_000, ms - passed));
    if (isHeard) server.sayAlive();
    await settle();
  }
};

describe('the agent', () => {
  it('attests, hears its entries and has their SVIDs before anybody asks', async () => {
    const world = await startWorld();
    world.server.put({ id: 'web', path: '/web', hint: 'w' });
    await settle();
    assert.equal(world.server.calls.issued, 1);
    const session = await open(world);
    const { identities, bundle, crls } = session.current();
    assert.equal(identities[0]?.spiffeId, 'spiffe://fake.test/web');
    assert.equal(identities[0].hint, 'w');
    assert.equal(bundle.x509Authorities.length, 1);
    assert.equal(crls.length, 1);
    const leaf = new X509Certificate(identities[0].chain[0] ?? new Uint8Array(0));
    assert.equal(leaf.subjectAltName?.includes('spiffe://fake.test/web'), true);
    await world.agent.close();
  });

  it('turns away a workload that no entry is for', async () => {
    const world = await startWorld();
    world.server.put({ id: 'web', path: '/web' });
    await settle();
    const refusal = await world.agent.source.open(peerAt('other'));
    assert.ok(isRefusal(refusal));
    assert.equal(refusal.error.status, 403);
    await world.agent.close();
  });

  it('lets a workload that comes a moment before its entry wait for it (first-SVID race)', async () => {
    const world = await startWorld({ graceMs: 1_000 });
    const opening = open(world);
    await settle();
    world.server.put({ id: 'web', path: '/web' });
    const session = await opening;
    assert.equal(session.current().identities.length, 1);
    await world.agent.close();
  });

  it('gives up waiting when the grace is over', async () => {
    const world = await startWorld({ graceMs: 1_000 });
    const opening = world.agent.source.open(peerAt('web'));
    await settle();
    await world.time.advance(1_001);
    assert.ok(isRefusal(await opening));
    await world.agent.close();
  });

  it('tells a session of new entries, changed hints and removed entries', async () => {
    const world = await startWorld();
    world.server.put({ id: 'web', path: '/web' });
    await settle();
    const session = await open(world);
    const states: WorkloadState[] = [];
    session.subscribe((state) => states.push(state));
    world.server.put({ id: 'web2', path: '/web2', selectors: ['unix:uid:1000'] });
    await settle();
    assert.equal(states.at(-1)?.identities.length, 2);
    world.server.remove('web');
    await settle();
    assert.deepEqual(
      states.at(-1)?.identities.map(({ spiffeId }) => spiffeId),
      ['spiffe://fake.test/web2'],
    );
    world.server.remove('web2');
    await settle();
    assert.equal(states.at(-1)?.identities.length, 0);
    await world.agent.close();
  });
});

describe('what the agent asks for', () => {
  it('names each worker of a group by itself', async () => {
    const world = await startWorld();
    world.server.put({ id: 'job', path: '/job', selectors: ['unix:uid:1000'], isGroup: true });
    await settle();
    const sessions = await Promise.all([open(world, 'a'), open(world, 'b'), open(world, 'a')]);
    assert.deepEqual(
      sessions.map((session) => session.current().identities[0]?.spiffeId),
      ['spiffe://fake.test/job/a', 'spiffe://fake.test/job/b', 'spiffe://fake.test/job/a'],
    );
    assert.equal(world.server.calls.issued, 2);
    await world.agent.close();
  });

  it('asks for many SVIDs in few calls', async () => {
    const world = await startWorld();
    const entries = Array.from({ length: 1200 }, (_, at) => ({ id: `e${at}`, path: `/w/${at}` }));
    world.server.put(...entries);
    await new Promise<void>((resolve) => void setTimeout(resolve, 600));
    assert.equal(world.server.calls.issued, 1200);
    assert.ok(world.server.calls.svids <= 4, String(world.server.calls.svids));
    await world.agent.close();
  });

  it('issues JWT-SVIDs for its own identities only, and keeps them for a while', async () => {
    const world = await startWorld();
    world.server.put({ id: 'web', path: '/web' });
    await settle();
    const session = await open(world);
    const first = orThrow(await session.jwtSvids({ audience: ['a'] }));
    const second = orThrow(await session.jwtSvids({ audience: ['a'] }));
    assert.equal(first[0]?.token.reveal(), second[0]?.token.reveal());
    const token = first[0]?.token.reveal() ?? '';
    const valid = orThrow(session.validateJwt({ audience: 'a', token }));
    assert.equal(valid.spiffeId, 'spiffe://fake.test/web');
    assert.ok(isRefusal(session.validateJwt({ audience: 'b', token })));
    const foreign = await session.jwtSvids({
      audience: ['a'],
      spiffeId: 'spiffe://fake.test/x' as never,
    });
    assert.ok(isRefusal(foreign));
    assert.equal(foreign.error.status, 403);
    await world.agent.close();
  });
});

describe('revocation', () => {
  it('takes a revoked SVID from service at once and replaces it', async () => {
    const world = await startWorld();
    world.server.put({ id: 'web', path: '/web' });
    await settle();
    const session = await open(world);
    const before = session.current();
    const seen: string[] = [];
    session.subscribe((state) => seen.push(serialOf(state)));
    world.server.revoke(before.identities[0]?.chain[0] ?? new Uint8Array(0));
    assert.ok(!seen.includes(serialOf(before)), 'the revoked one is gone in the same moment');
    assert.equal(session.current().crls.length, 1);
    assert.notEqual(session.current().crls[0], before.crls[0]);
    await settle();
    assert.notEqual(serialOf(session.current()), serialOf(before));
    assert.equal(session.current().identities.length, 1);
    await world.agent.close();
  });

  it('replaces SVIDs of a tainted authority and serves the old ones until then', async () => {
    const world = await startWorld();
    world.server.put({ id: 'web', path: '/web' });
    await settle();
    const session = await open(world);
    const before = serialOf(session.current());
    world.server.taint();
    assert.equal(serialOf(session.current()), before);
    await settle();
    assert.notEqual(serialOf(session.current()), before);
    await world.agent.close();
  });
});

describe('an agent whose own authority is tainted', () => {
  it('renews its own SVID at once, so that revoking the authority does not lock it out', async () => {
    const world = await startWorld();
    await settle();
    const renewals = world.server.calls.renew;
    world.server.taint();
    await settle();
    assert.equal(world.server.calls.renew, renewals + 1);
    world.server.taint();
    await settle();
    assert.equal(world.server.calls.renew, renewals + 2, 'again for the next one');
    await world.agent.close();
  });
});

describe('an agent that is cut off', () => {
  it('serves what it holds until it ends, then nothing, and recovers by itself', async () => {
    const world = await startWorld();
    world.server.put({ id: 'web', path: '/web', x509TtlSeconds: 600 });
    await settle();
    const session = await open(world);
    world.server.setDown(true);
    await pass(world, 540_000, false);
    assert.equal(session.current().identities.length, 1);
    assert.equal((await open(world)).current().identities.length, 1);
    assert.equal(world.agent.isStale(), true);
    await pass(world, 120_000, false);
    assert.equal(session.current().identities.length, 0);
    world.server.setDown(false);
    await pass(world, 60_000);
    assert.equal(session.current().identities.length, 1);
    assert.equal(world.agent.isStale(), false);
    await world.agent.close();
  });

  it('judges no token once its knowledge is older than the lease', async () => {
    const world = await startWorld();
    world.server.put({ id: 'web', path: '/web' });
    await settle();
    const session = await open(world);
    const [svid] = orThrow(await session.jwtSvids({ audience: ['a'] }));
    const token = svid?.token.reveal() ?? '';
    world.server.setDown(true);
    await world.time.advance(29_000);
    assert.ok(!isRefusal(session.validateJwt({ audience: 'a', token })));
    await world.time.advance(2_000);
    const verdict = session.validateJwt({ audience: 'a', token });
    assert.ok(isRefusal(verdict));
    assert.equal(verdict.error.code, 'E_AGENT_STALE');
    await world.agent.close();
  });

  it('attests again by itself when the server does not accept it any more', async () => {
    const world = await startWorld();
    assert.equal(world.server.calls.attest, 1);
    world.server.evict();
    await settle();
    await world.time.advance(10_000);
    assert.equal(world.server.calls.attest, 2);
    assert.equal(world.agent.status().isConnected, true);
    await world.agent.close();
  });
});

describe('a restart', () => {
  it('goes on with the identity that was kept', async () => {
    const time = createTime();
    const server = createFakeServer({ nowMs: time.clock.nowMs });
    const file = memoryFile();
    await (await startWorld({ time, server, file })).agent.close();
    const again = await startWorld({ time, server, file });
    assert.equal(server.calls.attest, 1);
    assert.equal(again.agent.status().isConnected, true);
    await again.agent.close();
  });

  it('attests again when the kept identity has expired', async () => {
    const time = createTime();
    const server = createFakeServer({ nowMs: time.clock.nowMs });
    const file = memoryFile();
    await (await startWorld({ time, server, file })).agent.close();
    time.clock.advance(3_700_000);
    const again = await startWorld({ time, server, file });
    assert.equal(server.calls.attest, 2);
    assert.equal(again.agent.status().isConnected, true);
    await again.agent.close();
  });
});
