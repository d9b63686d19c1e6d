/** Revocation: here at once, on replicas within one poll, and never on stale knowledge. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRefusal, orThrow, SallyportError } from '../../../src/kernel/errors.ts';
import type { Storage } from '../../../src/platform/storage/index.ts';
import { storageErrors } from '../../../src/platform/storage/index.ts';
import {
  actor,
  addService,
  type Harness,
  newWorkloadKey,
  openHarness,
  principalId,
  trustDomain,
} from './harness.ts';

const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.error.code : 'accepted');
const trainer = principalId('trainer');

/** Every credential of one service, each known to be good. */
const equip = async (harness: Harness) => {
  const { identity } = harness;
  const { id, spiffeId } = await addService(harness, 'trainer');
  const api = orThrow(await identity.createToken(actor, { principal: id }));
  const audience = [`spiffe://${trustDomain}/sallyport`];
  const jwt = orThrow(await identity.mintJwtSvid(actor, { spiffeId, audience }));
  const x509 = orThrow(
    await identity.mintX509Svid(actor, { spiffeId, csrPem: newWorkloadKey().csrPem }),
  );
  return { api, jwt, x509 };
};
type Equipment = Awaited<ReturnType<typeof equip>>;

const answers = async (
  identity: Harness['identity'],
  { api, jwt, x509 }: Equipment,
): Promise<readonly string[]> => [
  codeOf(await identity.authenticateBearer(api.token.reveal())),
  codeOf(await identity.authenticateBearer(jwt.token.reveal())),
  codeOf(await identity.authenticateCertificate(x509.chain)),
];
const allGood = ['accepted', 'accepted', 'accepted'];
const allDisabled = Array<string>(3).fill('E_IDENTITY_DISABLED');

describe('revocation', () => {
  it('of a token counts at once here and after one poll on a replica', async () => {
    await using harness = await openHarness();
    const replica = await harness.openReplica();
    const { api } = await equip(harness);
    const text = api.token.reveal();
    assert.equal(codeOf(await harness.identity.authenticateBearer(text)), 'accepted');
    assert.equal(codeOf(await replica.authenticateBearer(text)), 'accepted');
    await harness.identity.revokeToken(actor, api.record.id);
    assert.equal(codeOf(await harness.identity.authenticateBearer(text)), 'E_IDENTITY_CREDENTIAL');
    await replica.refresh();
    assert.equal(codeOf(await replica.authenticateBearer(text)), 'E_IDENTITY_CREDENTIAL');
  });

  it('of a principal ends all its credentials, and enabling it brings them back', async () => {
    await using harness = await openHarness();
    const replica = await harness.openReplica();
    const equipment = await equip(harness);
    assert.deepEqual(await answers(harness.identity, equipment), allGood);
    assert.deepEqual(await answers(replica, equipment), allGood);
    orThrow(await harness.identity.setPrincipalDisabled(actor, trainer, true));
    assert.deepEqual(await answers(harness.identity, equipment), allDisabled);
    await replica.refresh();
    assert.deepEqual(await answers(replica, equipment), allDisabled);
    assert.equal(
      harness.access.getEntity({ type: 'Service', id: trainer })?.attrs['disabled'],
      true,
    );
    orThrow(await harness.identity.setPrincipalDisabled(actor, trainer, false));
    await replica.refresh();
    assert.deepEqual(await answers(harness.identity, equipment), allGood);
    assert.deepEqual(await answers(replica, equipment), allGood);
  });

  it('of one SVID leaves the others alone and survives a restart', async () => {
    await using harness = await openHarness();
    const replica = await harness.openReplica();
    const equipment = await equip(harness);
    await answers(harness.identity, equipment);
    await answers(replica, equipment);
    for (const id of [equipment.jwt.credentialId, equipment.x509.credentialId])
      assert.equal(await harness.identity.revokeSvid(actor, id), undefined);
    const expected = ['accepted', 'E_IDENTITY_CREDENTIAL', 'E_IDENTITY_CREDENTIAL'];
    assert.deepEqual(await answers(harness.identity, equipment), expected);
    await replica.refresh();
    assert.deepEqual(await answers(replica, equipment), expected);
    assert.deepEqual(await answers(await harness.openReplica(), equipment), expected);
  });
});

