/** A proxy inside the agent: its identity comes when the entry does, and ends with the lease. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import {
  allowPeers,
  createAgent,
  parseProxySpec,
  proveBy,
  startAgentProxy,
  systemEffects,
} from '../../../src/doors/agent/index.ts';
import { createFakeServer } from '../../../src/doors/agent/fake.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { createMetrics } from '../../../src/platform/metrics/index.ts';
import { memoryFile, peerAt, settle, trustIn } from './harness.ts';

const answerOf = (socket: Socket, line: string): Promise<string> => {
  socket.on('error', () => undefined);
  socket.write(line);
  return Promise.race([
    once(socket, 'data').then(([chunk]) => (chunk as Buffer).toString()),
    once(socket, 'close').then(() => 'closed'),
  ]);
};

const startAgent = async () => {
  const server = createFakeServer();
  const agent = await createAgent({
    server: () => server.api,
    trust: trustIn(server),
    prove: proveBy({ attestor: 'join-token', evidence: () => Promise.resolve({}) }),
    state: memoryFile(),
    attest: ({ socket }) =>
      Promise.resolve({ selectors: new Set([`socket:${socket}`]), instance: socket }),
    graceMs: 0,
    keysAhead: 4,
    effects: systemEffects,
    log: createMemoryLog(),
    metrics: createMetrics(),
  });
  await settle();
  return { server, agent };
};

const portOf = (answered: string): string => answered.slice(answered.lastIndexOf(':') + 1);

/** Starts a proxy on a free port; its port stands in the log. */
const startOne = async (
  { agent }: Awaited<ReturnType<typeof startAgent>>,
  settings: string,
  isStale: () => boolean,
) => {
  const log = createMemoryLog();
  const stop = await startAgentProxy({ isStale }, orThrow(parseProxySpec(settings)), {
    log,
    metrics: createMetrics(),
    openNamed: (workload) => agent.source.open(peerAt(workload)),
  });
  const address = log.entries.find(({ message }) => message.startsWith('proxy'))?.fields['address'];
  return { stop, port: Number(portOf(String(address))) };
};

describe('proxies inside the agent', () => {
  it('refuse until their entry is there, then serve, and cut everybody when the agent is stale', async () => {
    const world = await startAgent();
    const held = { isStale: false };
    const echo = createServer((socket) => socket.pipe(socket).on('error', () => undefined));
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const target = `127.0.0.1:${(echo.address() as AddressInfo).port}`;
    const common = 'listen=127.0.0.1:0,peer=spiffe://fake.test/*';
    const inbound = await startOne(
      world,
      `workload=api,direction=in,target=${target},${common}`,
      () => held.isStale,
    );
    const outbound = await startOne(
      world,
      `workload=web,direction=out,target=127.0.0.1:${inbound.port},${common}`,
      () => false,
    );
    assert.equal(await answerOf(connect(outbound.port, '127.0.0.1'), 'early'), 'closed');
    world.server.put({ id: 'web', path: '/web' }, { id: 'api', path: '/api' });
    let socket = connect(outbound.port, '127.0.0.1');
    let answer = await answerOf(socket, 'ping');
    while (answer !== 'ping') {
      await settle();
      socket = connect(outbound.port, '127.0.0.1');
      answer = await answerOf(socket, 'ping');
    }
    const closed = once(socket, 'close');
    held.isStale = true;
    const startedAt = performance.now();
    await closed;
    assert.ok(performance.now() - startedAt < 2_000);
    assert.equal(await answerOf(connect(outbound.port, '127.0.0.1'), 'late'), 'closed');
    echo.close();
    for (const { stop } of [outbound, inbound]) await stop();
    await world.agent.close();
  });
});

describe('peers of a proxy', () => {
  it('are never everybody of every federated trust domain', () => {
    for (const pattern of ['spiffe://*', '*', 'spiffe:///*', 'https://a.example/*', 'a'])
      assert.throws(() => allowPeers([pattern]), /neither a SPIFFE ID/, pattern);
    assert.ok(allowPeers(['spiffe://a.example/web', 'spiffe://a.example/*']));
  });
});
