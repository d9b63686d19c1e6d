/** Hostile bytes on real sockets: nothing ambiguous is answered as a request or forwarded. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { chat, gatewayTest, get, until, type World } from './harness.ts';

type Exchanged = { readonly text: string; readonly isClosed: boolean };

const statusesOf = (text: string): readonly number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]));

/**
 * Sends bytes and collects what comes back until the other side closes, or until so many status
 * lines are there. Without a number it half-closes after a moment, as a client that is done does.
 */
const send = (port: number, bytes: Uint8Array | string, answers = 0): Promise<Exchanged> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    const finish = (isClosed: boolean): void => {
      clearTimeout(timer);
      clearTimeout(halfClose);
      socket.destroy();
      resolve({ text, isClosed });
    };
    const timer = setTimeout(() => finish(false), 3_000);
    const halfClose = answers > 0 ? undefined : setTimeout(() => socket.end(), 25);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (answers > 0 && statusesOf(text).length >= answers) finish(false);
    });
    for (const event of ['end', 'error', 'close']) socket.on(event, () => finish(true));
    socket.write(bytes);
  });

/** Never enough: collect until the other side closes, without closing ours. */
const untilClosed = Number.POSITIVE_INFINITY;

const vectors = join(
  process.env['SALLYPORT_VECTORS'] ?? '../shared/vectors',
  'hostile/http-parsing.json',
);

type Vector = {
  readonly id: string;
  readonly title: string;
  readonly side: 'request' | 'response';
  readonly strict: boolean;
  readonly expect: 'accept' | 'reject';
  readonly input_base64: string;
};

if (!existsSync(vectors))
  test('HTTP parsing vectors', { skip: `MISSING VECTORS: ${vectors}` }, () => undefined);
else
  gatewayTest(
    'refuses every request of the vectors that a strict parser refuses',
    async (world) => {
      const cases = (JSON.parse(readFileSync(vectors, 'utf8')) as Vector[]).filter(
        ({ side }) => side === 'request',
      );
      assert.ok(cases.length > 60);
      for (const { id, title, strict, expect, input_base64 } of cases) {
        if (strict && expect === 'accept') continue;
        for (const tail of ['', '\r\n']) {
          const bytes = Buffer.concat([Buffer.from(input_base64, 'base64'), Buffer.from(tail)]);
          const { text, isClosed } = await send(world.listener.port, bytes);
          assert.ok(isClosed, `${id} ${title}: the connection is closed`);
          assert.ok(
            statusesOf(text).every((status) => status === 400),
            `${id} ${title}: ${text}`,
          );
        }
      }
      assert.equal(world.openai.seen.length + world.v2.seen.length, 0);
    },
  );

gatewayTest(
  'answers nothing but refusals to the unfinished and foreign requests of the vectors',
  async (world) => {
    if (!existsSync(vectors)) return;
    for (const { id, side, strict, expect, input_base64 } of JSON.parse(
      readFileSync(vectors, 'utf8'),
    ) as Vector[]) {
      if (side !== 'request' || !strict || expect === 'reject') continue;
      const { text } = await send(world.listener.port, Buffer.from(input_base64, 'base64'));
      assert.ok(
        statusesOf(text).every((status) => status >= 400 && status < 500),
        `${id}: ${text}`,
      );
    }
    assert.equal((await get(`${world.url}/v2/health/live`)).status, 200);
  },
);

