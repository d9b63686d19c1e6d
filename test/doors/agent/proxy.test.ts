/** The proxy between real sockets: who may pass, what passes, what is counted, what is cut. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { after, describe, it } from 'node:test';
import { createFakeDomain } from '../../../src/doors/agent/fake.ts';
import {
  allowPeers,
  type Proxy,
  type ProxyOptions,
  startProxy,
  type SvidState,
} from '../../../src/doors/agent/index.ts';
import {
  createCertificateRequest,
  encodePem,
  parseTrustBundle,
} from '../../../src/engines/pki/index.ts';
import { systemClock } from '../../../src/kernel/effects.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { parseSpiffeId, type TrustDomain } from '../../../src/kernel/ids.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { createMetrics } from '../../../src/platform/metrics/index.ts';
import type { X509Identity } from '../../../src/doors/workload-api/index.ts';

const domain = createFakeDomain('fake.test', Date.now);
const stranger = createFakeDomain('fake.test', Date.now);
const closing: (() => unknown)[] = [];
after(async () => {
  for (const close of closing.reverse()) await close();
});

const identityOf = (path: string, from = domain, lifeMs = 600_000): X509Identity => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const csr = createCertificateRequest({
    spki: publicKey.export({ type: 'spki', format: 'der' }),
    sign: (data) => sign('sha256', data, privateKey),
  });
  const spiffeId = orThrow(parseSpiffeId(`spiffe://fake.test${path}`));
  const { chain, expiresAtMs } = orThrow(from.issue(csr, spiffeId, lifeMs));
  const key = privateKey.export({ type: 'pkcs8', format: 'der' });
  return { spiffeId, chain, privateKey: new Secret<Uint8Array>(key), hint: '', expiresAtMs };
};

const stateOf = (identity: X509Identity, crls: readonly Uint8Array[] = []): SvidState => ({
  identities: [identity],
  bundles: new Map([
    [
      'fake.test',
      orThrow(parseTrustBundle('fake.test' as TrustDomain, JSON.stringify(domain.bundle))),
    ],
  ]),
  crls,
});

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
};

/** Answers each line in capitals and keeps what it saw. */
const startEcho = async () => {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      seen.push(chunk.toString());
      socket.write(chunk.toString().toUpperCase());
    });
    socket.on('end', () => socket.end('BYE'));
  });
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { port: await listen(server), seen };
};

type World = {
  readonly proxy: Proxy;
  readonly held: { state: SvidState | undefined; isStale: boolean };
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly port: number;
};

const start = async (
  direction: 'in' | 'out',
  target: number,
  more: Partial<ProxyOptions> = {},
): Promise<World> => {
  const held: World['held'] = { state: stateOf(identityOf(`/${direction}`)), isStale: false };
  const metrics = createMetrics();
  const proxy = await startProxy({
    direction,
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    target: { kind: 'tcp', host: '127.0.0.1', port: target },
    authorize: allowPeers([
      'spiffe://fake.test/in',
      'spiffe://fake.test/out',
      'spiffe://fake.test/ok/*',
    ]),
    requirePq: false,
    state: () => held.state,
    isStale: () => held.isStale,
    clock: systemClock,
    log: createMemoryLog(),
    metrics,
    ...more,
  });
  closing.push(() => proxy.close());
  const port = proxy.address.kind === 'tcp' ? proxy.address.port : 0;
  return { proxy, held, metrics, port };
};

const tlsOptions = (identity: X509Identity | undefined, port: number): ConnectionOptions => ({
  host: '127.0.0.1',
  port,
  rejectUnauthorized: false,
  ...(identity === undefined
    ? {}
    : {
        key: encodePem('PRIVATE KEY', identity.privateKey.reveal()),
        cert: identity.chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
      }),
});

/** What comes back for a line; empty when the connection is ended without an answer. */
const ask = async (socket: Socket, line = 'hello'): Promise<string> => {
  socket.on('error', () => undefined);
  socket.write(line);
  const answer = await Promise.race([
    once(socket, 'data').then(([chunk]) => (chunk as Buffer).toString()),
    once(socket, 'close').then(() => ''),
  ]).catch(() => '');
  return answer;
};

const askOnce = async (options: ConnectionOptions): Promise<string> => {
  const socket = connectTls(options);
  const answer = await ask(socket);
  socket.destroy();
  return answer;
};

describe('a pair of proxies', () => {
  it('carries bytes both ways over the hybrid group, and passes ends on', async () => {
    const echo = await startEcho();
    const inbound = await start('in', echo.port);
    const outbound = await start('out', inbound.port);
    const socket = connect({ port: outbound.port, host: '127.0.0.1', allowHalfOpen: true });
    assert.equal(await ask(socket), 'HELLO');
    const rest = once(socket, 'data');
    socket.end();
    assert.equal(String((await rest)[0]), 'BYE');
    await once(socket, 'end');
    for (const [{ metrics }, direction] of [
      [inbound, 'in'],
      [outbound, 'out'],
    ] as const)
      assert.match(
        metrics.render(),
        new RegExp(`connections_total\\{direction="${direction}",group="X25519MLKEM768"\\} 1`),
      );
  });
});

