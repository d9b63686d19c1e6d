/**
 * FE-01 to FE-16. Here the endpoint, looked at from outside (`target.federation`); our client is
 * judged in federation-client.ts, and what a bundle vouches for in federated-trust.ts.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { connect } from 'node:tls';
import type { Check, FederationTarget, Target } from '../types.ts';
import { federationClientChecks } from './federation-client.ts';
import { federatedTrustChecks } from './federated-trust.ts';
import { readKeys } from './fetch.ts';

const onEndpoint = (
  rule: string,
  title: string,
  run: (target: FederationTarget) => void | Promise<void>,
): Check => ({
  rule,
  title,
  needs: 'federation',
  run: async ({ federation }: Target) => {
    assert.ok(federation);
    await run(federation);
  },
});

/** TLS that proves the chain; SPIFFE endpoints have no host name. No client certificate, ever. */
const tlsOf = ({ authorities }: FederationTarget): RequestOptions => ({
  ca: authorities,
  checkServerIdentity: () => undefined,
  agent: false,
});

const get = async (target: FederationTarget) => {
  const sent = request(target.url, tlsOf(target)).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const body = Buffer.concat((await answer.toArray()) as Buffer[]);
  return { status: answer.statusCode, type: answer.headers['content-type'] ?? '', body };
};

/** A handshake with these options; rejects when the endpoint does not agree. */
const shake = async (
  target: FederationTarget,
  options: object,
): Promise<{ readonly cipher: string; readonly isProven: boolean }> => {
  const { hostname, port } = new URL(target.url);
  const { ca } = tlsOf(target);
  const socket = connect({
    host: hostname,
    port: Number(port === '' ? 443 : port),
    checkServerIdentity: () => undefined,
    ...(ca === undefined ? {} : { ca }),
    ...options,
  });
  await once(socket, 'secureConnect');
  const { name } = socket.getCipher();
  const isProven = socket.authorized;
  socket.destroy();
  return { cipher: name, isProven };
};

const recommended = /^TLS_(?:AES|CHACHA20)|^ECDHE-.*(?:GCM|CHACHA20)/;

const endpointChecks: readonly Check[] = [
  onEndpoint('FE-06', 'lies at https without a user', ({ url }) => {
    const { protocol, username, password } = new URL(url);
    assert.equal(protocol, 'https:');
    assert.equal(username + password, '');
    assert.ok(!url.includes('@'));
  }),
  onEndpoint('FE-07', 'answers GET with a bundle as application/json', async (target) => {
    const { status, type, body } = await get(target);
    assert.equal(status, 200);
    assert.match(type, /^application\/json(?:;|$)/);
    new TextDecoder('utf-8', { fatal: true }).decode(body);
    const keys = readKeys(body);
    assert.ok(keys.some(({ use }) => use === 'x509-svid'));
    for (const { kty, use } of keys) {
      assert.equal(typeof kty, 'string');
      assert.ok(['x509-svid', 'jwt-svid', 'wit-svid'].includes(String(use)), String(use));
    }
  }),
  onEndpoint('FE-08', 'asks for no credential, neither by TLS nor by HTTP', async (target) => {
    assert.equal((await get(target)).status, 200);
  }),
  onEndpoint('FE-03', 'proves itself by a chain to its authorities', async (target) => {
    assert.equal((await shake(target, {})).isProven, true);
  }),
  onEndpoint(
    'FE-13',
    'speaks TLS 1.2 or newer with forward secrecy and nothing less',
    async (t) => {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const agreed = shake(t, { minVersion: version, maxVersion: version });
        const name = await agreed.then(({ cipher }) => cipher).catch(() => undefined);
        // TLS 1.3 alone is recommended as well; that 1.2 is refused is no breach.
        if (name !== undefined || version === 'TLSv1.3') assert.match(name ?? 'none', recommended);
      }
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' };
      await assert.rejects(shake(t, old));
      await assert.rejects(shake(t, { maxVersion: 'TLSv1.2', ciphers: 'kRSA' }));
    },
  ),
  onEndpoint('FE-02', 'publishes the authorities of one trust domain', async (target) => {
    const { body } = await get(target);
    for (const { use, x5c } of readKeys(body)) {
      if (use !== 'x509-svid') continue;
      assert.ok(Array.isArray(x5c) && x5c.length === 1);
      const { subjectAltName = '' } = new X509Certificate(Buffer.from(String(x5c[0]), 'base64'));
      const named = subjectAltName.match(/URI:spiffe:\/\/[^,]*/g) ?? [];
      for (const name of named) assert.equal(name, `URI:spiffe://${target.trustDomain}`);
    }
  }),
];

/** All checks of federation. */
export const federationChecks: readonly Check[] = [
  ...endpointChecks,
  ...federationClientChecks,
  ...federatedTrustChecks,
];