const body = JSON.stringify(chat());
const head = (lines: readonly string[], target = '/v1/chat/completions', method = 'POST'): string =>
  [`${method} ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n');
const good = ['Host: gate', 'Authorization: Bearer tok-alice', 'Content-Type: application/json'];
const length = `Content-Length: ${body.length}`;
const smuggled = 'GET /v1/models HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer tok-alice\r\n\r\n';

const attacks: readonly (readonly [string, string])[] = [
  ['two equal lengths', head([...good, length, length]) + body],
  ['two different lengths', head([...good, length, 'Content-Length: 0']) + body],
  ['a list of lengths', head([...good, `Content-Length: ${body.length}, ${body.length}`]) + body],
  ['a signed length', head([...good, `Content-Length: +${body.length}`]) + body],
  ['a hex length', head([...good, 'Content-Length: 0x10']) + body],
  ['a negative length', head([...good, 'Content-Length: -1']) + body],
  ['length and chunks', head([...good, length, 'Transfer-Encoding: chunked']) + body],
  [
    'chunks and length',
    head([...good, 'Transfer-Encoding: chunked', 'Content-Length: 4']) + `0\r\n\r\n${smuggled}`,
  ],
  ['an unknown coding', head([...good, 'Transfer-Encoding: gzip, chunked']) + '0\r\n\r\n'],
  ['a coding after chunked', head([...good, 'Transfer-Encoding: chunked, identity']) + '0\r\n\r\n'],
  [
    'chunked twice',
    head([...good, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']) + '0\r\n\r\n',
  ],
  ['a disguised coding', head([...good, 'Transfer-Encoding: xchunked']) + '0\r\n\r\n'],
  ['a coding with a vertical tab', head([...good, 'Transfer-Encoding: \x0bchunked']) + '0\r\n\r\n'],
  ['a space before the colon', head([...good, 'Transfer-Encoding : chunked']) + '0\r\n\r\n'],
  ['a folded header', head([...good, 'X-A: b', ' c: d', length]) + body],
  ['a folded coding', head([...good, 'Transfer-Encoding:', ' chunked']) + '0\r\n\r\n'],
  ['no host', head(good.slice(1).concat(length)) + body],
  ['two hosts', head([...good, 'Host: other', length]) + body],
  ['a host with a user', head(['Host: a@b', ...good.slice(1), length]) + body],
  ['an empty host', head(['Host:', ...good.slice(1), length]) + body],
  ['two identities', head([...good, 'Authorization: Bearer tok-bob', length]) + body],
  ['two content types', head([...good, 'Content-Type: text/plain', length]) + body],
  ['an absolute target', head([...good, length], 'http://evil/v1/chat/completions') + body],
  ['an authority target', head(good, 'evil:443', 'CONNECT')],
  ['an asterisk', head(good, '*', 'OPTIONS')],
  ['a path with dots', head([...good, length], '/v1/models/../chat/completions') + body],
  ['an escaped path with dots', head([...good, length], '/v1/%2e%2e/v1/chat/completions') + body],
  ['an escaped letter', head([...good, length], '/v1/ch%61t/completions') + body],
  ['a doubled slash', head([...good, length], '//v1/chat/completions') + body],
  ['an inner doubled slash', head([...good, length], '/v1//chat/completions') + body],
  ['an escaped NUL', head([...good, length], '/v1/chat/completions%00') + body],
  ['a backslash', head([...good, length], '/v1\\chat/completions') + body],
  ['a fragment', head([...good, length], '/v1/chat/completions#x') + body],
  [
    'a WebSocket upgrade',
    head([...good, 'Connection: Upgrade', 'Upgrade: websocket', length]) + body,
  ],
  [
    'HTTP/1.0 with chunks',
    head([...good, 'Transfer-Encoding: chunked']).replace('HTTP/1.1', 'HTTP/1.0') + '0\r\n\r\n',
  ],
  ['HTTP/0.9', 'GET /v1/models\r\n\r\n'],
  ['HTTP/2 in the clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['bare line feeds', head([...good, length]).replaceAll('\r\n', '\n') + body],
  [
    'a bare carriage return in a value',
    head([...good, 'X-A: b\rTransfer-Encoding: chunked', length]) + body,
  ],
  ['a NUL in a value', head([...good, 'X-A: b\0c', length]) + body],
  ['a bad chunk size', head([...good, 'Transfer-Encoding: chunked']) + '5x\r\nhello\r\n0\r\n\r\n'],
  ['a huge chunk size', head([...good, 'Transfer-Encoding: chunked']) + 'ffffffffffffffffff\r\n'],
  ['a negative chunk size', head([...good, 'Transfer-Encoding: chunked']) + '-1\r\n\r\n'],
  [
    'a chunk that is longer than said',
    head([...good, 'Transfer-Encoding: chunked']) + `3\r\nhello\r\n0\r\n\r\n${smuggled}`,
  ],
  ['TLS on a plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
];

gatewayTest('answers 400 to ambiguous framing, closes, and forwards nothing', async (world) => {
  for (const [what, bytes] of attacks) {
    const { text, isClosed } = await send(world.listener.port, Buffer.from(bytes, 'latin1'));
    assert.ok(isClosed, `${what}: closed`);
    const statuses = statusesOf(text);
    assert.ok(statuses.length <= 1, `${what}: one answer, not ${text}`);
    assert.ok(
      statuses.every((status) => status === 400),
      `${what}: ${text}`,
    );
    assert.ok(!text.includes('node:') && !text.includes('    at '), `${what}: no stack`);
  }
  assert.equal(world.openai.seen.length + world.v2.seen.length, 0);
});

gatewayTest('closes after a refused frame while the caller keeps its side open', async (world) => {
  const attack = head([...good, length, length]) + body + smuggled;
  const { text, isClosed } = await send(world.listener.port, attack, untilClosed);
  assert.ok(isClosed);
  assert.deepEqual(statusesOf(text), [400]);
  assert.match(text, /content-type: application\/problem\+json/i);
  assert.match(text, /connection: close/i);
});

gatewayTest('never sees what follows a refused frame on the same connection', async (world) => {
  const mixed = head([...good, length], '/v1/chat/completions#x') + body + smuggled;
  const { text } = await send(world.listener.port, mixed);
  assert.deepEqual(statusesOf(text), [400]);
});

const ask = head(good.slice(0, 2), '/v1/models', 'GET');

gatewayTest('serves good requests one after the other on one connection', async (world) => {
  const { text } = await send(world.listener.port, ask + ask, 2);
  assert.deepEqual(statusesOf(text), [200, 200]);
});

gatewayTest('ignores an offer of h2c, as clients make it unasked', async (world) => {
  const offer = head(
    [...good.slice(0, 2), 'Connection: Upgrade', 'Upgrade: h2c'],
    '/v1/models',
    'GET',
  );
  const { text } = await send(world.listener.port, offer, 1);
  assert.deepEqual(statusesOf(text), [200]);
});

gatewayTest('invites an upload only when it knows the sender', async (world) => {
  const expecting = [...good, length, 'Expect: 100-continue'];
  const known = await send(world.listener.port, head(expecting) + body, 2);
  assert.deepEqual(statusesOf(known.text), [100, 200]);
  const stranger = expecting.filter((line) => !line.startsWith('Authorization'));
  const unknown = await send(world.listener.port, head(stranger), 1);
  assert.deepEqual(statusesOf(unknown.text), [401]);
  const odd = await send(world.listener.port, head([...good, length, 'Expect: 200-ok']) + body);
  assert.deepEqual(statusesOf(odd.text), [417]);
});

gatewayTest('refuses heads that are too large or have too many fields', async (world) => {
  const large = await send(world.listener.port, head([...good, `X-A: ${'a'.repeat(20_000)}`]));
  assert.deepEqual(statusesOf(large.text), [431]);
  const many = await send(
    world.listener.port,
    head([...good, ...Array.from({ length: 101 }, (_, i) => `X-${i}: a`)]),
  );
  assert.deepEqual(statusesOf(many.text), [431]);
});

gatewayTest(
  'cuts off a caller that sends its head or body too slowly',
  async (world) => {
    const slowHead = await send(
      world.listener.port,
      'GET /v1/models HTTP/1.1\r\nHost: g\r\nX-',
      untilClosed,
    );
    assert.ok(slowHead.isClosed);
    assert.deepEqual(statusesOf(slowHead.text), [408]);
    const slowBody = await send(world.listener.port, head([...good, length]) + '{', untilClosed);
    assert.ok(slowBody.isClosed);
    assert.deepEqual(statusesOf(slowBody.text), [408]);
    assert.equal(world.gateway.inFlight(), 0);
  },
  { limits: { headersTimeoutMs: 200, requestTimeoutMs: 400 } },
);

gatewayTest(
  'holds no more connections of one address than allowed',
  async (world) => {
    const { port } = world.listener;
    const first = Array.from({ length: 2 }, () => connect(port, '127.0.0.1'));
    await Promise.all(
      first.map((socket) => new Promise((resolve) => socket.once('connect', resolve))),
    );
    const third = await send(port, ask, untilClosed);
    assert.ok(third.isClosed);
    assert.deepEqual(statusesOf(third.text), [503]);
    for (const socket of first) socket.destroy();
    await until(() => !world.metrics.render().includes('sallyport_gateway_connections 2'), 'left');
    assert.deepEqual(statusesOf((await send(port, ask, 1)).text), [200]);
  },
  { limits: { maxConnectionsPerPeer: 2 } },
);

/** xorshift: the same mutations in every run. */
const noise = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
};

const mutate = (bytes: Buffer, next: () => number): Buffer => {
  const copy = Buffer.from(bytes);
  for (let i = 0; i <= next() % 3; i++) copy[next() % copy.length] = next() & 0xff;
  return next() % 4 === 0 ? copy.subarray(0, next() % copy.length) : copy;
};

const fuzzOne = async (world: World, bytes: Buffer): Promise<void> => {
  const { text, isClosed } = await send(world.listener.port, bytes);
  assert.ok(isClosed, `hangs on ${JSON.stringify(bytes.toString('latin1'))}`);
  assert.ok(!/ {4}at |node:internal/.test(text), text);
  for (const status of statusesOf(text))
    assert.ok(status !== 500, `${status} on ${JSON.stringify(bytes.toString('latin1'))}`);
};

gatewayTest(
  'survives mutated requests without a crash, a hang or an unexpected error',
  async (world) => {
    const seed = Buffer.from(head([...good, length]) + body);
    const next = noise(20_261_120);
    const rounds = Array.from({ length: 20 }, () =>
      Array.from({ length: 20 }, () => mutate(seed, next)),
    );
    for (const round of rounds) await Promise.all(round.map((bytes) => fuzzOne(world, bytes)));
    assert.equal((await get(`${world.url}/v1/models`)).status, 200);
    assert.equal(world.gateway.inFlight(), 0);
  },
);
