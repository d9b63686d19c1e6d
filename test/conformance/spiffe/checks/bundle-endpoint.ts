/**
 * For the federation checks: a bundle endpoint of another trust domain that shows whatever
 * certificate it is told to, and our server that federates with it through its real client.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { createFakeDomain, type FakeDomain } from '../../../../src/doors/agent/fake.ts';
import { createBundleClient } from '../../../../src/doors/api/index.ts';
import type { FederatedDomain, FederationSource } from '../../../../src/domains/identity/index.ts';
import { createCertificateRequest, encodePem } from '../../../../src/engines/pki/index.ts';
import { systemClock } from '../../../../src/kernel/effects.ts';
import { orThrow } from '../../../../src/kernel/errors.ts';
import { parseSpiffeId, parseTrustDomain, type TrustDomain } from '../../../../src/kernel/ids.ts';
import type { JsonObject } from '../../../../src/kernel/json-value.ts';
import { actor, openHarness, tenant, trustDomain } from '../../../domains/identity/harness.ts';

export const partner: TrustDomain = orThrow(parseTrustDomain('partner.example'));
export const host: TrustDomain = orThrow(parseTrustDomain('host.example'));
export const spiffeIdOf = (text: string) => orThrow(parseSpiffeId(text));
/** Who the endpoint of the partner is. */
export const endpointId = spiffeIdOf(`spiffe://${partner}/bundles`);
export const newDomain = (name: TrustDomain = partner): FakeDomain =>
  createFakeDomain(name, Date.now);

/** Key and chain of an SVID as a TLS server shows it; its only DNS name is `localhost`. */
export const shown = (domain: FakeDomain, spiffeId = endpointId): SecureContextOptions => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const csr = createCertificateRequest({
    spki: publicKey.export({ type: 'spki', format: 'der' }),
    sign: (data) => sign('sha256', data, privateKey),
  });
  const { chain } = orThrow(domain.issue(csr, spiffeId, 600_000));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
  };
};

export type Reply = { readonly document: JsonObject } | { readonly location: string };

export type BundleEndpoint = {
  readonly port: number;
  /** Paths in the order in which they were asked for. */
  readonly asked: readonly string[];
  /** What a path answers; 404 without. */
  readonly replies: Map<string, Reply>;
  readonly show: (options: SecureContextOptions) => void;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

/** Listens on 127.0.0.1. `await using` ends it. */
export const openEndpoint = async (options: SecureContextOptions): Promise<BundleEndpoint> => {
  const asked: string[] = [];
  const replies = new Map<string, Reply>();
  const server = createServer(options, ({ url = '' }, response) => {
    asked.push(url);
    const reply = replies.get(url);
    if (reply === undefined) return void response.writeHead(404).end();
    if ('location' in reply) return void response.writeHead(302, { ...reply }).end();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(reply.document));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    replies,
    show: (next) => server.setSecureContext(next),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

/** What the checks do with our server. */
export type Member = {
  readonly set: (
    source: FederationSource,
    bundle?: JsonObject,
    name?: TrustDomain,
  ) => Promise<FederatedDomain>;
  readonly refresh: () => Promise<FederatedDomain>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

/** Our server with the client it has in production, egress to this machine allowed. */
export const openMember = async (): Promise<Member> => {
  const harness = await openHarness({
    clock: systemClock,
    config: { trustDomain, tenant, dataDir: '.', pollIntervalMs: 0 },
    bundles: createBundleClient({ allowPrivate: true }),
  });
  const { federation } = harness.identity;
  return {
    set: async (source, bundle, name = partner) => {
      const document = bundle === undefined ? {} : { bundle: JSON.stringify(bundle) };
      return orThrow(await federation.set(actor, { trustDomain: name, source, ...document }));
    },
    refresh: async () => orThrow(await federation.refresh(partner)),
    [Symbol.asyncDispose]: harness[Symbol.asyncDispose],
  };
};

/** The profile in which the endpoint proves to be `id`. */
export const bySpiffe = (
  { port }: BundleEndpoint,
  { path = '/bundle', id = endpointId } = {},
): FederationSource => ({
  profile: 'https_spiffe',
  url: `https://127.0.0.1:${port}${path}`,
  endpointSpiffeId: id,
});