describe('knowledge of revocations', () => {
  it('reaches a replica that was asleep for longer than the list of changes remembers', async () => {
    await using harness = await openHarness();
    const replica = await harness.openReplica();
    const { api } = await equip(harness);
    await replica.authenticateBearer(api.token.reveal());
    await harness.identity.revokeToken(actor, api.record.id);
    await harness.storage
      .database<{ identity_changes: { revision: number } }>()
      .deleteFrom('identity_changes')
      .execute();
    await replica.refresh();
    assert.equal(
      codeOf(await replica.authenticateBearer(api.token.reveal())),
      'E_IDENTITY_CREDENTIAL',
    );
    assert.equal(replica.revision(), harness.identity.revision());
  });

  it('is not undone by a look-up that began before it', async () => {
    await using harness = await openHarness();
    const { api } = await equip(harness);
    const text = api.token.reveal();
    const before = harness.identity.authenticateBearer(text);
    await harness.identity.revokeToken(actor, api.record.id);
    await before;
    assert.equal(codeOf(await harness.identity.authenticateBearer(text)), 'E_IDENTITY_CREDENTIAL');
  });

  it('is refused for something unknown', async () => {
    await using harness = await openHarness();
    assert.equal(codeOf(await harness.identity.revokeToken(actor, 'nope')), 'E_TOKEN_NOT_FOUND');
    assert.equal(codeOf(await harness.identity.revokeSvid(actor, 'nope')), 'E_IDENTITY_REQUEST');
    const answer = await harness.identity.setPrincipalDisabled(actor, principalId('x'), true);
    assert.equal(codeOf(answer), 'E_PRINCIPAL_NOT_FOUND');
  });
});

/** Storage whose queries fail while `isBroken`. */
const breakable = (storage: Storage) => {
  const state = { isBroken: false };
  const failing: Storage = {
    ...storage,
    database: <Tables>() => {
      const db = storage.database<Tables>();
      return new Proxy(db, {
        get: (target, name) => {
          if (state.isBroken && (name === 'selectFrom' || name === 'transaction'))
            throw new SallyportError(storageErrors.E_STORAGE_UNAVAILABLE, 'pulled the plug');
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    },
  };
  return { state, failing };
};

describe('the lease', () => {
  it('lets known credentials in for half a minute without storage, and nobody after', async () => {
    await using harness = await openHarness();
    const equipment = await equip(harness);
    const { state, failing } = breakable(harness.storage);
    const replica = await harness.openReplica({ storage: failing });
    assert.deepEqual(await answers(replica, equipment), allGood);
    state.isBroken = true;
    await assert.rejects(replica.refresh());
    harness.clock.advance(30_000);
    assert.deepEqual(await answers(replica, equipment), allGood);
    harness.clock.advance(1);
    assert.deepEqual(await answers(replica, equipment), Array<string>(3).fill('E_IDENTITY_STALE'));
    state.isBroken = false;
    await replica.refresh();
    assert.deepEqual(await answers(replica, equipment), allGood);
  });

  it('refuses a credential it cannot look up, without calling it a failed attempt', async () => {
    await using harness = await openHarness();
    const { api } = await equip(harness);
    const { state, failing } = breakable(harness.storage);
    const replica = await harness.openReplica({ storage: failing });
    state.isBroken = true;
    const recorded = harness.ledger.size();
    assert.equal(
      codeOf(await replica.authenticateBearer(api.token.reveal())),
      'E_IDENTITY_UNAVAILABLE',
    );
    assert.equal(harness.ledger.size(), recorded);
    assert.equal(harness.log.entries.at(-1)?.level, 'error');
    state.isBroken = false;
    assert.equal(codeOf(await replica.authenticateBearer(api.token.reveal())), 'accepted');
  });

  it('is never longer than half a minute, whatever is configured', async () => {
    const config = { trustDomain, tenant: actor.tenant, dataDir: '.', pollIntervalMs: 0 };
    await using harness = await openHarness({ config: { ...config, leaseMs: 1e9 } });
    const equipment = await equip(harness);
    await answers(harness.identity, equipment);
    harness.clock.advance(30_001);
    assert.deepEqual(
      await answers(harness.identity, equipment),
      Array<string>(3).fill('E_IDENTITY_STALE'),
    );
  });
});
