/** What is being issued while it is taken away: refused, or revoked with the rest. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRefusal, orThrow } from '../../../../src/kernel/errors.ts';
import type { Identity, RevocationTarget } from '../../../../src/domains/identity/index.ts';
import { actor, openHarness, trustDomain } from '../harness.ts';
import { addEntry, agentIdOf, attestNode, fetchSvid } from './nodes.ts';

const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.error.code : 'accepted');
const audience = [`spiffe://${trustDomain}/sallyport`];

/** True when nobody can use what came out. */
const isUseless = async (identity: Identity, token: unknown): Promise<boolean> => {
  if (isRefusal(token)) return true;
  const { token: secret } = token as { readonly token: { readonly reveal: () => string } };
  return isRefusal(await identity.authenticateBearer(secret.reveal()));
};

describe('what is issued while it is taken away', () => {
  for (const what of ['entry', 'agent'] as const)
    it(`a JWT-SVID asked for at the moment its ${what} is revoked is of no use`, async () => {
      await using harness = await openHarness();
      const { identity } = harness;
      const { agent } = await attestNode(harness, 'gpu-1');
      const { id: entryId } = await addEntry(harness, '/trainer');
      harness.clock.advance(1500);
      const target: RevocationTarget =
        what === 'entry' ? { entryId } : { agentId: agentIdOf('gpu-1') };
      const [token, revoked] = await Promise.all([
        identity.agents.issueJwtSvid(agent, { entryId, audience }),
        identity.revocations.revoke(actor, target),
      ]);
      orThrow(revoked);
      assert.equal(await isUseless(identity, token), true);
    });

  it('an evicted agent gets nothing from a replica that has not heard of it yet', async () => {
    await using harness = await openHarness();
    const { svid } = await attestNode(harness, 'gpu-1');
    const { id: entryId } = await addEntry(harness, '/trainer');
    const identity = await harness.openReplica();
    const agent = orThrow(identity.agents.authenticate(svid.chain));
    orThrow(await harness.identity.revocations.revoke(actor, { agentId: agentIdOf('gpu-1') }));
    const late = await fetchSvid({ identity }, agent, { entryId });
    assert.equal(codeOf(late), 'E_ENTRY_FORBIDDEN');
    const token = await identity.agents.issueJwtSvid(agent, { entryId, audience });
    assert.equal(codeOf(token), 'E_ENTRY_FORBIDDEN');
  });

  it('a revoked entry gives nothing at a replica that has not heard of it yet', async () => {
    await using harness = await openHarness();
    const { svid } = await attestNode(harness, 'gpu-1');
    const { id: entryId } = await addEntry(harness, '/trainer');
    const identity = await harness.openReplica();
    const agent = orThrow(identity.agents.authenticate(svid.chain));
    orThrow(await harness.identity.revocations.revoke(actor, { entryId }));
    assert.equal(codeOf(await fetchSvid({ identity }, agent, { entryId })), 'E_ENTRY_FORBIDDEN');
  });

  it('a name of a group is held until the JWT-SVID under it ends as well', async () => {
    await using harness = await openHarness();
    const { identity, clock } = harness;
    const { agent } = await attestNode(harness, 'gpu-1');
    const lifetimes = { x509TtlSeconds: 10, jwtTtlSeconds: 600 };
    const { id: entryId } = await addEntry(harness, '/job', { instances: 1, ...lifetimes });
    orThrow(await fetchSvid(harness, agent, { entryId, instance: 'rank-0' }));
    orThrow(await identity.agents.issueJwtSvid(agent, { entryId, audience, instance: 'rank-0' }));
    clock.advance(11_000);
    const ask = (instance: string) => fetchSvid(harness, agent, { entryId, instance });
    assert.equal(codeOf(await ask('rank-1')), 'E_ENTRY_INSTANCE');
    orThrow(await ask('rank-0'));
    clock.advance(11_000);
    assert.equal(codeOf(await ask('rank-1')), 'E_ENTRY_INSTANCE');
    clock.advance(600_000);
    await identity.refresh();
    orThrow(await ask('rank-1'));
  });
});
