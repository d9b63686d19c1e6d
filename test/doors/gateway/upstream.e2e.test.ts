/** Upstreams that are down, slow, broken or hostile, and what happens to budgets and callers. */
import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { request as httpRequest } from 'node:http';
import type { ServerResponse } from 'node:http';
import { actor, chat, codesOf, gatewayTest, post, until, type World } from './harness.ts';

const chatUrl = ({ url }: World): string => `${url}/v1/chat/completions`;
const codeOf = (json: Record<string, unknown>): unknown =>
  (json['error'] as Record<string, unknown> | undefined)?.['code'];
const short = { endpoint: { timeouts: { headersMs: 300, idleMs: 300, connectMs: 300 } } };

const raw =
  (text: string) =>
  (_request: unknown, response: ServerResponse): void => {
    const { socket } = response;
    socket?.write(text);
    setTimeout(() => socket?.destroy(), 20);
  };

gatewayTest('answers 502 and returns the budget when nobody listens', async (world) => {
  await world.openai.close();
  const answer = await post(chatUrl(world), chat());
  assert.deepEqual([answer.status, codeOf(answer.json)], [502, 'E_UPSTREAM_UNREACHABLE']);
  assert.deepEqual(world.budgets.steps, ['reserve', 'cancel']);
  assert.equal(world.budgets.charged, 0);
  await until(() => codesOf(world, answer).length === 2, 'outcome');
});

gatewayTest(
  'answers 504 and keeps the charge when the upstream is silent',
  async (world) => {
    world.openai.misbehave(() => undefined);
    const answer = await post(chatUrl(world), chat());
    assert.deepEqual([answer.status, codeOf(answer.json)], [504, 'E_UPSTREAM_TIMEOUT']);
    await until(() => world.budgets.steps.includes('settle'), 'settle');
    assert.ok(world.budgets.charged > 4000, 'the whole reservation stays charged');
  },
  short,
);

gatewayTest(
  'answers 504 when the body of the answer stops in the middle',
  async (world) => {
    world.openai.misbehave((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"choices":');
    });
    const answer = await post(chatUrl(world), chat());
    assert.equal(answer.status, 504);
  },
  short,
);

const broken: readonly (readonly [string, (request: never, response: ServerResponse) => void])[] = [
  ['resets the connection', (_request, response) => response.socket?.resetAndDestroy()],
  ['closes without an answer', (_request, response) => response.socket?.destroy()],
  ['answers garbage', raw('SSH-2.0-OpenSSH_9.2\r\n')],
  [
    'answers two lengths',
    raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'),
  ],
  [
    'answers length and chunks',
    raw(
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ),
  ],
  [
    'cuts the body short',
    raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"a":'),
  ],
  ['answers a head without end', raw(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`)],
  [
    'redirects',
    raw('HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n'),
  ],
  ['answers what is not JSON', raw('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello')],
  ['answers a JSON array', raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]')],
  [
    'compresses unasked',
    raw('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}'),
  ],
  ['fails with a stack trace', raw('HTTP/1.1 500 Oops\r\ncontent-length: 13\r\n\r\nat line 7 (x)')],
];
for (const [what, how] of broken)
  gatewayTest(`answers 502 when the upstream ${what}`, async (world) => {
    world.openai.misbehave(how as never);
    const answer = await post(chatUrl(world), chat());
    assert.equal(answer.status, 502, answer.text);
    assert.equal(codeOf(answer.json), 'E_UPSTREAM_BROKEN');
    assert.ok(!answer.text.includes('line 7'));
    await until(() => world.budgets.steps.includes('settle'), 'settle');
    assert.ok(world.budgets.charged > 4000, 'the upstream may have spent it');
  });

const told: readonly (readonly [number, number, string])[] = [
  [401, 502, 'E_UPSTREAM_REFUSED'],
  [403, 502, 'E_UPSTREAM_REFUSED'],
  [429, 503, 'E_UPSTREAM_UNAVAILABLE'],
  [503, 503, 'E_UPSTREAM_UNAVAILABLE'],
  [504, 504, 'E_UPSTREAM_TIMEOUT'],
  [500, 502, 'E_UPSTREAM_BROKEN'],
];
gatewayTest(
  'translates the statuses of an upstream that are not about the caller',
  async (world) => {
    for (const [theirs, ours, code] of told) {
      world.openai.misbehave((_request, response) =>
        response.writeHead(theirs, { 'retry-after': '3', 'www-authenticate': 'Basic' }).end('{}'),
      );
      const answer = await post(chatUrl(world), chat());
      assert.deepEqual([answer.status, codeOf(answer.json)], [ours, code]);
      assert.equal(answer.headers.get('retry-after'), '3');
      assert.equal(answer.headers.get('www-authenticate'), null);
    }
  },
);

gatewayTest('charges only the request when the upstream rejected it', async (world) => {
  world.openai.misbehave((_request, response) =>
    response
      .writeHead(422, { 'content-type': 'application/json' })
      .end('{"error":{"message":"no"}}'),
  );
  const answer = await post(chatUrl(world), chat());
  assert.equal(answer.status, 422);
  await until(() => world.budgets.steps.includes('settle'), 'settle');
  assert.deepEqual([world.budgets.charged, world.budgets.requests], [0, 1]);
});

gatewayTest('passes no header of the upstream but the harmless ones', async (world) => {
  world.openai.misbehave((_request, response) =>
    response
      .writeHead(200, {
        'content-type': 'text/html',
        'set-cookie': 'a=b',
        'x-internal-host': 'db7',
        'openai-processing-ms': '12',
        location: 'http://evil',
      })
      .end('{"choices":[]}'),
  );
  const { headers } = await post(chatUrl(world), chat());
  assert.equal(headers.get('content-type'), 'application/json');
  for (const name of ['set-cookie', 'x-internal-host', 'location', 'server'])
    assert.equal(headers.get(name), null);
  assert.equal(headers.get('openai-processing-ms'), '12');
});

gatewayTest(
  'refuses an answer that is too large',
  async (world) => {
    world.openai.misbehave((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"text":"${'x'.repeat(100_000)}"}`);
    });
    const answer = await post(chatUrl(world), chat());
    assert.equal(codeOf(answer.json), 'E_UPSTREAM_BROKEN');
  },
  { limits: { maxAnswerBytes: 50_000 } },
);

