/** Clients of the Workload API that misbehave lose a call or their connection, nothing else. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { after, before, it } from 'node:test';
import fc from 'fast-check';
import { frame } from '../../conformance/spiffe/client/grpc.ts';
import { jwtRequest, paths, security } from '../../conformance/spiffe/client/workload-messages.ts';
import { type Harness, startHarness, until } from './harness.ts';

let harness: Harness;
before(async () => {
  harness = await startHarness({
    limits: {
      maxConnectionsPerPeer: 4,
      maxStreamsPerConnection: 8,
      drainMs: 200,
      requestMs: 200,
    },
  });
});
after(() => harness.close());

const isAlive = async (): Promise<void> => {
  const client = harness.connect();
  assert.equal((await client.first(paths.x509)).code, 'OK');
  await client.close();
};

it('survives frames of random bytes', async () => {
  const client = harness.connect();
  const all = Object.values(paths);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.nat(6), async (bytes, at) => {
      const path = all[at] ?? paths.jwt;
      const framed = await client.first(path, bytes);
      const raw = await client.first(path, undefined, { frames: bytes });
      for (const { code } of [framed, raw]) assert.notEqual(code, 'UNAVAILABLE');
    }),
    { numRuns: 150 },
  );
  await client.close();
  await isAlive();
});

it('survives well-formed requests with single bytes changed', async () => {
  const client = harness.connect();
  const good = frame(jwtRequest(['audience'], 'spiffe://fake.test/web'));
  for (let at = 0; at < good.length; at++) {
    const changed = Buffer.from(good);
    changed[at] = (changed[at] ?? 0) ^ 0x81;
    const { code } = await client.first(paths.jwt, undefined, { frames: changed });
    assert.notEqual(code, 'UNKNOWN', `byte ${at}`);
  }
  await client.close();
  await isAlive();
});

it('survives connections that do not speak HTTP/2', async () => {
  for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\0'.repeat(100), 'PRI * HTTP/2.0\r\n\r\nXX']) {
    const socket = connect(harness.path);
    socket.on('error', () => undefined);
    socket.write(bytes);
    socket.resume();
    await once(socket, 'close');
  }
  await isAlive();
});

it('bounds messages', async () => {
  const client = harness.connect();
  const { code } = await client.unary(paths.jwt, Buffer.alloc(70_000));
  assert.equal(code, 'RESOURCE_EXHAUSTED');
  await client.close();
});

it('bounds connections of one peer', async () => {
  const clients = [1, 2, 3, 4].map(() => harness.connect());
  for (const client of clients) assert.equal((await client.first(paths.x509)).code, 'OK');
  const fifth = await harness.connect().first(paths.x509);
  assert.notEqual(fifth.code, 'OK');
  await Promise.all(clients.map((client) => client.close()));
  await until('places are not given back', () => harness.api.connections() === 0);
  await isAlive();
});

it('refuses streams beyond the bound and serves the others', async () => {
  const client = harness.connect();
  const calls = Array.from({ length: 8 }, () => client.start(paths.x509));
  for (const call of calls) assert.ok(await call.next());
  const ninth = client.start(paths.x509);
  await assert.rejects(ninth.next(100), /no message/);
  ninth.cancel();
  calls[0]?.cancel();
  await until('the stream stays open', () => harness.source.openSessions() === 7);
  assert.equal((await client.first(paths.x509)).code, 'OK');
  await client.close();
});

it('ends calls whose request does not come', async () => {
  const client = harness.connect();
  const call = client.start(paths.jwt, undefined, { frames: Buffer.from([0]), isOpen: true });
  assert.equal((await call.status).code, 'DEADLINE_EXCEEDED');
  await client.close();
});

it('cuts a reader that does not read', async () => {
  const session = connectHttp2('http://localhost', {
    createConnection: () => connect(harness.path),
    // No byte of a response may be sent until the window is opened, which never happens.
    settings: { initialWindowSize: 0 },
  });
  session.on('error', () => undefined);
  const stream = session.request({
    ':method': 'POST',
    ':path': paths.x509,
    'content-type': 'application/grpc',
    ...security,
  });
  stream.on('error', () => undefined);
  stream.end(frame(new Uint8Array()));
  await once(stream, 'close');
  assert.equal(stream.rstCode, constants.NGHTTP2_CANCEL);
  assert.ok(harness.log.entries.some(({ fields }) => fields['end'] === 'cut'));
  session.destroy();
  await until('a session leaks', () => harness.source.openSessions() === 0);
});