describe('the inbound proxy', () => {
  const cases: readonly (readonly [string, () => X509Identity | undefined, boolean])[] = [
    ['admits a peer that policy names', () => identityOf('/out'), true],
    ['admits a peer below an admitted path', () => identityOf('/ok/a'), true],
    ['refuses a peer that policy does not name', () => identityOf('/other'), false],
    ['refuses a peer without certificate', () => undefined, false],
    ['refuses a peer of another authority', () => identityOf('/out', stranger), false],
  ];
  for (const [name, identity, isAdmitted] of cases)
    it(name, async () => {
      const echo = await startEcho();
      const { port } = await start('in', echo.port);
      const answer = await askOnce(tlsOptions(identity(), port));
      assert.equal(answer, isAdmitted ? 'HELLO' : '');
      assert.equal(echo.seen.length, isAdmitted ? 1 : 0, 'not a byte passes a refusal');
    });

  it('counts peers without the hybrid group, and refuses them when told to', async () => {
    const echo = await startEcho();
    const lenient = await start('in', echo.port);
    const strict = await start('in', echo.port, { requirePq: true });
    const classical = { ...tlsOptions(identityOf('/out'), lenient.port), ecdhCurve: 'X25519' };
    assert.equal(await askOnce(classical), 'HELLO');
    assert.match(lenient.metrics.render(), /group="X25519"\} 1/);
    assert.equal(await askOnce({ ...classical, port: strict.port }), '');
    const hybrid = tlsOptions(identityOf('/out'), strict.port);
    assert.equal(await askOnce(hybrid), 'HELLO');
  });

  it('refuses everybody once its knowledge is stale, and cuts who is connected', async () => {
    const echo = await startEcho();
    const world = await start('in', echo.port);
    const socket = connectTls(tlsOptions(identityOf('/out'), world.port));
    assert.equal(await ask(socket), 'HELLO');
    world.held.isStale = true;
    const closed = once(socket, 'close');
    await world.proxy.recheck();
    await closed;
    assert.equal(await askOnce(tlsOptions(identityOf('/out'), world.port)), '');
  });

  it('cuts who is connected within a moment of growing stale, told by nobody', async () => {
    const echo = await startEcho();
    const world = await start('in', echo.port);
    const socket = connectTls(tlsOptions(identityOf('/out'), world.port));
    assert.equal(await ask(socket), 'HELLO');
    const closed = once(socket, 'close');
    const startedAt = performance.now();
    world.held.isStale = true;
    await closed;
    assert.ok(performance.now() - startedAt < 800);
  });

  it('cuts an open connection as soon as its peer is revoked, and no other', async () => {
    const echo = await startEcho();
    const world = await start('in', echo.port);
    const bad = identityOf('/out');
    const victim = connectTls(tlsOptions(bad, world.port));
    const other = connectTls(tlsOptions(identityOf('/out'), world.port));
    assert.deepEqual([await ask(victim), await ask(other)], ['HELLO', 'HELLO']);
    const closed = once(victim, 'close');
    world.held.state = stateOf(identityOf('/in'), [
      domain.revoke(bad.chain[0] ?? new Uint8Array(0)),
    ]);
    const startedAt = performance.now();
    await world.proxy.recheck();
    await closed;
    assert.ok(performance.now() - startedAt < 1_000);
    assert.equal(await ask(other, 'again'), 'AGAIN');
    assert.equal(await askOnce(tlsOptions(bad, world.port)), '');
    other.destroy();
  });
});

describe('the bounds of the inbound proxy', () => {
  it('cuts a connection that never finishes its handshake', async () => {
    const echo = await startEcho();
    const { port } = await start('in', echo.port, {
      limits: { handshakeMs: 50 },
    });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(Buffer.from([22, 3, 1, 0xff, 0xff]));
    await once(socket, 'close');
  });

  it('cuts a connection that is silent for too long', async () => {
    const echo = await startEcho();
    const { port } = await start('in', echo.port, { limits: { idleMs: 60 } });
    const socket = connectTls(tlsOptions(identityOf('/out'), port));
    assert.equal(await ask(socket), 'HELLO');
    await once(socket, 'close');
  });

  it('ends what is no TLS without touching the target', async () => {
    const echo = await startEcho();
    const { port } = await start('in', echo.port);
    assert.equal(await ask(connect(port, '127.0.0.1'), 'GET / HTTP/1.1\r\n\r\n'), '');
    assert.equal(echo.seen.length, 0);
  });

  it('serves nobody without an identity, and serves with a renewed one', async () => {
    const echo = await startEcho();
    const world = await start('in', echo.port);
    const { state } = world.held;
    world.held.state = undefined;
    assert.equal(await askOnce(tlsOptions(identityOf('/out'), world.port)), '');
    world.held.state = state && stateOf(identityOf('/renewed'));
    assert.equal(await askOnce(tlsOptions(identityOf('/out'), world.port)), 'HELLO');
  });
});

describe('the outbound proxy', () => {
  it('sends nothing to a peer that is somebody else', async () => {
    const echo = await startEcho();
    const inbound = await start('in', echo.port);
    inbound.held.state = stateOf(identityOf('/impostor'));
    const outbound = await start('out', inbound.port);
    assert.equal(await ask(connect(outbound.port, '127.0.0.1')), '');
    assert.equal(echo.seen.length, 0);
  });

  it('ends the local side when the target cannot be reached', async () => {
    const outbound = await start('out', 1);
    assert.equal(await ask(connect(outbound.port, '127.0.0.1')), '');
  });
});
