/** Taking an address. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { startListening } from '../../../src/doors/gateway/index.ts';

test('takes a free port when asked for 0', async () => {
  const server = createServer();
  const { port } = await startListening(server, { host: '127.0.0.1', port: 0 });
  assert.ok(port > 0);
  server.close();
});

test('says who is to blame when the address is taken', async () => {
  const first = createServer();
  const { port } = await startListening(first, { host: '127.0.0.1', port: 0 });
  await assert.rejects(startListening(createServer(), { host: '127.0.0.1', port }), {
    code: 'E_LISTEN_ADDRESS',
    message: `cannot listen on 127.0.0.1 port ${port}: another process listens there`,
  });
  first.close();
});

test('names an address this machine does not have', async () => {
  await assert.rejects(startListening(createServer(), { host: '203.0.113.7', port: 0 }), {
    code: 'E_LISTEN_ADDRESS',
  });
});
