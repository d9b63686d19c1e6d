/** Mutual TLS at both sides of the gateway, with real certificates of a real trust domain. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as httpsRequest, Agent, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { fakeClock, type Clock } from '../../../src/kernel/effects.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import type { PrincipalId } from '../../../src/kernel/ids.ts';
import {
  actor as identityActor,
  addService,
  type Harness as IdentityHarness,
  newWorkloadKey,
  openHarness,
  spiffe,
} from '../../domains/identity/harness.ts';
import { chat, type Harness, startHarness } from './harness.ts';
import { type FakeUpstream, startFakeOpenAi } from '../../../src/doors/gateway/fake.ts';

type Workload = { readonly cert: string; readonly key: string; readonly id: PrincipalId };

type Place = {
  readonly identity: IdentityHarness['identity'];
  readonly clock: Clock & { readonly advance: (ms: number) => void };
  readonly ca: string;
  readonly upstream: FakeUpstream;
  readonly harness: Harness;
  readonly newWorkload: (name: string) => Promise<Workload>;
};

const tlsTest = (name: string, work: (place: Place) => Promise<void>): void =>
  void test(name, { timeout: 20_000 }, async () => {
    // Starts now, because OpenSSL on the client side looks at the real clock.
    const clock = fakeClock(Date.now());
    const room = await openHarness({ clock });
    const { identity } = room;
    const upstream = await startFakeOpenAi();
    const harness = await startHarness({ deps: { identity, clock } });
    const newWorkload = async (service: string): Promise<Workload> => {
      const { id, spiffeId } = await addService(room, service);
      const { csrPem, privateKeyPem: key } = newWorkloadKey();
      const svid = orThrow(await identity.mintX509Svid(identityActor, { spiffeId, csrPem }));
      return { cert: svid.chainPem, key, id };
    };
    const own = await identity.serverTls();
    try {
      await harness.addEndpoint({ name: 'llm', protocol: 'openai', url: upstream.url });
      await work({ identity, clock, ca: own.current().ca, upstream, harness, newWorkload });
    } finally {
      own.close();
      await harness.close();
      await upstream.close();
      await room[Symbol.asyncDispose]();
    }
  });

type Reply = { readonly status: number; readonly code: unknown };

const ask = (
  port: number,
  agent: Agent,
  fields: { readonly headers?: Readonly<Record<string, string>>; readonly model?: string } = {},
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        port,
        path: '/v1/chat/completions',
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', ...fields.headers },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () => {
          const { error } = JSON.parse(text) as { error?: { code?: unknown } };
          resolve({ status: response.statusCode ?? 0, code: error?.code });
        });
      },
    );
    request.on('error', reject);
    request.end(JSON.stringify(chat(fields.model === undefined ? {} : { model: fields.model })));
  });

const agentOf = (ca: string, workload?: Pick<Workload, 'cert' | 'key'>): Agent =>
  new Agent({
    ca,
    keepAlive: true,
    maxSockets: 1,
    ...(workload && { cert: workload.cert, key: workload.key }),
  });

tlsTest(
  'knows a caller by its SVID and by a token, on a listener where both may come',
  async (place) => {
    const { harness, ca, newWorkload, identity } = place;
    const listener = await harness.gateway.listen({ host: '127.0.0.1', port: 0, tls: 'optional' });
    const trainer = await newWorkload('trainer');
    const agent = agentOf(ca, trainer);
    assert.equal((await ask(listener.port, agent)).status, 200);
    assert.equal(harness.access.asked[0]?.principal.id, trainer.id);
    const asked = harness.access.asked[0]?.context['authentication'];
    assert.match(JSON.stringify(asked), /"methods":\["mtls"\]/);
    const bare = agentOf(ca);
    assert.deepEqual(await ask(listener.port, bare), { status: 401, code: 'E_CREDENTIAL_MISSING' });
    const { token } = orThrow(await identity.createToken(identityActor, { principal: trainer.id }));
    const bearer = { authorization: `Bearer ${token.reveal()}` };
    assert.equal((await ask(listener.port, bare, { headers: bearer })).status, 200);
    assert.equal((await ask(listener.port, agent, { headers: bearer })).status, 200);
    const jwt = orThrow(
      await identity.mintJwtSvid(identityActor, {
        spiffeId: spiffe('/trainer'),
        audience: [`spiffe://${identity.trustDomain}/sallyport`],
      }),
    );
    const svid = { authorization: `Bearer ${jwt.token.reveal()}` };
    assert.equal((await ask(listener.port, bare, { headers: svid })).status, 200);
    agent.destroy();
    bare.destroy();
  },
);

tlsTest('refuses two identities, strangers and missing certificates', async (place) => {
  const { harness, ca, newWorkload, identity } = place;
  const optional = await harness.gateway.listen({ host: '127.0.0.1', port: 0, tls: 'optional' });
  const required = await harness.gateway.listen({ host: '127.0.0.1', port: 0, tls: 'required' });
  const trainer = await newWorkload('trainer');
  const other = await newWorkload('other');
  const { token } = orThrow(await identity.createToken(identityActor, { principal: other.id }));
  const headers = { authorization: `Bearer ${token.reveal()}` };
  const agent = agentOf(ca, trainer);
  assert.deepEqual(await ask(optional.port, agent, { headers }), {
    status: 401,
    code: 'E_CREDENTIAL_AMBIGUOUS',
  });
  const bare = agentOf(ca);
  assert.deepEqual(await ask(required.port, bare, { headers }), {
    status: 401,
    code: 'E_CREDENTIAL_MISSING',
  });
  await using foreign = await openHarness({ clock: place.clock });
  const stranger = newWorkloadKey();
  const { spiffeId } = await addService(foreign, 'trainer');
  const svid = orThrow(
    await foreign.identity.mintX509Svid(identityActor, { spiffeId, csrPem: stranger.csrPem }),
  );
  const impostor = agentOf(ca, { cert: svid.chainPem, key: stranger.privateKeyPem });
  for (const { port } of [optional, required])
    assert.equal((await ask(port, impostor)).status, 401);
  assert.equal(place.upstream.seen.length, 0);
  for (const one of [agent, bare, impostor]) one.destroy();
});

tlsTest(
  'cuts off an expired certificate and a disabled principal on an open connection',
  async (place) => {
    const { harness, ca, newWorkload, identity, clock } = place;
    const listener = await harness.gateway.listen({ host: '127.0.0.1', port: 0, tls: 'required' });
    const trainer = await newWorkload('trainer');
    const doomed = await newWorkload('doomed');
    const agent = agentOf(ca, trainer);
    const other = agentOf(ca, doomed);
    assert.equal((await ask(listener.port, agent)).status, 200);
    assert.equal((await ask(listener.port, other)).status, 200);
    orThrow(await identity.setPrincipalDisabled(identityActor, doomed.id, true));
    clock.advance(1_000);
    await identity.refresh();
    assert.equal((await ask(listener.port, other)).status, 401);
    assert.equal((await ask(listener.port, agent)).status, 200);
    clock.advance(3_600_000);
    await identity.refresh();
    assert.equal((await ask(listener.port, agent)).status, 401);
    agent.destroy();
    other.destroy();
  },
);

tlsTest('speaks TLS 1.3 only', async ({ harness, ca }) => {
  const listener = await harness.gateway.listen({ host: '127.0.0.1', port: 0, tls: 'optional' });
  const old = connect({ port: listener.port, ca, maxVersion: 'TLSv1.2' });
  const [error] = (await once(old, 'error')) as [Error & { code?: string }];
  assert.match(error.code ?? '', /ALERT_PROTOCOL_VERSION/);
  const recent = connect({ port: listener.port, host: '127.0.0.1', ca });
  await once(recent, 'secureConnect');
  assert.equal(recent.getProtocol(), 'TLSv1.3');
  recent.destroy();
});

type ModelServer = { readonly url: string; readonly peers: string[]; readonly close: () => void };

/** A model server that wants to see an SVID and shows its own. */
const startModel = async (own: Workload, ca: string): Promise<ModelServer> => {
  const peers: string[] = [];
  const server: Server = createServer(
    { cert: own.cert, key: own.key, ca, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const { subjectaltname } = (request.socket as TLSSocket).getPeerCertificate();
      peers.push(String(subjectaltname));
      request.resume();
      response.setHeader('content-type', 'application/json');
      response.end('{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}');
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    peers,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

tlsTest(
  'proves itself to an upstream and demands exactly the declared identity of it',
  async (place) => {
    const { harness, ca, newWorkload, identity } = place;
    const model = await startModel(await newWorkload('model'), ca);
    const listener = await harness.gateway.listen({ host: '127.0.0.1', port: 0, tls: 'required' });
    const agent = agentOf(ca, await newWorkload('caller'));
    const add = (name: string, tls: { spiffeId?: string; caPem?: string }): Promise<void> =>
      harness.addEndpoint({ name, protocol: 'openai', url: model.url, tls });
    await add('right', { spiffeId: spiffe('/model') });
    await add('wrong', { spiffeId: spiffe('/other') });
    await add('public', {});
    assert.deepEqual(await ask(listener.port, agent, { model: 'right' }), {
      status: 200,
      code: undefined,
    });
    assert.equal(model.peers.length, 1);
    assert.ok(model.peers[0]?.includes(`spiffe://${identity.trustDomain}/sallyport`));
    const untrusted = { status: 502, code: 'E_UPSTREAM_UNTRUSTED' };
    assert.deepEqual(await ask(listener.port, agent, { model: 'wrong' }), untrusted);
    assert.deepEqual(await ask(listener.port, agent, { model: 'public' }), untrusted);
    assert.equal(model.peers.length, 1, 'nothing was sent to an upstream that is not proven');
    assert.equal(harness.budgets.steps.filter((step) => step === 'cancel').length, 2);
    agent.destroy();
    model.close();
  },
);
