/** Clients that send requests ahead and read nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { gatewayTest } from './harness.ts';

const requestText = 'GET /big HTTP/1.1\r\nHost: g\r\n\r\n';

gatewayTest(
  'cuts a connection that sends many requests ahead, instead of keeping all their answers',
  async ({ gateway }) => {
    let served = 0;
    const server = await gateway.createServer({
      fallback: (_request, response) => {
        served += 1;
        setImmediate(() => response.end('x'.repeat(100_000)));
      },
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const greedy = connect(port, '127.0.0.1');
    greedy.on('error', () => undefined);
    greedy.write(requestText.repeat(1_000));
    greedy.resume();
    await once(greedy, 'close');
    assert.ok(served <= 8, `${served} answers were made`);
    const modest = connect(port, '127.0.0.1');
    let bytes = 0;
    modest.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    for (let round = 1; round <= 5; round++) {
      const expected = bytes + 8 * 100_000;
      modest.write(requestText.repeat(8));
      while (bytes < expected) await once(modest, 'data');
    }
    modest.destroy();
  },
);
