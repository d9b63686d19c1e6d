/** Agents over mutual TLS on the shared listener: attestation, the stream, issuing, eviction. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { createCertificateRequest, encodePem } from '../../../src/engines/pki/index.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { actor, openHarness, spiffe } from '../../domains/identity/harness.ts';
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

/** The control plane over TLS, and calls to it with and without a client certificate. */
const openWorld = async () => {
  const harness = await openHarness();
  const { identity } = harness;
  const { app } = await createApiWorld({ deps: { identity, clock: harness.clock } });
  const tls = await identity.serverTls();
  const { key, cert, ca } = tls.current();
  const server = createServer(
    { key: key.reveal(), cert, ca, requestCert: true, rejectUnauthorized: false },
    app.handle,
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
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
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    tls.close();
    await app.close();
    await harness[Symbol.asyncDispose]();
  };
  return { harness, send, [Symbol.asyncDispose]: close };
};
type World = Awaited<ReturnType<typeof openWorld>>;

type Call = { readonly method?: string; readonly path: string; readonly body?: object };

const call = async ({ send }: World, what: Call, own?: Own) => {
  const answer = await send(what, own);
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
  return { status: answer.statusCode, body: JSON.parse(text) as Record<string, unknown> };
};

const attestOverTheWire = async (world: World): Promise<Own> => {
  const { agents } = world.harness.identity;
  const made = orThrow(await agents.createJoinToken(actor, { node: 'gpu-1' }));
  const key = newKey();
  const evidence = { token: made.token.reveal() };
  const body = { attestor: 'join-token', evidence, csr: key.csr };
  const attested = await call(world, { path: 'attest', body });
  assert.equal(attested.status, 200);
  assert.equal(attested.body['agentId'], agentId);
  return toOwn(key, attested.body['chain'] as string[]);
};

const register = async ({ harness }: World, path: string) =>
  orThrow(
    await harness.identity.entries.create(actor, {
      spiffeId: spiffe(path),
      parent: { kind: 'agent', agentId },
      selectors: ['unix:uid:1000'],
    }),
  );

type Line = {
  readonly type: string;
  readonly entries: readonly { readonly id: string }[];
  readonly bundles: readonly { readonly jwks: { readonly keys: readonly { use: string }[] } }[];
  readonly crls: readonly string[];
  readonly ttlMs: number;
};

const openStream = async ({ send }: World, own: Own) => {
  const stream = await send({ method: 'GET', path: 'stream?revision=0' }, own);
  assert.equal(stream.headers['content-type'], 'application/x-ndjson');
  const lines = createInterface({ input: stream })[Symbol.asyncIterator]();
  return { lines, next: async () => JSON.parse(String((await lines.next()).value)) as Line };
};

describe('an agent over mutual TLS', () => {
  it('hears its state at once and of an entry when it is made', async () => {
    await using world = await openWorld();
    const { next } = await openStream(world, await attestOverTheWire(world));
    const state = await next();
    assert.equal(state.type, 'state');
    assert.equal(state.ttlMs, 30_000);
    const uses = state.bundles[0]?.jwks.keys.map(({ use }) => use);
    assert.deepEqual(uses, ['x509-svid', 'jwt-svid', 'wit-svid']);
    assert.equal(state.crls.length, 2);
    const entry = await register(world, '/trainer');
    assert.deepEqual((await next()).entries[0]?.id, entry.id);
  });

  it('gets the credentials of its entries and of no others', async () => {
    await using world = await openWorld();
    const own = await attestOverTheWire(world);
    const { id: entryId } = await register(world, '/trainer');
    const { csr } = newKey();
    const requests = [
      { entryId, csr },
      { entryId: 'other', csr },
    ];
    const { status, body } = await call(world, { path: 'svids', body: { requests } }, own);
    assert.equal(status, 200);
    const svids = body['svids'] as { chain?: string[]; error?: { code: string } }[];
    assert.equal(svids[0]?.chain?.length, 2);
    assert.equal(svids[1]?.error?.code, 'E_ENTRY_FORBIDDEN');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicJwk = { ...publicKey.export({ format: 'jwk' }), alg: 'ES256' };
    for (const [path, wish] of [
      ['jwt-svids', { entryId, audience: ['db'] }],
      ['wit-svids', { entryId, publicJwk }],
    ] as const)
      assert.equal((await call(world, { path, body: wish }, own)).status, 200, path);
  });

  it('is told and refused when it is evicted, with every SVID it has', async () => {
    await using world = await openWorld();
    const own = await attestOverTheWire(world);
    const { next, lines } = await openStream(world, own);
    const key = newKey();
    const renewed = await call(world, { path: 'renew', body: { csr: key.csr } }, own);
    assert.equal(renewed.status, 200);
    orThrow(await world.harness.identity.revocations.revoke(actor, { agentId }));
    let last = await next();
    while (last.type !== 'end') last = await next();
    assert.equal((await lines.next()).done, true);
    const body = { requests: [{ entryId: 'any', csr: key.csr }] };
    for (const other of [own, toOwn(key, renewed.body['chain'] as string[])])
      assert.equal((await call(world, { path: 'svids', body }, other)).status, 401);
  });

  it('hears nothing more when the SVID that opened its stream is revoked', async () => {
    await using world = await openWorld();
    const own = await attestOverTheWire(world);
    const { next, lines } = await openStream(world, own);
    assert.equal((await next()).type, 'state');
    const { revocations, agents } = world.harness.identity;
    const [agent] = (await agents.list()).agents;
    orThrow(await revocations.revoke(actor, { credentialId: agent?.credentialId ?? '' }));
    await register(world, '/secret');
    assert.equal((await lines.next()).done, true);
  });
});

describe('the routes of agents', () => {
  it('refuse a caller without a certificate', async () => {
    await using world = await openWorld();
    assert.equal((await call(world, { method: 'GET', path: 'stream' })).status, 401);
  });

  it('refuse the certificate of a workload', async () => {
    await using world = await openWorld();
    const own = await attestOverTheWire(world);
    const { id: entryId } = await register(world, '/other');
    const key = newKey();
    const wish = { path: 'svids', body: { requests: [{ entryId, csr: key.csr }] } };
    const [svid] = (await call(world, wish, own)).body['svids'] as { chain: string[] }[];
    const refused = await call(world, wish, toOwn(key, svid?.chain ?? []));
    assert.equal(refused.body['code'], 'E_AGENT_UNKNOWN');
  });
});
