/** The ledger events of the identity room: valid OCSF, decisive, without names in the open part. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Actor } from '../../../src/domains/identity/index.ts';
import { validateOcsf } from '../../../src/engines/ocsf/index.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import {
  addService,
  type Harness,
  newWorkloadKey,
  openHarness,
  principalId,
  tenant,
  trustDomain,
} from './harness.ts';

const admin: Actor = {
  principal: { type: 'User', id: principalId('admin-1') },
  tenant,
  peer: '192.0.2.1',
  requestId: 'request-1',
};

/** Does everything there is to do, once. */
const actItAllOut = async ({ identity, config }: Harness): Promise<void> => {
  await identity.ensureEnrolmentCode();
  const code = readFileSync(join(config.dataDir, 'enrolment-code'), 'utf8').trim();
  const enrolment = await identity.redeemEnrolmentCode({ code, name: 'Alice Example' });
  const { principal } = orThrow(enrolment);
  const { id, spiffeId } = await addService({ identity }, 'trainer');
  const { record } = orThrow(
    await identity.createToken(admin, { principal: id, name: 'Bob’s laptop' }),
  );
  await identity.revokeToken(admin, record.id);
  const { csrPem } = newWorkloadKey();
  const { credentialId } = orThrow(await identity.mintX509Svid(admin, { spiffeId, csrPem }));
  orThrow(await identity.mintJwtSvid(admin, { spiffeId, audience: ['a'] }));
  await identity.revokeSvid(admin, credentialId);
  const { token } = orThrow(await identity.createJoinToken(admin, { spiffeId }));
  orThrow(await identity.redeemJoinToken({ token: token.reveal(), csrPem }));
  await identity.serverTls();
  await identity.authenticateBearer('nonsense', '192.0.2.7');
  orThrow(await identity.setPrincipalDisabled(admin, principal.id, true));
  orThrow(await identity.setPrincipalDisabled(admin, principal.id, false));
};

const openActedOut = async (): Promise<Harness> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sallyport-events-'));
  const config = { trustDomain, tenant, dataDir, pollIntervalMs: 0 };
  const harness = await openHarness({ config });
  const acted = { ...harness, config };
  await actItAllOut(acted);
  rmSync(dataDir, { recursive: true });
  return acted;
};

describe('identity events', () => {
  it('cover every change, all valid OCSF', async () => {
    await using harness = await openActedOut();
    const { events } = harness.ledger;
    for (const { ocsf } of events) assert.deepEqual(validateOcsf(ocsf), [], JSON.stringify(ocsf));
    const codes = new Set(events.map(({ ocsf }) => ocsf.metadata.event_code));
    assert.deepEqual([...codes].map(String).toSorted(), [
      'authentication.failed',
      'authority.created',
      'enrolment-code.redeemed',
      'join-token.created',
      'join-token.redeemed',
      'principal.created',
      'principal.disabled',
      'principal.enabled',
      'svid.issued',
      'svid.revoked',
      'token.created',
      'token.revoked',
    ]);
    const careless = events.filter(
      ({ class: kind, ocsf }) =>
        kind !== 'decisive' && ocsf.metadata.event_code !== 'authentication.failed',
    );
    assert.deepEqual(careless, []);
  });

  it('name the actor, the tenant and the request, and keep names and addresses sealed', async () => {
    await using harness = await openActedOut();
    const { events } = harness.ledger;
    const created = events.find(
      ({ ocsf }) => ocsf.metadata.event_code === 'token.created' && ocsf.metadata.correlation_uid,
    );
    assert.deepEqual(created?.ocsf['actor'], {
      user: { uid: 'admin-1', type: 'User', type_id: 1 },
    });
    assert.equal(created.ocsf.metadata.correlation_uid, 'request-1');
    assert.equal(created.ocsf.metadata.tenant_uid, 'default');
    assert.deepEqual(created.personal, { subject: 'trainer', fields: { name: 'Bob’s laptop' } });
    const open = JSON.stringify(events.map(({ ocsf }) => ocsf));
    for (const secret of ['Alice Example', 'Bob’s laptop', '192.0.2.'])
      assert.equal(open.includes(secret), false, secret);
  });
});

describe('changes that cannot be recorded', () => {
  it('do not happen', async () => {
    await using harness = await openHarness();
    const { id, spiffeId } = await addService(harness, 'trainer');
    const { record, token } = orThrow(await harness.identity.createToken(admin, { principal: id }));
    await harness.identity.authenticateBearer(token.reveal());
    harness.ledger.setState('refusing');
    const refused = { code: 'E_LEDGER_UNAVAILABLE' };
    const { identity } = harness;
    const other = { type: 'User', id: principalId('bob'), name: 'Bob' } as const;
    await assert.rejects(identity.createPrincipal(admin, other), refused);
    await assert.rejects(identity.createToken(admin, { principal: id }), refused);
    await assert.rejects(identity.revokeToken(admin, record.id), refused);
    await assert.rejects(identity.setPrincipalDisabled(admin, id, true), refused);
    await assert.rejects(identity.createJoinToken(admin, { spiffeId }), refused);
    await assert.rejects(identity.revokeSvid(admin, 'x509:41'), refused);
    assert.equal((await identity.listPrincipals()).principals.length, 1);
    assert.equal((await identity.listTokens(id)).length, 1);
    const answer = orThrow(await identity.authenticateBearer(token.reveal()));
    assert.equal(answer.principal.id, id);
  });
});
