/** Mutual TLS between node's own sockets with what this room issues, and revocation in real time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { systemClock } from '../../../src/kernel/effects.ts';
import { actor, addService, newWorkloadKey, openHarness, tenant, trustDomain } from './harness.ts';

const chainOf = (socket: TLSSocket): readonly Uint8Array[] => {
  const chain: Uint8Array[] = [];
  let certificate = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < 4) {
    chain.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return chain;
};

/** The harness lives at a fixed time; TLS lives now. */
const openNow = (pollIntervalMs: number) =>
  openHarness({
    clock: systemClock,
    config: { trustDomain, tenant, dataDir: '.', pollIntervalMs },
  });

describe('mutual TLS', () => {
  it('proves server and client to each other, over TLS 1.3', async () => {
    await using harness = await openNow(0);
    const { spiffeId } = await addService(harness, 'trainer');
    const workload = newWorkloadKey();
    const svid = orThrow(
      await harness.identity.mintX509Svid(actor, { spiffeId, csrPem: workload.csrPem }),
    );
    const { key, cert, ca } = (await harness.identity.serverTls()).current();
    const server = createServer(
      {
        key: key.reveal(),
        cert,
        minVersion: 'TLSv1.3',
        requestCert: true,
        rejectUnauthorized: false,
      },
      (socket) => {
        const verdict = Promise.resolve(harness.identity.authenticateCertificate(chainOf(socket)));
        void verdict.then((identity) => socket.end(JSON.stringify(identity)));
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect({
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      servername: 'localhost',
      ca,
      key: workload.privateKeyPem,
      cert: svid.chainPem,
    });
    const chunks: Buffer[] = [];
    client.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(client, 'end');
    client.destroy();
    server.close();
    const answer = JSON.parse(Buffer.concat(chunks).toString()) as { credentialId: string };
    assert.equal(answer.credentialId, svid.credentialId);
  });
});

describe('the poll', () => {
  it('carries a revocation to another replica within a second', async () => {
    await using harness = await openNow(100);
    const replica = await harness.openReplica();
    const { id } = await addService(harness, 'trainer');
    const { token, record } = orThrow(await harness.identity.createToken(actor, { principal: id }));
    const text = token.reveal();
    assert.equal(isRefusal(await replica.authenticateBearer(text)), false);
    await harness.identity.revokeToken(actor, record.id);
    const startMs = performance.now();
    while (!isRefusal(await replica.authenticateBearer(text))) {
      assert.ok(performance.now() - startMs < 1000, 'still accepted after a second');
      await sleep(10);
    }
  });
});
