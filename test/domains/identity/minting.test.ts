/** What is minted, for whom, for how long, and what is refused. */
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import type { X509SvidRequest } from '../../../src/domains/identity/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import {
  actor,
  addService,
  type Harness,
  newWorkloadKey,
  openHarness,
  principalId,
  spiffe,
  trustDomain,
} from './harness.ts';

const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.error.code : 'accepted');
const workload = newWorkloadKey();
const trainer = spiffe('/trainer');

const mintCodes = async (
  { identity }: Harness,
  requests: readonly (readonly [string, Partial<X509SvidRequest>])[],
): Promise<void> => {
  for (const [expected, changes] of requests) {
    const request = { spiffeId: trainer, csrPem: workload.csrPem, ...changes };
    const answer = await identity.mintX509Svid(actor, request);
    assert.equal(codeOf(answer), expected, JSON.stringify(changes));
  }
};

describe('X509-SVIDs', () => {
  it('carry the names asked for, the key proven and the life wanted', async () => {
    await using harness = await openHarness();
    await addService(harness, 'trainer');
    const svid = orThrow(
      await harness.identity.mintX509Svid(actor, {
        spiffeId: trainer,
        csrPem: workload.csrPem,
        ttlSeconds: 600,
        dnsNames: ['trainer.example'],
        ipAddresses: ['10.0.0.1'],
      }),
    );
    const [leaf] = svid.chain.map((der) => new X509Certificate(der));
    assert.equal(leaf?.subjectAltName, `URI:${trainer}, DNS:trainer.example, IP Address:10.0.0.1`);
    assert.equal(leaf.checkPrivateKey(createPrivateKey(workload.privateKeyPem)), true);
    assert.equal(svid.expiresAtMs, harness.clock.nowMs() + 600_000);
    assert.equal(leaf.validToDate.getTime(), svid.expiresAtMs);
    assert.equal(leaf.validFromDate.getTime(), harness.clock.nowMs() - 10_000);
    assert.equal(svid.credentialId, `x509:${leaf.serialNumber.toLowerCase()}`);
    assert.equal(svid.chainPem.match(/BEGIN CERTIFICATE/g)?.length, 2);
  });

  it('are refused when anything about the request is wrong', async () => {
    await using harness = await openHarness();
    await addService(harness, 'trainer');
    const stranger = newWorkloadKey();
    await mintCodes(harness, [
      ['accepted', {}],
      ['accepted', { ttlSeconds: 1 }],
      ['E_IDENTITY_REQUEST', { ttlSeconds: 3601 }],
      ['E_IDENTITY_REQUEST', { ttlSeconds: 0 }],
      ['E_IDENTITY_REQUEST', { ttlSeconds: 1.5 }],
      ['E_IDENTITY_REQUEST', { publicKey: workload.spki }],
      ['E_PKI_MALFORMED', { csrPem: 'nonsense' }],
      ['E_PKI_MALFORMED', { csrPem: stranger.csrPem.replace(/^M/m, 'N') }],
      ['E_PKI_REQUEST', { dnsNames: ['*'] }],
      ['E_PRINCIPAL_NOT_FOUND', { spiffeId: spiffe('/nobody') }],
      ['E_PRINCIPAL_NOT_FOUND', { spiffeId: spiffe('/sallyport') }],
    ]);
    orThrow(await harness.identity.setPrincipalDisabled(actor, principalId('trainer'), true));
    await mintCodes(harness, [['E_IDENTITY_DISABLED', {}]]);
  });

  it('are issued for a bare key whose possession the caller proved', async () => {
    await using harness = await openHarness();
    await addService(harness, 'trainer');
    const { identity } = harness;
    const good = { spiffeId: trainer, publicKey: workload.spki };
    assert.equal(codeOf(await identity.mintX509Svid(actor, good)), 'accepted');
    const bad = { spiffeId: trainer, publicKey: Uint8Array.of(1, 2, 3) };
    assert.equal(codeOf(await identity.mintX509Svid(actor, bad)), 'E_PKI_MALFORMED');
    assert.equal(
      codeOf(await identity.mintX509Svid(actor, { spiffeId: trainer })),
      'E_IDENTITY_REQUEST',
    );
  });

  it('are not handed out when the ledger cannot record them', async () => {
    await using harness = await openHarness();
    await addService(harness, 'trainer');
    harness.ledger.setState('refusing');
    const request = { spiffeId: trainer, csrPem: workload.csrPem };
    await assert.rejects(harness.identity.mintX509Svid(actor, request), {
      code: 'E_LEDGER_UNAVAILABLE',
    });
  });
});

