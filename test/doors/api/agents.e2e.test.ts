/** Agents over mutual TLS on the shared listener: attestation, the stream, issuing, eviction. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { createCertificateRequest, encodePem } from '../../../src/engines/pki/index.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { actor, type Harness, openHarness, spiffe } from '../../domains/identity/harness.ts';
import { createApiWorld } from './world.ts';

type Key = { readonly keyPem: string; readonly csr: string };
type Own = { readonly key: string; readonly cert: string };

const newKey = (): Key => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const csr = createCertificateRequest({
    spki: publicKey.export({ format: 'der', type: 'spki' }),
    sign: (data) => sign('sha256', data, privateKey),
  });
  return {
    keyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    csr: Buffer.from(csr).toString('base64'),
  };
};

const toOwn = (key: Key, chain: readonly string[]): Own => ({
  key: key.keyPem,
  cert: chain.map((der) => encodePem('CERTIFICATE', Buffer.from(der, 'base64'))).join(''),
});

const agentId = spiffe('/sallyport/agent/join-token/gpu-1');

describe('an agent over mutual TLS', () => {
  let harness: Harness;
  let close: () => Promise<void>;
  let port = 0;
  let ca = '';

  before(async () => {
    harness = await openHarness();
    const { identity } = harness;
    const { app } = await createApiWorld({ deps: { identity, clock: harness.clock } });
    const tls = await identity.serverTls();
    const { key, cert, ca: anchors } = tls.current();
    ca = anchors;
    const server = createServer(
      { key: key.reveal(), cert, ca, requestCert: true, rejectUnauthorized: false },
      app.handle,
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
    close = async () => {
      server.closeAllConnections();
      server.close();
      tls.close();
      await app.close();
      await harness[Symbol.asyncDispose]();
    };
  });
  after(() => close());

  type Call = { readonly method?: string; readonly path: string; readonly body?: object };
  const send = async (
    { method = 'POST', path, body }: Call,
    own?: Own,
  ): Promise<IncomingMessage> => {
    const options = { host: '127.0.0.1', port, method, path: `/api/v1/agents/${path}`, ca, ...own };
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    // The clock of the harness is not that of TLS: what is checked here is what the server checks.
    const sent = httpsRequest({ ...options, headers, agent: false, rejectUnauthorized: false });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    return answer;
  };
  const call = async (what: Call, own?: Own) => {
    const answer = await send(what, own);
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
    return { status: answer.statusCode, body: JSON.parse(text) as Record<string, unknown> };
  };
  const attestOverTheWire = async (): Promise<Own> => {
    const made = orThrow(await harness.identity.agents.createJoinToken(actor, { node: 'gpu-1' }));
    const key = newKey();
    const evidence = { token: made.token.reveal() };
    const attested = await call({
      path: 'attest',
      body: { attestor: 'join-token', evidence, csr: key.csr },
    });
    assert.equal(attested.status, 200);
    assert.equal(attested.body['agentId'], agentId);
    return toOwn(key, attested.body['chain'] as string[]);
  };

  it('attests, hears of an entry, gets its SVID, and is cut off when evicted', async () => {
    const own = await attestOverTheWire();
    const stream = await send({ method: 'GET', path: 'stream?revision=0' }, own);
    assert.equal(stream.headers['content-type'], 'application/x-ndjson');
    const lines = createInterface({ input: stream })[Symbol.asyncIterator]();
    const next = async () =>
      JSON.parse(String((await lines.next()).value)) as {
        type: string;
        entries: { id: string }[];
        bundles: { trustDomain: string; jwks: { keys: { use: string }[] } }[];
        crls: string[];
        ttlMs: number;
      };
    const state = await next();
    assert.equal(state.type, 'state');
    assert.equal(state.ttlMs, 30_000);
    assert.deepEqual(
      state.bundles[0]?.jwks.keys.map(({ use }) => use),
      ['x509-svid', 'jwt-svid', 'wit-svid'],
    );
    assert.equal(state.crls.length, 2);
    const entry = orThrow(
      await harness.identity.entries.create(actor, {
        spiffeId: spiffe('/trainer'),
        parent: { kind: 'agent', agentId },
        selectors: ['unix:uid:1000'],
      }),
    );
    const change = await next();
    assert.deepEqual(
      change.entries.map(({ id }) => id),
      [entry.id],
    );
    const requests = [
      { entryId: entry.id, csr: newKey().csr },
      { entryId: 'other', csr: newKey().csr },
    ];
    const { status, body } = await call({ path: 'svids', body: { requests } }, own);
    assert.equal(status, 200);
    const svids = body['svids'] as { chain?: string[]; error?: { code: string } }[];
    assert.equal(svids[0]?.chain?.length, 2);
    assert.equal(svids[1]?.error?.code, 'E_ENTRY_FORBIDDEN');
    const jwt = { entryId: entry.id, audience: ['db'] };
    assert.equal((await call({ path: 'jwt-svids', body: jwt }, own)).status, 200);
    const publicJwk = {
      ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
      alg: 'ES256',
    };
    const wit = { entryId: entry.id, publicJwk };
    assert.equal((await call({ path: 'wit-svids', body: wit }, own)).status, 200);
    const renewal = newKey();
    const renewed = await call({ path: 'renew', body: { csr: renewal.csr } }, own);
    assert.equal(renewed.status, 200);
    orThrow(await harness.identity.revocations.revoke(actor, { agentId }));
    let last = await next();
    while (last.type === 'change') last = await next();
    assert.equal(last.type, 'end');
    assert.equal((await lines.next()).done, true);
    for (const other of [own, toOwn(renewal, renewed.body['chain'] as string[])])
      assert.equal((await call({ path: 'svids', body: { requests } }, other)).status, 401);
  });

  it('is refused without a certificate', async () => {
    const { status } = await call({ method: 'GET', path: 'stream' });
    assert.equal(status, 401);
  });

  it('is refused with the certificate of a workload', async () => {
    const own = await attestOverTheWire();
    const entry = orThrow(
      await harness.identity.entries.create(actor, {
        spiffeId: spiffe('/other'),
        parent: { kind: 'agent', agentId },
        selectors: ['unix:uid:1001'],
      }),
    );
    const key = newKey();
    const requests = [{ entryId: entry.id, csr: key.csr }];
    const { body } = await call({ path: 'svids', body: { requests } }, own);
    const [svid] = body['svids'] as { chain: string[] }[];
    const refused = await call(
      { path: 'svids', body: { requests } },
      toOwn(key, svid?.chain ?? []),
    );
    assert.equal(refused.body['code'], 'E_AGENT_UNKNOWN');
  });
});
