/** The trust domain over its life: first start, restart, succession, replicas, lost keys. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { migrations } from '../../../src/domains/identity/index.ts';
import { parseTrustBundle, validateX509Svid } from '../../../src/engines/pki/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { parseTrustDomain, type SpiffeId } from '../../../src/kernel/ids.ts';
import { openMemoryStorage } from '../../../src/platform/storage/index.ts';
import { createMemoryKeyStore } from '../../../src/platform/keys/index.ts';
import {
  actor,
  addService,
  type Harness,
  newWorkloadKey,
  openHarness,
  tenant,
  trustDomain,
} from './harness.ts';

const dayMs = 86_400_000;
const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.error.code : 'accepted');
const own = `spiffe://${trustDomain}/sallyport`;

const mint = async ({ identity }: Pick<Harness, 'identity'>, spiffeId: SpiffeId) =>
  orThrow(await identity.mintX509Svid(actor, { spiffeId, csrPem: newWorkloadKey().csrPem }));
const kids = ({ identity }: Pick<Harness, 'identity'>): readonly (string | undefined)[] =>
  identity.bundle().keys.flatMap(({ use, kid }) => (use === 'jwt-svid' ? [kid] : []));
const authoritiesMade = ({ ledger }: Harness): number =>
  ledger.events.filter(({ ocsf }) => ocsf.metadata.event_code === 'authority.created').length;

describe('the trust domain', () => {
  it('has, from the first start, a self-signed root of ten years and signers of thirty days', async () => {
    await using harness = await openHarness();
    const { spiffeId } = await addService(harness, 'trainer');
    const svid = await mint(harness, spiffeId);
    const [x509] = harness.identity.bundle().keys;
    const root = new X509Certificate(Buffer.from(x509?.x5c?.[0] ?? '', 'base64'));
    const middle = new X509Certificate(svid.chain[1] ?? new Uint8Array(0));
    assert.equal(root.checkIssued(root) && root.verify(root.publicKey), true);
    assert.equal(middle.checkIssued(root) && middle.verify(root.publicKey), true);
    assert.equal(root.subjectAltName, `URI:spiffe://${trustDomain}`);
    const years = (root.validToDate.getTime() - harness.clock.nowMs()) / (365.2 * dayMs);
    const days = (middle.validToDate.getTime() - harness.clock.nowMs()) / dayMs;
    assert.ok(years > 9.9 && years < 10.1, `${years} years`);
    assert.ok(days > 29.9 && days <= 30, `${days} days`);
    assert.equal(authoritiesMade(harness), 4);
  });

  it('publishes a bundle that others can verify its credentials with', async () => {
    await using harness = await openHarness();
    const { spiffeId } = await addService(harness, 'trainer');
    const svid = await mint(harness, spiffeId);
    const text = JSON.stringify(harness.identity.bundle());
    const bundle = orThrow(parseTrustBundle(trustDomain, text));
    const policy = { bundleOf: () => bundle, nowMs: harness.clock.nowMs() };
    assert.equal(orThrow(validateX509Svid(svid.chain, policy)).spiffeId, spiffeId);
    assert.ok((bundle.sequence ?? 0) > 0);
    assert.equal(bundle.refreshHintSeconds, 300);
  });

  it('is the same after a restart', async () => {
    await using harness = await openHarness();
    const { spiffeId } = await addService(harness, 'trainer');
    const svid = await mint(harness, spiffeId);
    const jwt = orThrow(await harness.identity.mintJwtSvid(actor, { spiffeId, audience: [own] }));
    const restarted = await harness.openReplica();
    assert.deepEqual(restarted.bundle(), harness.identity.bundle());
    assert.equal(codeOf(await restarted.authenticateCertificate(svid.chain)), 'accepted');
    assert.equal(codeOf(await restarted.authenticateBearer(jwt.token.reveal())), 'accepted');
    assert.equal(authoritiesMade(harness), 4);
  });

  it('refuses storage that belongs to another trust domain', async () => {
    await using harness = await openHarness();
    const config = {
      trustDomain: orThrow(parseTrustDomain('other.example')),
      tenant,
      dataDir: '.',
      pollIntervalMs: 0,
    };
    await assert.rejects(harness.openReplica({ config }), { code: 'E_IDENTITY_TRUST_DOMAIN' });
  });

  it('is made once by three servers that start together', async () => {
    await using harness = await openHarness();
    const storage = await openMemoryStorage(migrations);
    const replicas = await Promise.all(
      Array.from({ length: 3 }, () => harness.openReplica({ storage })),
    );
    const bundles = await Promise.all(
      replicas.map(async (replica) => {
        await replica.refresh();
        return replica.bundle();
      }),
    );
    assert.equal(bundles[0]?.keys.length, 3);
    assert.deepEqual(bundles[1], bundles[0]);
    assert.deepEqual(bundles[2], bundles[0]);
    await storage.close();
  });
});

describe('succession', () => {
  it('publishes the next signers an hour before they sign and keeps the old ones', async () => {
    await using harness = await openHarness();
    const { spiffeId } = await addService(harness, 'trainer');
    const before = await mint(harness, spiffeId);
    const [oldKid] = kids(harness);
    const oldSequence = harness.identity.bundle().spiffe_sequence;
    harness.clock.advance(20 * dayMs + 1000);
    await harness.identity.refresh();
    assert.equal(kids(harness).length, 2);
    assert.ok(harness.identity.bundle().spiffe_sequence > oldSequence);
    assert.deepEqual(
      Buffer.from((await mint(harness, spiffeId)).chain[1] ?? []),
      Buffer.from(before.chain[1] ?? []),
    );
    harness.clock.advance(3_600_000);
    await harness.identity.refresh();
    const after = await mint(harness, spiffeId);
    assert.notDeepEqual(Buffer.from(after.chain[1] ?? []), Buffer.from(before.chain[1] ?? []));
    assert.equal(codeOf(await harness.identity.authenticateCertificate(after.chain)), 'accepted');
    const jwt = orThrow(await harness.identity.mintJwtSvid(actor, { spiffeId, audience: [own] }));
    const header = JSON.parse(
      Buffer.from(jwt.token.reveal().split('.')[0] ?? '', 'base64url').toString(),
    ) as { kid: string };
    assert.notEqual(header.kid, oldKid);
    assert.ok(kids(harness).includes(oldKid) && kids(harness).includes(header.kid));
  });

  it('leaves no gap over two hundred days', async () => {
    await using harness = await openHarness();
    const { spiffeId } = await addService(harness, 'trainer');
    for (let day = 0; day < 200; day += 5) {
      const { chain } = await mint(harness, spiffeId);
      assert.equal(codeOf(await harness.identity.authenticateCertificate(chain)), 'accepted');
      harness.clock.advance(5 * dayMs);
      await harness.identity.refresh();
    }
    assert.ok(kids(harness).length <= 3);
  });

  it('makes new signers after a server was off for longer than the old ones lived', async () => {
    await using harness = await openHarness();
    const { spiffeId } = await addService(harness, 'trainer');
    harness.clock.advance(90 * dayMs);
    const restarted = await harness.openReplica();
    const { chain } = await mint({ identity: restarted }, spiffeId);
    assert.equal(codeOf(await restarted.authenticateCertificate(chain)), 'accepted');
  });

  it('reaches a replica with the next poll', async () => {
    await using harness = await openHarness();
    const replica = await harness.openReplica();
    harness.clock.advance(20 * dayMs + 1000);
    await harness.identity.refresh();
    await replica.refresh();
    assert.deepEqual(replica.bundle(), harness.identity.bundle());
    assert.equal(replica.bundle().keys.length, 5);
  });
});

describe('a replica without the keys', () => {
  it('verifies everything and signs nothing', async () => {
    await using harness = await openHarness();
    const { spiffeId } = await addService(harness, 'trainer');
    const { chain } = await mint(harness, spiffeId);
    const replica = await harness.openReplica({ keys: createMemoryKeyStore() });
    assert.equal(codeOf(await replica.authenticateCertificate(chain)), 'accepted');
    assert.deepEqual(replica.bundle(), harness.identity.bundle());
    const csrPem = newWorkloadKey().csrPem;
    assert.equal(
      codeOf(await replica.mintX509Svid(actor, { spiffeId, csrPem })),
      'E_AUTHORITY_UNAVAILABLE',
    );
    assert.equal(
      codeOf(await replica.mintJwtSvid(actor, { spiffeId, audience: [own] })),
      'E_AUTHORITY_UNAVAILABLE',
    );
    await assert.rejects(replica.serverTls(), { code: 'E_AUTHORITY_UNAVAILABLE' });
    assert.equal(authoritiesMade(harness), 4);
  });
});