describe('JWT-SVIDs', () => {
  it('are refused when anything about the request is wrong', async () => {
    await using harness = await openHarness();
    await addService(harness, 'trainer');
    const cases: readonly (readonly [string, object])[] = [
      ['accepted', {}],
      ['E_IDENTITY_REQUEST', { audience: [] }],
      ['E_IDENTITY_REQUEST', { audience: [''] }],
      ['E_IDENTITY_REQUEST', { audience: Array<string>(17).fill('a') }],
      ['E_IDENTITY_REQUEST', { audience: ['a'.repeat(513)] }],
      ['E_IDENTITY_REQUEST', { ttlSeconds: 3601 }],
      ['E_PRINCIPAL_NOT_FOUND', { spiffeId: spiffe('/nobody') }],
    ];
    for (const [expected, changes] of cases) {
      const request = { spiffeId: trainer, audience: ['a'], ...changes };
      assert.equal(codeOf(await harness.identity.mintJwtSvid(actor, request)), expected);
    }
  });

  it('never show in print', async () => {
    await using harness = await openHarness();
    await addService(harness, 'trainer');
    const svid = orThrow(
      await harness.identity.mintJwtSvid(actor, { spiffeId: trainer, audience: ['a'] }),
    );
    assert.equal(JSON.stringify(svid).includes(svid.token.reveal()), false);
    assert.equal(JSON.stringify(harness.ledger.events).includes(svid.token.reveal()), false);
  });
});

describe('listeners of our own', () => {
  it('renew their identity at half-life and tell whoever listens', async () => {
    await using harness = await openHarness();
    const tls = await harness.identity.serverTls();
    const renewed: string[] = [];
    const stop = tls.onRenewed(({ cert }) => renewed.push(cert));
    const first = tls.current();
    assert.equal(first.spiffeId, `spiffe://${trustDomain}/sallyport`);
    harness.clock.advance(27 * 60_000 - 1000);
    await harness.identity.refresh();
    assert.equal(tls.current(), first);
    harness.clock.advance(3 * 60_000 + 1000);
    await harness.identity.refresh();
    assert.notEqual(tls.current().cert, first.cert);
    assert.deepEqual(renewed, [tls.current().cert]);
    assert.ok(tls.current().expiresAtMs > first.expiresAtMs);
    stop();
    tls.close();
    harness.clock.advance(31 * 60_000);
    await harness.identity.refresh();
    assert.equal(renewed.length, 1);
  });

  it('keep what they have when a renewal fails, and try again', async () => {
    await using harness = await openHarness();
    const tls = await harness.identity.serverTls();
    const first = tls.current();
    harness.ledger.setState('refusing');
    harness.clock.advance(31 * 60_000);
    await harness.identity.refresh();
    assert.equal(tls.current(), first);
    harness.ledger.setState('open');
    harness.clock.advance(10_000);
    await harness.identity.refresh();
    assert.notEqual(tls.current(), first);
  });

  it('are reached by localhost, unless configured otherwise', async () => {
    await using harness = await openHarness();
    const usual = new X509Certificate((await harness.identity.serverTls()).current().cert);
    assert.equal(usual.checkHost('localhost'), 'localhost');
    assert.equal(usual.checkIP('127.0.0.1'), '127.0.0.1');
    const named = await harness.identity.serverTls({ dnsNames: ['gate.example'], ipAddresses: [] });
    const certificate = new X509Certificate(named.current().cert);
    assert.equal(certificate.checkHost('gate.example'), 'gate.example');
    assert.equal(certificate.checkIP('127.0.0.1'), undefined);
    assert.equal(named.current().key.toString(), '[secret]');
  });
});
