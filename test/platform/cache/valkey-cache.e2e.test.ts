/** The cache contract on a real Valkey or Redis server, and what happens when it goes away. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openCache } from '../../../src/platform/cache/index.ts';
import { cacheContract } from './contract.ts';

const address = process.env['SALLYPORT_TEST_VALKEY_URL'];
const skip = address === undefined ? 'SALLYPORT_TEST_VALKEY_URL is not set' : false;

cacheContract('Valkey', {
  open: () => openCache({ url: address ?? '' }),
  pass: (ms) => delay(ms),
  skip,
});

const listen = async (onConnection: (socket: Socket) => void) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { server, port, cut: () => sockets.forEach((socket) => socket.destroy()) };
};

describe('Valkey cache', { skip }, () => {
  it('fails fast while the server is away and recovers when it is back', async () => {
    const target = new URL(address ?? '');
    const relay = await listen((socket) => {
      const upstream = connect(Number(target.port), target.hostname);
      upstream.on('error', () => {}).on('close', () => socket.destroy());
      socket.on('close', () => upstream.destroy());
      socket.pipe(upstream).pipe(socket);
    });
    const cache = await openCache({ url: `valkey://127.0.0.1:${relay.port}` });
    const key = randomBytes(8).toString('hex');
    const take = () => cache.takeUpTo(key, 1, { limit: 100, ttlMs: 60_000 });
    assert.equal(await take(), 1);
    relay.cut();
    await assert.rejects(take(), { code: 'E_CACHE_UNAVAILABLE' });
    let granted = 0;
    for (let i = 0; i < 100 && granted === 0; i++) {
      await delay(20);
      granted = await take().catch(() => 0);
    }
    assert.equal(granted, 1);
    await cache.close();
    relay.server.close();
    relay.cut();
  });

  it('shares counters between nodes', async () => {
    const nodes = await Promise.all([1, 2, 3].map(() => openCache({ url: address ?? '' })));
    const key = randomBytes(8).toString('hex');
    const takes = nodes.flatMap((node) =>
      Array.from({ length: 20 }, () => node.takeUpTo(key, 3, { limit: 100, ttlMs: 60_000 })),
    );
    const granted = (await Promise.all(takes)).reduce((sum, n) => sum + n, 0);
    assert.equal(granted, 100);
    await Promise.all(nodes.map((node) => node.close()));
  });
});

describe('Valkey cache without a server', () => {
  it('says that nobody answers', async () => {
    const { server, port } = await listen(() => {});
    await new Promise((resolve) => server.close(resolve));
    const opening = openCache({ url: `valkey://:secret@127.0.0.1:${port}` });
    await assert.rejects(opening, (failure: Error) => {
      assert.equal((failure as { code?: string }).code, 'E_CACHE_UNAVAILABLE');
      return !failure.message.includes('secret');
    });
  });

  it('does not wait for a server that accepts and never answers', async () => {
    const { server, port, cut } = await listen(() => {});
    await assert.rejects(openCache({ url: `valkey://127.0.0.1:${port}` }), {
      code: 'E_CACHE_UNAVAILABLE',
    });
    server.close();
    cut();
  });
});
