/** Other trust domains: bundles kept apart, polled by their own hint, never taken backwards. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { createBundleClient } from '../../../../src/doors/api/index.ts';
import type { FetchBundle } from '../../../../src/domains/identity/index.ts';
import { systemClock } from '../../../../src/kernel/effects.ts';
import { isRefusal, orThrow, refuse } from '../../../../src/kernel/errors.ts';
import { parseSpiffeId, parseTrustDomain } from '../../../../src/kernel/ids.ts';
import { identityErrors } from '../../../../src/domains/identity/index.ts';
import { actor, newWorkloadKey, openHarness, principalId, tenant } from '../harness.ts';
import { addEntry, attestNode, listen } from './nodes.ts';

const partner = orThrow(parseTrustDomain('partner.example'));
const url = 'https://bundles.partner.example/';
const web = { profile: 'https_web', url } as const;
const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.error.code : 'accepted');
const partnerConfig = { trustDomain: partner, tenant, dataDir: '.', pollIntervalMs: 0 };

/** A partner with a workload, and a way to serve its bundle. */
const openPartner = async () => {
  const harness = await openHarness({ config: partnerConfig });
  const spiffeId = orThrow(parseSpiffeId('spiffe://partner.example/caller'));
  const wish = { type: 'Service', id: principalId('caller'), name: 'caller', spiffeId } as const;
  orThrow(await harness.identity.createPrincipal(actor, wish));
  const csrPem = newWorkloadKey().csrPem;
  const svid = orThrow(await harness.identity.mintX509Svid(actor, { spiffeId, csrPem }));
  return { harness, spiffeId, svid, document: () => JSON.stringify(harness.identity.bundle()) };
};

describe('federation', () => {
  it('lets a workload of another trust domain in as its principal, until it ends', async () => {
    const other = await openPartner();
    await using harness = await openHarness();
    const { identity } = harness;
    const { spiffeId, svid } = other;
    assert.equal(codeOf(await identity.authenticateCertificate(svid.chain)), 'E_SVID_UNTRUSTED');
    const wish = { type: 'Service', name: 'Partner', spiffeId } as const;
    assert.equal(codeOf(await identity.createPrincipal(actor, wish)), 'E_IDENTITY_REQUEST');
    const source = { profile: 'static' } as const;
    orThrow(
      await identity.federation.set(actor, {
        trustDomain: partner,
        source,
        bundle: other.document(),
      }),
    );
    assert.equal(codeOf(await identity.authenticateCertificate(svid.chain)), 'E_IDENTITY_DISABLED');
    orThrow(await identity.createPrincipal(actor, wish));
    assert.equal(codeOf(await identity.authenticateCertificate(svid.chain)), 'accepted');
    orThrow(await identity.federation.remove(actor, partner));
    assert.equal(codeOf(await identity.authenticateCertificate(svid.chain)), 'E_SVID_UNTRUSTED');
    await other.harness[Symbol.asyncDispose]();
  });

  it('gives the bundle to agents whose entries federate, and pushes each new one', async () => {
    const other = await openPartner();
    await using harness = await openHarness();
    const { agent } = await attestNode(harness, 'gpu-1');
    await addEntry(harness, '/trainer', { federatesWith: [partner] });
    const { news, arrive } = listen(harness, agent);
    const source = { profile: 'static' } as const;
    const bundle = other.document();
    orThrow(await harness.identity.federation.set(actor, { trustDomain: partner, source, bundle }));
    await arrive();
    const told = news.findLast((one) => one.type === 'change');
    assert.deepEqual(
      told?.bundles?.map(({ trustDomain }) => trustDomain),
      ['prod.example', partner],
    );
    await other.harness[Symbol.asyncDispose]();
  });
});