gatewayTest('cancels the upstream when the caller leaves and keeps the charge', async (world) => {
  world.openai.misbehave(() => undefined);
  const body = JSON.stringify(chat());
  const client = httpRequest(chatUrl(world), {
    method: 'POST',
    headers: { authorization: 'Bearer tok-alice', 'content-type': 'application/json' },
  });
  client.on('error', () => undefined);
  client.end(body);
  await until(() => world.openai.seen.length === 1, 'dispatched');
  client.destroy();
  await until(() => world.openai.aborted() === 1, 'upstream cancelled');
  await until(() => world.budgets.steps.includes('settle'), 'settled');
  assert.ok(world.budgets.charged > 4000);
  assert.equal(world.gateway.inFlight(), 0);
});

gatewayTest('lets a caller that leaves in mid-upload cost nothing', async (world) => {
  const client = httpRequest(chatUrl(world), {
    method: 'POST',
    headers: {
      authorization: 'Bearer tok-alice',
      'content-type': 'application/json',
      'content-length': '1000',
    },
  });
  client.on('error', () => undefined);
  client.write('{"model":');
  await until(() => world.gateway.inFlight() === 1, 'in flight');
  client.destroy();
  await until(() => world.gateway.inFlight() === 0, 'forgotten');
  assert.deepEqual(world.budgets.steps, []);
});

gatewayTest(
  'gives up a half-open upstream that accepts connections and never reads',
  async (world) => {
    const sockets: Socket[] = [];
    const server = createServer({ pauseOnConnect: true }, (socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await world.addEndpoint({
      name: 'half-open',
      protocol: 'openai',
      url: `http://127.0.0.1:${port}`,
      timeouts: { headersMs: 300 },
    });
    const answer = await post(chatUrl(world), chat({ model: 'half-open' }));
    assert.deepEqual([answer.status, codeOf(answer.json)], [504, 'E_UPSTREAM_TIMEOUT']);
    for (const socket of sockets) socket.destroy();
    server.close();
  },
);

gatewayTest(
  'ends an exchange that exceeds its total time',
  async (world) => {
    world.openai.misbehave((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(': ping\n\n'), 20);
      response.once('close', () => clearInterval(timer));
    });
    const answer = await post(chatUrl(world), chat({ stream: true }));
    assert.match(answer.text, /E_EXCHANGE_TIMEOUT/);
    assert.equal(world.gateway.inFlight(), 0);
  },
  { endpoint: { timeouts: { totalMs: 300 } } },
);

gatewayTest('uses a changed endpoint at once and its new credential', async (world) => {
  await post(chatUrl(world), chat());
  await world.endpoints.update(actor, {
    name: 'llm',
    protocol: 'openai',
    url: world.openai.url,
    credential: 'second',
    credentialHeader: 'x-api-key',
  });
  await post(chatUrl(world), chat());
  assert.equal(world.openai.seen[1]?.headers['x-api-key'], 'second');
  assert.equal(world.openai.seen[1]?.headers['authorization'], undefined);
  assert.equal(world.openai.seen[1]?.path, '/v1/chat/completions');
});
