/** From an entry to an SVID in the workload's hands, and what takes it away again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRefusal, orThrow } from '../../../../src/kernel/errors.ts';
import { actor, openHarness, principalId, spiffe } from '../harness.ts';
import { addEntry, agentIdOf, attestNode, fetchSvid, listen, newCsr } from './nodes.ts';

const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.error.code : 'accepted');

describe('an entry', () => {
  it('reaches a connected agent in the next turn of the event loop, and nobody else', async () => {
    await using harness = await openHarness();
    const { agent } = await attestNode(harness, 'gpu-1');
    const other = await attestNode(harness, 'gpu-2');
    const mine = listen(harness, agent);
    const theirs = listen(harness, other.agent);
    assert.deepEqual(
      mine.news.map(({ type }) => type),
      ['state'],
    );
    const entry = await addEntry(harness, '/trainer');
    await mine.arrive();
    const [, change] = mine.news;
    assert.equal(change?.type, 'change');
    assert.deepEqual(change?.type === 'change' && change.entries.map(({ id }) => id), [entry.id]);
    assert.equal(theirs.news.length, 1);
  });

  it('gives an SVID that the gateway accepts as the principal of the entry', async () => {
    await using harness = await openHarness();
    const { agent } = await attestNode(harness, 'gpu-1');
    const entry = await addEntry(harness, '/ns/prod/trainer');
    const svid = orThrow(await fetchSvid(harness, agent, { entryId: entry.id }));
    const identity = orThrow(await harness.identity.authenticateCertificate(svid.chain));
    assert.deepEqual(identity.principal, { type: 'Service', id: principalId('ns/prod/trainer') });
    assert.equal(identity.spiffeId, spiffe('/ns/prod/trainer'));
  });

  it('is not for an agent it does not name, whose answer says as little as for no entry', async () => {
    await using harness = await openHarness();
    const { agent } = await attestNode(harness, 'gpu-2');
    const entry = await addEntry(harness, '/trainer');
    assert.equal(
      codeOf(await fetchSvid(harness, agent, { entryId: entry.id })),
      'E_ENTRY_FORBIDDEN',
    );
    assert.equal(codeOf(await fetchSvid(harness, agent, { entryId: 'x' })), 'E_ENTRY_FORBIDDEN');
  });

  it('for nodes with selectors is for every node that has them all', async () => {
    await using harness = await openHarness();
    const parent = { kind: 'nodes', selectors: ['join-token:gpu-1'] } as const;
    const entry = await addEntry(harness, '/trainer', { parent });
    const one = await attestNode(harness, 'gpu-1');
    const two = await attestNode(harness, 'gpu-2');
    assert.equal(codeOf(await fetchSvid(harness, one.agent, { entryId: entry.id })), 'accepted');
    assert.equal(
      codeOf(await fetchSvid(harness, two.agent, { entryId: entry.id })),
      'E_ENTRY_FORBIDDEN',
    );
  });
});

describe('an entry over time', () => {
  it('that exists is not made twice, and changes only from the version that was read', async () => {
    await using harness = await openHarness();
    const entry = await addEntry(harness, '/trainer');
    const { entries } = harness.identity;
    const { spiffeId, parent, selectors } = entry;
    assert.equal(
      codeOf(await entries.create(actor, { spiffeId, parent, selectors })),
      'E_ENTRY_EXISTS',
    );
    const next = orThrow(
      await entries.update(actor, entry.id, { hint: 'web', expectedVersion: 1 }),
    );
    assert.equal(next.version, 2);
    const late = await entries.update(actor, entry.id, { hint: 'db', expectedVersion: 1 });
    assert.equal(codeOf(late), 'E_ENTRY_CONFLICT');
  });

  it('ends by itself: told to the agent, and nothing is issued any more', async () => {
    await using harness = await openHarness();
    const { agent } = await attestNode(harness, 'gpu-1');
    const expiresAtMs = harness.clock.nowMs() + 60_000;
    const entry = await addEntry(harness, '/trainer', { expiresAtMs });
    const svid = orThrow(await fetchSvid(harness, agent, { entryId: entry.id }));
    assert.ok(svid.expiresAtMs <= expiresAtMs);
    const { news, arrive } = listen(harness, agent);
    harness.clock.advance(60_000);
    await harness.identity.refresh();
    await arrive();
    assert.equal(
      news.some((one) => one.type === 'change' && one.removed.includes(entry.id)),
      true,
    );
    assert.equal(
      codeOf(await fetchSvid(harness, agent, { entryId: entry.id })),
      'E_ENTRY_FORBIDDEN',
    );
  });

  it('made on another replica is there after one poll, removed as well', async () => {
    await using harness = await openHarness();
    const replica = await harness.openReplica();
    const { svid } = await attestNode(harness, 'gpu-1');
    await replica.refresh();
    const agent = orThrow(replica.agents.authenticate(svid.chain));
    const { news, arrive } = listen({ identity: replica }, agent);
    const entry = await addEntry(harness, '/trainer');
    await replica.refresh();
    await arrive();
    assert.equal(news.length, 2);
    orThrow(await harness.identity.entries.remove(actor, entry.id));
    await replica.refresh();
    await arrive();
    const last = news.at(-1);
    assert.deepEqual(last?.type === 'change' && last.removed, [entry.id]);
  });
});

describe('a group', () => {
  it('gives each worker its own path, one principal, and no more names than it has room for', async () => {
    await using harness = await openHarness();
    const { agent } = await attestNode(harness, 'gpu-1');
    const { id: entryId } = await addEntry(harness, '/job', { instances: 2 });
    const first = orThrow(await fetchSvid(harness, agent, { entryId, instance: 'rank-0' }));
    assert.equal(first.spiffeId, spiffe('/job/rank-0'));
    orThrow(await fetchSvid(harness, agent, { entryId, instance: 'rank-1' }));
    const third = await fetchSvid(harness, agent, { entryId, instance: 'rank-2' });
    assert.equal(codeOf(third), 'E_ENTRY_INSTANCE');
    orThrow(await fetchSvid(harness, agent, { entryId, instance: 'rank-0' }));
    const who = orThrow(await harness.identity.authenticateCertificate(first.chain));
    assert.equal(who.principal.id, 'job');
    harness.clock.advance(3_600_000);
    await harness.identity.refresh();
    const again = await attestNode(harness, 'gpu-1');
    orThrow(await fetchSvid(harness, again.agent, { entryId, instance: 'rank-2' }));
  });

  it('does not give the name of one node to another', async () => {
    await using harness = await openHarness();
    const parent = { kind: 'nodes', selectors: ['join-token:gpu-1'] } as const;
    const { agent } = await attestNode(harness, 'gpu-1');
    const { id: entryId } = await addEntry(harness, '/job', { instances: 10, parent });
    orThrow(await fetchSvid(harness, agent, { entryId, instance: 'rank-0' }));
    const thief = { ...agent, agentId: agentIdOf('gpu-9') };
    const stolen = await fetchSvid(harness, thief, { entryId, instance: 'rank-0' });
    assert.equal(codeOf(stolen), 'E_ENTRY_INSTANCE');
  });
});

describe('revocation', () => {
  it('of an entry refuses its SVIDs at once, lists them, and tells the agent', async () => {
    await using harness = await openHarness();
    const { agent } = await attestNode(harness, 'gpu-1');
    const entry = await addEntry(harness, '/trainer');
    const svid = orThrow(await fetchSvid(harness, agent, { entryId: entry.id }));
    const replica = await harness.openReplica();
    for (const one of [harness.identity, replica])
      assert.equal(codeOf(await one.authenticateCertificate(svid.chain)), 'accepted');
    const { news, arrive } = listen(harness, agent);
    const sizes = harness.identity.revocations.crls().map(({ length }) => length);
    const done = orThrow(await harness.identity.revocations.revoke(actor, { entryId: entry.id }));
    assert.equal(done.credentials, 1);
    assert.equal(
      codeOf(await harness.identity.authenticateCertificate(svid.chain)),
      'E_IDENTITY_CREDENTIAL',
    );
    await replica.refresh();
    assert.equal(
      codeOf(await replica.authenticateCertificate(svid.chain)),
      'E_IDENTITY_CREDENTIAL',
    );
    await arrive();
    const told = news.filter((one) => one.type === 'change');
    assert.equal(
      told.some(({ removed }) => removed.includes(entry.id)),
      true,
    );
    const crls = told.findLast((one) => one.crls !== undefined)?.crls ?? [];
    assert.ok(crls.some(({ length }, at) => length > (sizes[at] ?? 0)));
  });

  it('of an agent ends its stream, its SVID and everything issued through it', async () => {
    await using harness = await openHarness();
    const { agent, svid: own } = await attestNode(harness, 'gpu-1');
    const entry = await addEntry(harness, '/trainer');
    const svid = orThrow(await fetchSvid(harness, agent, { entryId: entry.id }));
    const { news } = listen(harness, agent);
    orThrow(await harness.identity.revocations.revoke(actor, { agentId: agent.agentId }));
    assert.equal(
      news.some(({ type }) => type === 'end'),
      true,
    );
    assert.equal(codeOf(harness.identity.agents.authenticate(own.chain)), 'E_AGENT_UNKNOWN');
    assert.equal(
      codeOf(await harness.identity.authenticateCertificate(svid.chain)),
      'E_IDENTITY_CREDENTIAL',
    );
    const back = await attestNode(harness, 'gpu-1');
    assert.equal(codeOf(harness.identity.agents.authenticate(back.svid.chain)), 'accepted');
  });

  it('with a ban keeps the node out until the ban is lifted', async () => {
    await using harness = await openHarness();
    const { agent } = await attestNode(harness, 'gpu-1');
    const { revocations, agents } = harness.identity;
    orThrow(await revocations.revoke(actor, { agentId: agent.agentId, isBanned: true }));
    await assert.rejects(attestNode(harness, 'gpu-1'), { code: 'E_AGENT_BANNED' });
    orThrow(await agents.readmit(actor, agent.agentId));
    await attestNode(harness, 'gpu-1');
  });
});

describe('rotation', () => {
  it('by tainting and revoking an intermediate leaves no moment without an SVID', async () => {
    await using harness = await openHarness();
    const { authorities, agents } = harness.identity;
    const { agent } = await attestNode(harness, 'gpu-1');
    const entry = await addEntry(harness, '/trainer');
    const before = orThrow(await fetchSvid(harness, agent, { entryId: entry.id }));
    const { news, arrive } = listen(harness, agent);
    const old = authorities.list().find(({ kind }) => kind === 'intermediate');
    assert.equal(codeOf(await authorities.revoke(actor, old?.id ?? '')), 'E_AUTHORITY_STATE');
    orThrow(await authorities.taint(actor, old?.id ?? ''));
    await arrive();
    const told = news.findLast((one) => one.type === 'change');
    assert.deepEqual(told?.tainted, [old?.id]);
    assert.equal(codeOf(await harness.identity.authenticateCertificate(before.chain)), 'accepted');
    const own = orThrow(await agents.renew(agent, newCsr()));
    const after = orThrow(await fetchSvid(harness, agent, { entryId: entry.id }));
    assert.notDeepEqual(after.chain[1], before.chain[1]);
    orThrow(await authorities.revoke(actor, old?.id ?? ''));
    assert.equal(
      codeOf(await harness.identity.authenticateCertificate(before.chain)),
      'E_SVID_UNTRUSTED',
    );
    assert.equal(codeOf(await harness.identity.authenticateCertificate(after.chain)), 'accepted');
    assert.equal(codeOf(agents.authenticate(own.chain)), 'accepted');
  });
});
