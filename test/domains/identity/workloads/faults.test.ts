/** Failures known from the field, replayed: each must not happen here. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRefusal, orThrow, SallyportError } from '../../../../src/kernel/errors.ts';
import type { Storage } from '../../../../src/platform/storage/index.ts';
import { openMemoryStorage, storageErrors } from '../../../../src/platform/storage/index.ts';
import { migrations } from '../../../../src/domains/identity/index.ts';
import { actor, openHarness, tenant, trustDomain } from '../harness.ts';
import { addEntry, agentIdOf, attestNode, fetchSvid, listen, newCsr, onAgent } from './nodes.ts';

const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.error.code : 'accepted');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('known failures of the field', () => {
  it('first-SVID race: the SVID can be had the moment the entry exists, and counts on every replica', async () => {
    await using harness = await openHarness();
    const { agent } = await attestNode(harness, 'gpu-1');
    const replica = await harness.openReplica();
    const { id: entryId } = await addEntry(harness, '/job', { instances: 10 });
    const svid = orThrow(await fetchSvid(harness, agent, { entryId, instance: 'rank-0' }));
    // The replica has not polled since the entry was made.
    assert.equal(codeOf(await replica.authenticateCertificate(svid.chain)), 'accepted');
  });

  it('missed issuer rotation: leaves of the old and the new intermediate count on every replica', async () => {
    await using harness = await openHarness();
    const replica = await harness.openReplica();
    const { agent } = await attestNode(harness, 'gpu-1');
    const entry = await addEntry(harness, '/trainer');
    harness.clock.advance(20 * dayMs + 1000);
    await harness.identity.refresh();
    harness.clock.advance(hourMs - 60_000);
    const before = orThrow(await fetchSvid(harness, agent, { entryId: entry.id }));
    harness.clock.advance(120_000);
    const after = orThrow(await fetchSvid(harness, agent, { entryId: entry.id }));
    assert.notDeepEqual(after.chain[1], before.chain[1]);
    await replica.refresh();
    for (const { chain } of [before, after])
      assert.equal(codeOf(await replica.authenticateCertificate(chain)), 'accepted');
  });

  it('restart with an expired identity: the agent is refused as one, and attests again', async () => {
    await using harness = await openHarness();
    const { svid } = await attestNode(harness, 'gpu-1');
    const entry = await addEntry(harness, '/trainer');
    harness.clock.advance(2 * hourMs);
    await harness.identity.refresh();
    assert.equal(codeOf(harness.identity.agents.authenticate(svid.chain)), 'E_SVID_EXPIRED');
    const { agent } = await attestNode(harness, 'gpu-1');
    assert.equal(codeOf(await fetchSvid(harness, agent, { entryId: entry.id })), 'accepted');
  });
});

describe('known failures of the field, under load and in bad weather', () => {
  it('renewal herd: an agent that asks for more than its share is told how long to wait', async () => {
    const config = { trustDomain, tenant, dataDir: '.', pollIntervalMs: 0 };
    const issueLimit = { perSecond: 10, burst: 20 };
    await using harness = await openHarness({ config: { ...config, issueLimit } });
    const { agent } = await attestNode(harness, 'gpu-1');
    const entry = await addEntry(harness, '/trainer');
    const ask = async (count: number) => {
      const csr = newCsr();
      const requests = Array.from({ length: count }, () => ({ entryId: entry.id, csr }));
      return harness.identity.agents.issueX509Svids(agent, requests);
    };
    assert.equal(codeOf(await ask(20)), 'accepted');
    const refused = await ask(10);
    assert.equal(isRefusal(refused) && refused.data['retryAfterMs'], 1000);
    harness.clock.advance(1000);
    assert.equal(codeOf(await ask(10)), 'accepted');
  });

  it('partition: an agent is refused once the server knows nothing newer than the lease', async () => {
    const memory = await openMemoryStorage(migrations);
    let isCut = false;
    const cut = (): never => {
      throw new SallyportError(storageErrors.E_STORAGE_UNAVAILABLE, 'cut off');
    };
    const storage: Storage = {
      ...memory,
      database: <Tables>() => {
        const db = memory.database<Tables>();
        return new Proxy(db, {
          get: (target, member) => {
            if (isCut && member === 'selectFrom') return cut;
            const value: unknown = Reflect.get(target, member, target);
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          },
        });
      },
    };
    await using harness = await openHarness({ storage });
    const { svid, agent } = await attestNode(harness, 'gpu-1');
    const { news } = listen(harness, agent);
    isCut = true;
    harness.clock.advance(30_001);
    await assert.rejects(harness.identity.refresh());
    assert.equal(codeOf(harness.identity.agents.authenticate(svid.chain)), 'E_IDENTITY_STALE');
    assert.equal(
      news.some(({ type }) => type === 'alive'),
      false,
    );
    isCut = false;
    await harness.identity.refresh();
    assert.equal(codeOf(harness.identity.agents.authenticate(svid.chain)), 'accepted');
    assert.equal(
      news.some(({ type }) => type === 'alive'),
      true,
    );
  });
});

describe('what cannot be done is not done by half', () => {
  it('ledger that cannot write: no entry, no SVID, no revocation without its record', async () => {
    await using harness = await openHarness();
    const { agent } = await attestNode(harness, 'gpu-1');
    const entry = await addEntry(harness, '/trainer');
    harness.ledger.setState('refusing');
    const unavailable = { code: 'E_LEDGER_UNAVAILABLE' };
    await assert.rejects(addEntry(harness, '/other'), unavailable);
    await assert.rejects(fetchSvid(harness, agent, { entryId: entry.id }), unavailable);
    const target = { entryId: entry.id };
    await assert.rejects(harness.identity.revocations.revoke(actor, target), unavailable);
    harness.ledger.setState('open');
    assert.equal(codeOf(await fetchSvid(harness, agent, { entryId: entry.id })), 'accepted');
  });

  it('hostile requests: junk as CSR, instance and count is refused one by one', async () => {
    await using harness = await openHarness();
    const { agent } = await attestNode(harness, 'gpu-1');
    const entry = await addEntry(harness, '/trainer');
    const group = await addEntry(harness, '/job', { instances: 3, selectors: ['unix:uid:7'] });
    const csr = newCsr();
    const requests = [
      { entryId: entry.id, csr: new Uint8Array([0x30, 0x80]) },
      { entryId: entry.id, csr, instance: 'x' },
      { entryId: group.id, csr },
      { entryId: group.id, csr, instance: '../up' },
      { entryId: group.id, csr, instance: '..' },
      { entryId: entry.id, csr },
    ];
    const answers = orThrow(await harness.identity.agents.issueX509Svids(agent, requests));
    assert.deepEqual(
      answers.map((answer) => 'error' in answer),
      [true, true, true, true, true, false],
    );
    assert.equal(
      codeOf(await harness.identity.agents.issueX509Svids(agent, [])),
      'E_IDENTITY_REQUEST',
    );
    assert.deepEqual(onAgent('gpu-1'), { kind: 'agent', agentId: agentIdOf('gpu-1') });
  });
});
