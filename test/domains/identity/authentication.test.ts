/** Who is let in, with which credential, and what everybody else is told. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { signJwtSvid } from '../../../src/engines/pki/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import {
  actor,
  addService,
  type Harness,
  newWorkloadKey,
  openHarness,
  spiffe,
  trustDomain,
} from './harness.ts';

const own = `spiffe://${trustDomain}/sallyport`;
const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.error.code : 'accepted');

const newToken = async ({ identity }: Harness, name: string, ttlSeconds = 3600) => {
  const { id } = await addService({ identity }, name);
  return orThrow(await identity.createToken(actor, { principal: id, ttlSeconds }));
};
const newJwt = async ({ identity }: Harness, name: string, audience: readonly string[] = [own]) => {
  const { spiffeId } = await addService({ identity }, name);
  return orThrow(await identity.mintJwtSvid(actor, { spiffeId, audience }));
};

describe('API tokens', () => {
  it('prove the principal they were made for, at once the second time', async () => {
    await using harness = await openHarness();
    const { token, record } = await newToken(harness, 'trainer');
    const first = await harness.identity.authenticateBearer(token.reveal());
    const second = harness.identity.authenticateBearer(token.reveal());
    assert.deepEqual(first, {
      principal: { type: 'Service', id: 'trainer' },
      tenant: 'default',
      spiffeId: spiffe('/trainer'),
      method: 'api-token',
      credentialId: `token:${record.id}`,
      authenticatedAtMs: harness.clock.nowMs(),
      expiresAtMs: record.expiresAtMs,
    });
    assert.equal(second, first);
  });

  it('end when they expire, cached or not', async () => {
    await using harness = await openHarness();
    const { token } = await newToken(harness, 'trainer', 60);
    await harness.identity.authenticateBearer(token.reveal());
    harness.clock.advance(59_999);
    await harness.identity.refresh();
    assert.equal(codeOf(harness.identity.authenticateBearer(token.reveal())), 'accepted');
    harness.clock.advance(1);
    assert.equal(
      codeOf(await harness.identity.authenticateBearer(token.reveal())),
      'E_IDENTITY_CREDENTIAL',
    );
  });

  it('are stored as digests only', async () => {
    await using harness = await openHarness();
    const { token } = await newToken(harness, 'trainer');
    const rows = await harness.storage
      .database<{ identity_tokens: Record<string, unknown> }>()
      .selectFrom('identity_tokens')
      .selectAll()
      .execute();
    const secret = token.reveal().slice(21);
    assert.equal(rows.length, 1);
    assert.equal(JSON.stringify(rows).includes(secret), false);
    assert.equal(JSON.stringify(harness.ledger.events).includes(secret), false);
    assert.equal(JSON.stringify(harness.log.entries).includes(secret), false);
  });

  it('keep the hour of their last use', async () => {
    await using harness = await openHarness();
    const { token, record } = await newToken(harness, 'trainer');
    await harness.identity.authenticateBearer(token.reveal());
    harness.clock.advance(65_000);
    await harness.identity.refresh();
    const [kept] = await harness.identity.listTokens(record.principal.id);
    assert.equal(kept?.lastUsedAtMs, Math.floor(record.createdAtMs / 3_600_000) * 3_600_000);
  });

  it('are turned away when they are unknown, mistyped or another secret of the same id', async () => {
    await using harness = await openHarness();
    await using other = await openHarness();
    const stranger = (await newToken(other, 'trainer')).token.reveal();
    const text = (await newToken(harness, 'trainer')).token.reveal();
    for (const bad of [stranger, `${text}x`, text.slice(0, -1), 'spt_', `spt_${'a'.repeat(66)}`])
      assert.equal(codeOf(await harness.identity.authenticateBearer(bad)), 'E_IDENTITY_CREDENTIAL');
  });
});

describe('JWT-SVIDs', () => {
  it('prove the principal whose SPIFFE ID they carry', async () => {
    await using harness = await openHarness();
    const { token, credentialId, expiresAtMs } = await newJwt(harness, 'trainer');
    const identity = orThrow(await harness.identity.authenticateBearer(token.reveal()));
    assert.equal(identity.method, 'jwt-svid');
    assert.equal(identity.principal.id, 'trainer');
    assert.equal(identity.credentialId, credentialId);
    assert.equal(identity.expiresAtMs, expiresAtMs);
    assert.equal(harness.identity.authenticateBearer(token.reveal()), identity);
  });

  it('need no storage when the principal is known already', async () => {
    await using harness = await openHarness();
    const { token } = await newJwt(harness, 'trainer');
    await harness.identity.authenticateBearer(token.reveal());
    const fresh = orThrow(
      await harness.identity.mintJwtSvid(actor, { spiffeId: spiffe('/trainer'), audience: [own] }),
    );
    const answer = harness.identity.authenticateBearer(fresh.token.reveal());
    assert.equal(answer instanceof Promise, false);
    assert.equal(codeOf(answer), 'accepted');
  });

  it('are accepted for a configured audience and for no other', async () => {
    const config = { trustDomain, tenant: actor.tenant, dataDir: '.', pollIntervalMs: 0 };
    await using harness = await openHarness({ config: { ...config, audiences: ['gateway'] } });
    const { spiffeId } = await addService(harness, 'trainer');
    for (const [audience, expected] of [
      ['gateway', 'accepted'],
      [own, 'accepted'],
      ['elsewhere', 'E_SVID_AUDIENCE'],
    ] as const) {
      const jwt = await harness.identity.mintJwtSvid(actor, { spiffeId, audience: [audience] });
      const token = orThrow(jwt).token.reveal();
      assert.equal(codeOf(await harness.identity.authenticateBearer(token)), expected);
    }
  });

  it('expire, cached or not', async () => {
    await using harness = await openHarness();
    const { token, expiresAtMs } = await newJwt(harness, 'trainer');
    await harness.identity.authenticateBearer(token.reveal());
    harness.clock.advance(expiresAtMs - harness.clock.nowMs());
    await harness.identity.refresh();
    assert.equal(
      codeOf(await harness.identity.authenticateBearer(token.reveal())),
      'E_SVID_EXPIRED',
    );
  });

  it('signed by anybody else are worth nothing', async () => {
    await using harness = await openHarness();
    const { spiffeId } = await addService(harness, 'trainer');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kid = harness.identity.bundle().keys.find(({ use }) => use === 'jwt-svid')?.kid ?? '';
    const nowMs = harness.clock.nowMs();
    const token = signJwtSvid(
      { spiffeId, audience: [own], issuedAtMs: nowMs, expiresAtMs: nowMs + 60_000 },
      { algorithm: 'ES256', kid, privateKey },
    );
    assert.equal(codeOf(await harness.identity.authenticateBearer(token)), 'E_SVID_UNTRUSTED');
  });

  it('that are garbage are refused without a look-up', async () => {
    await using harness = await openHarness();
    for (const text of ['', 'a.b.c', 'a', '..', 'é'.repeat(100), 'x'.repeat(100_000), '\0.\0.\0']) {
      const answer = harness.identity.authenticateBearer(text);
      assert.equal(answer instanceof Promise, false);
      assert.equal(isRefusal(answer), true);
    }
  });
});

describe('X509-SVIDs', () => {
  const newSvid = async (harness: Harness, name: string, ttlSeconds = 3600) => {
    const { spiffeId } = await addService(harness, name);
    const { csrPem } = newWorkloadKey();
    return orThrow(await harness.identity.mintX509Svid(actor, { spiffeId, csrPem, ttlSeconds }));
  };

  it('prove the principal, with or without the intermediate', async () => {
    await using harness = await openHarness();
    const { chain, credentialId } = await newSvid(harness, 'trainer');
    const identity = orThrow(await harness.identity.authenticateCertificate(chain));
    assert.equal(identity.method, 'mtls');
    assert.equal(identity.credentialId, credentialId);
    assert.equal(harness.identity.authenticateCertificate(chain.slice(0, 1)), identity);
    await using replica = {
      identity: await harness.openReplica(),
      [Symbol.asyncDispose]: async () => {},
    };
    const alone = await replica.identity.authenticateCertificate(chain.slice(0, 1));
    assert.equal(codeOf(alone), 'accepted');
  });

  it('expire, cached or not', async () => {
    await using harness = await openHarness();
    const { chain } = await newSvid(harness, 'trainer', 60);
    await harness.identity.authenticateCertificate(chain);
    harness.clock.advance(60_000);
    await harness.identity.refresh();
    assert.equal(codeOf(await harness.identity.authenticateCertificate(chain)), 'E_SVID_EXPIRED');
  });

  it('of another trust domain, of nobody, or of ourselves are refused', async () => {
    await using harness = await openHarness();
    await using other = await openHarness();
    const { chain } = await newSvid(other, 'trainer');
    assert.equal(codeOf(await harness.identity.authenticateCertificate(chain)), 'E_SVID_UNTRUSTED');
    assert.equal(
      codeOf(await harness.identity.authenticateCertificate([])),
      'E_IDENTITY_CREDENTIAL',
    );
    const junk = [Uint8Array.of(0x30, 0)];
    assert.equal(codeOf(await harness.identity.authenticateCertificate(junk)), 'E_SVID_MALFORMED');
    const pem = (await harness.identity.serverTls()).current().cert;
    const ours = pem
      .split('-----END CERTIFICATE-----')
      .slice(0, 2)
      .map((block) => Buffer.from(block.replace(/-----BEGIN CERTIFICATE-----|\s/g, ''), 'base64'));
    assert.equal(
      codeOf(await harness.identity.authenticateCertificate(ours)),
      'E_IDENTITY_DISABLED',
    );
  });
});

describe('failed proofs', () => {
  it('are recorded with an opaque peer, its address sealed', async () => {
    await using harness = await openHarness();
    await harness.identity.authenticateBearer('nonsense', '192.0.2.7');
    const [event] = harness.ledger.events.filter(({ class: kind }) => kind === 'forensic');
    assert.equal(event?.ocsf.metadata.event_code, 'authentication.failed');
    assert.equal(event.ocsf['status_code'], 'E_SVID_MALFORMED');
    assert.equal(JSON.stringify(event.ocsf).includes('192.0.2.7'), false);
    assert.deepEqual(event.personal?.fields, { peer: '192.0.2.7' });
  });

  it('are bounded in the ledger and then in number, for that peer only', async () => {
    await using harness = await openHarness();
    const { token } = await newToken(harness, 'trainer');
    for (let i = 0; i < 700; i++)
      await harness.identity.authenticateBearer(`bad-${i}`, '192.0.2.7');
    const recorded = harness.ledger.events.filter(({ class: kind }) => kind === 'forensic');
    assert.equal(recorded.length, 10);
    const text = token.reveal();
    assert.equal(
      codeOf(await harness.identity.authenticateBearer(text, '192.0.2.7')),
      'E_IDENTITY_ATTEMPTS',
    );
    assert.equal(codeOf(await harness.identity.authenticateBearer(text, '192.0.2.8')), 'accepted');
    // What is known to be good is not a guess.
    assert.equal(codeOf(harness.identity.authenticateBearer(text, '192.0.2.7')), 'accepted');
  });
});