describe('the bundle of another trust domain', () => {
  it('is asked for again, kept when that fails, and never goes back', async () => {
    let asked = 0;
    let answer: Awaited<ReturnType<FetchBundle>> = new Uint8Array(0);
    const fetchBundle: FetchBundle = () => {
      asked += 1;
      return Promise.resolve(answer);
    };
    const documentOf = (sequence: number) =>
      Buffer.from(`{"keys":[],"spiffe_sequence":${sequence},"spiffe_refresh_hint":60}`);
    answer = documentOf(5);
    await using harness = await openHarness({
      bundles: { check: () => undefined, fetch: fetchBundle },
      config: { ...ownConfig, pollIntervalMs: 0 },
    });
    const { federation } = harness.identity;
    const first = orThrow(await federation.set(actor, { trustDomain: partner, source: web }));
    assert.equal(first.sequence, 5);
    assert.equal(first.refreshHintSeconds, 60);
    answer = refuse(identityErrors.E_FEDERATION_FETCH, 'no route');
    const failed = orThrow(await federation.refresh(partner));
    assert.equal(failed.failure, 'no route');
    assert.equal(failed.sequence, 5);
    answer = documentOf(4);
    assert.match(orThrow(await federation.refresh(partner)).failure ?? '', /went back/);
    answer = documentOf(6);
    const next = orThrow(await federation.refresh(partner));
    assert.equal(next.sequence, 6);
    assert.equal(next.failure, undefined);
    assert.equal(asked, 4);
  });

  it('comes from no address that is not https, holds a user, or lies where egress may not go', async () => {
    await using harness = await openHarness({
      config: ownConfig,
      bundles: createBundleClient({ allowPrivate: false }),
    });
    const set = (address: string) =>
      harness.identity.federation.set(actor, {
        trustDomain: partner,
        source: { profile: 'https_web', url: address },
      });
    for (const address of [
      'http://partner.example/',
      'https://user@partner.example/',
      'https://127.0.0.1/',
      'https://169.254.169.254/',
    ])
      assert.notEqual(codeOf(await set(address)), 'accepted', address);
  });
});

const ownConfig = {
  trustDomain: orThrow(parseTrustDomain('prod.example')),
  tenant,
  dataDir: '.',
  pollIntervalMs: 0,
};

const serve = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

describe('a bundle endpoint that proves itself by SPIFFE', () => {
  it('is read when it is exactly who it must be, and not when it is somebody else', async (context) => {
    await using other = await openHarness({ config: partnerConfig, clock: systemClock });
    const tls = await other.identity.serverTls();
    const { key, cert, spiffeId } = tls.current();
    const server = createServer({ key: key.reveal(), cert }, (request, response) => {
      if (request.url === '/moved') {
        response.writeHead(302, { location: 'http://127.0.0.1/bundle' }).end();
        return;
      }
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(other.identity.bundle()));
    });
    const port = await serve(server);
    context.after(() => {
      server.closeAllConnections();
      server.close();
      tls.close();
    });
    await using harness = await openHarness({
      clock: systemClock,
      config: ownConfig,
      bundles: createBundleClient({ allowPrivate: true }),
    });
    const bundle = JSON.stringify(other.identity.bundle());
    const federate = async (path: string, endpointSpiffeId: typeof spiffeId) =>
      orThrow(
        await harness.identity.federation.set(actor, {
          trustDomain: partner,
          bundle,
          source: {
            profile: 'https_spiffe',
            url: `https://127.0.0.1:${port}${path}`,
            endpointSpiffeId,
          },
        }),
      );
    assert.equal((await federate('/bundle', spiffeId)).failure, undefined);
    const wrong = orThrow(parseSpiffeId('spiffe://partner.example/sallyport/other'));
    assert.match((await federate('/bundle', wrong)).failure ?? '', /FE-10/);
    assert.match((await federate('/moved', spiffeId)).failure ?? '', /https/);
    const plain = { profile: 'https_web', url: `https://127.0.0.1:${port}/bundle` } as const;
    const unproven = orThrow(
      await harness.identity.federation.set(actor, { trustDomain: partner, source: plain }),
    );
    assert.notEqual(unproven.failure, undefined);
  });
});
