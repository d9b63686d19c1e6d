/** The control plane's HTTP application: guards, schemas, problem documents, hostile input. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { z } from 'zod';
import { fakeClock, systemRandom } from '../../../src/kernel/effects.ts';
import { defineErrors, isRefusal, refuse } from '../../../src/kernel/errors.ts';
import {
  createHttpApp,
  type HttpLimits,
  isPublic,
  listenHttp,
  rawResponse,
  type ResolvedGuard,
} from '../../../src/platform/http/index.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { createMetrics } from '../../../src/platform/metrics/index.ts';

const errors = defineErrors({
  E_NO_IDENTITY: { status: 401, exit: 'notAuthenticated', title: 'Who?', hint: 'Say.' },
  E_DENIED: { status: 403, exit: 'denied', title: 'No', hint: 'Ask.' },
  E_BUSY: { status: 503, exit: 'unavailable', title: 'Busy', hint: 'Wait.' },
});

type Context = { readonly principal: string };

const setup = async (limits: Partial<HttpLimits> = {}) => {
  const log = createMemoryLog();
  const metrics = createMetrics();
  const asked: ResolvedGuard[] = [];
  const app = await createHttpApp<Context>({
    log,
    metrics,
    clock: fakeClock(),
    random: systemRandom,
    info: { title: 'Test', version: '1', description: 'Test' },
    limits,
    authorize: (request, guard) => {
      asked.push(guard);
      const who = request.headers.authorization;
      if (who === undefined) return refuse(errors.E_NO_IDENTITY, 'no credential');
      if (who === 'crash') throw new Error('inside of the authenticator');
      return who === 'eve' ? refuse(errors.E_DENIED, 'not you') : { principal: who };
    },
  });
  return { app, log, metrics, asked };
};

const things = async (limits: Partial<HttpLimits> = {}) => {
  const world = await setup(limits);
  world.app.route({
    method: 'PUT',
    url: '/things/:id',
    guard: {
      action: 'thing:update',
      resource: ({ id }) => ({ type: 'Thing', id: id ?? '' }),
    },
    summary: 'Changes a thing',
    schema: {
      params: z.object({ id: z.string().max(10) }),
      query: z.strictObject({ count: z.coerce.number().int().default(1) }),
      body: z.strictObject({ name: z.string().max(20) }),
      response: z.object({ who: z.string(), id: z.string(), name: z.string(), count: z.number() }),
    },
    status: 201,
    handler: ({ context, params, body, query, setHeader }) => {
      setHeader('etag', '"1"');
      const answer = { who: context.principal, id: params.id, name: body.name, count: query.count };
      return { ...answer, passwordHash: 'SENTINEL' };
    },
  });
  return world;
};

const put = (extra: object = {}) => ({
  method: 'PUT' as const,
  url: '/things/7',
  headers: { authorization: 'alice' },
  payload: { name: 'x' },
  ...extra,
});

const problemOf = (answer: { body: string; headers: Readonly<Record<string, unknown>> }) => {
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  assert.doesNotMatch(answer.body, /\bat .*\(|node_modules|\.ts:/);
  return JSON.parse(answer.body) as { code: string; status: number; detail: string };
};

test('answers with the fields the schema names and no others', async () => {
  const { app, asked } = await things();
  const answer = await app.inject(put({ url: '/things/7?count=3' }));
  assert.equal(answer.statusCode, 201);
  assert.deepEqual(answer.json(), { who: 'alice', id: '7', name: 'x', count: 3 });
  assert.equal(answer.headers['etag'], '"1"');
  assert.deepEqual(asked, [{ action: 'thing:update', resource: { type: 'Thing', id: '7' } }]);
});

test('refuses to register a route without a guard, or twice', async () => {
  const { app } = await things();
  const base = { method: 'GET', url: '/x', summary: 's', schema: { response: z.object({}) } };
  const bad = [
    {},
    { guard: undefined },
    { guard: {} },
    { guard: { public: '' } },
    { guard: { action: 'a' } },
    { guard: { action: '', resource: { type: 'A', id: 'b' } } },
    { guard: { action: 'a', resource: { type: 'A', id: 'b' }, public: 'both' } },
  ];
  for (const guard of bad)
    assert.throws(() => app.route({ ...base, ...guard, handler: () => ({}) } as never), {
      code: 'E_ROUTE_DECLARATION',
    });
  const twice = { ...base, url: '/openapi.json', guard: { public: 'x' }, handler: () => ({}) };
  assert.throws(() => app.route(twice as never), { code: 'E_ROUTE_DECLARATION' });
  assert.ok(app.routes().every(({ guard }) => isPublic(guard) || guard.action !== ''));
});

test('decides the guard before the body is read', async () => {
  const { app } = await things();
  for (const payload of ['{"broken', 'x'.repeat(2_000_000)]) {
    const headers = { 'content-type': 'application/json' };
    const answer = await app.inject(put({ headers, payload }));
    assert.equal(problemOf(answer).code, 'E_NO_IDENTITY');
    assert.equal(answer.headers['www-authenticate'], 'Bearer');
  }
  const denied = await app.inject(put({ headers: { authorization: 'eve' } }));
  assert.equal(problemOf(denied).code, 'E_DENIED');
});

test('turns every kind of bad request into a problem document', async () => {
  const { app } = await things({ maxBodyBytes: 1000 });
  const json = (payload: string) =>
    put({ payload, headers: { authorization: 'a', 'content-type': 'application/json' } });
  const cases: readonly (readonly [object, number, string])[] = [
    [json('{"name":'), 400, 'E_MALFORMED'],
    [json('{"name":"a","name":"b"}'), 400, 'E_MALFORMED'],
    [json(`{"name":${'['.repeat(200)}${']'.repeat(200)}}`), 400, 'E_MALFORMED'],
    [json('{"name":"a","__proto__":{"x":1}}'), 400, 'E_REQUEST_INVALID'],
    [json('{"name":3}'), 400, 'E_REQUEST_INVALID'],
    [json(''), 400, 'E_MALFORMED'],
    [json(`{"name":"${'x'.repeat(2000)}"}`), 413, 'E_BODY_TOO_LARGE'],
    [put({ url: '/things/7?count=x' }), 400, 'E_REQUEST_INVALID'],
    [put({ url: '/things/7?other=1' }), 400, 'E_REQUEST_INVALID'],
    [put({ url: `/things/${'7'.repeat(20)}` }), 400, 'E_REQUEST_INVALID'],
    [put({ url: '/things/%ff' }), 400, 'E_MALFORMED'],
    [
      put({ payload: 'a=b', headers: { authorization: 'a', 'content-type': 'text/plain' } }),
      415,
      'E_MEDIA_TYPE',
    ],
    [put({ url: '/nothing' }), 404, 'E_ROUTE_UNKNOWN'],
    [put({ url: '/things' }), 404, 'E_ROUTE_UNKNOWN'],
    [{ method: 'GET', url: '/things/7?x' }, 405, 'E_METHOD_NOT_ALLOWED'],
    [{ method: 'DELETE', url: '/things/7' }, 405, 'E_METHOD_NOT_ALLOWED'],
  ];
  for (const [request, status, code] of cases) {
    const answer = await app.inject(request);
    const problem = problemOf(answer);
    assert.deepEqual([answer.statusCode, problem.code], [status, code], JSON.stringify(request));
    assert.equal(problem.status, status);
    assert.equal(answer.headers['cache-control'], 'no-store');
  }
  const wrongMethod = await app.inject({ method: 'GET', url: '/things/7' });
  assert.equal(wrongMethod.headers['allow'], 'PUT');
});

test('says nothing about the inside of a failure, and logs it with the request id', async () => {
  const { app, log } = await setup();
  const route = (url: string, handler: () => never | object) =>
    app.route({
      method: 'GET',
      url,
      guard: { public: 'test' },
      summary: 's',
      schema: { response: z.object({ a: z.string() }) },
      handler: handler as () => { a: string },
    });
  route('/throws', () => {
    throw new Error('SENTINEL');
  });
  route('/wrong-shape', () => ({ a: 1, SENTINEL: 1 }));
  route('/nothing', () => undefined as never);
  route('/throws-null', () => {
    // oxlint-disable-next-line typescript/only-throw-error
    throw null;
  });
  for (const url of ['/throws', '/wrong-shape', '/nothing', '/throws-null']) {
    const answer = await app.inject({ method: 'GET', url });
    assert.equal(answer.statusCode, 500, url);
    assert.doesNotMatch(answer.body, /SENTINEL/);
    problemOf(answer);
  }
  assert.equal(log.entries.at(0)?.level, 'error');
  assert.ok(typeof log.entries.at(0)?.fields['requestId'] === 'string');
});

test('a crash while authorising refuses the request', async () => {
  const { app } = await things();
  const answer = await app.inject(put({ headers: { authorization: 'crash' } }));
  assert.equal(problemOf(answer).code, 'E_UNEXPECTED');
});

test('sends refusals of handlers with their status and Retry-After', async () => {
  const { app } = await setup();
  app.route({
    method: 'GET',
    url: '/busy',
    guard: { public: 'test' },
    summary: 's',
    schema: { response: z.object({}) },
    handler: () => refuse(errors.E_BUSY, 'full', { retryAfterSeconds: 1.2 }),
  });
  const answer = await app.inject({ method: 'GET', url: '/busy' });
  assert.equal(problemOf(answer).code, 'E_BUSY');
  assert.equal(answer.headers['retry-after'], '2');
});

test('echoes a harmless X-Request-ID and replaces any other by a UUIDv7', async () => {
  const { app } = await setup();
  const idFor = async (given: string) => {
    const headers = { 'x-request-id': given };
    return (await app.inject({ method: 'GET', url: '/none', headers })).headers['x-request-id'];
  };
  assert.equal(await idFor('abc-1:2.3_4'), 'abc-1:2.3_4');
  for (const bad of ['a b', '<script>', 'x'.repeat(200), 'é', ''])
    assert.match(String(await idFor(bad)), /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
});

test('serves text and bytes as they are', async () => {
  const { app } = await setup();
  const raw = (url: string, body: string | Uint8Array) =>
    app.route({
      method: 'GET',
      url,
      guard: { public: 'test' },
      summary: 's',
      schema: { response: rawResponse('application/octet-stream', 'bytes') },
      handler: () => body,
    });
  raw('/text', 'a"b\n');
  raw('/bytes', Uint8Array.of(0, 255, 10));
  assert.equal((await app.inject({ method: 'GET', url: '/text' })).body, 'a"b\n');
  const bytes = await app.inject({ method: 'GET', url: '/bytes' });
  assert.deepEqual([...bytes.rawPayload], [0, 255, 10]);
});

test('describes every route in an OpenAPI 3.1 document', async () => {
  const { app } = await things();
  const answer = await app.inject({ method: 'GET', url: '/openapi.json' });
  type Operation = { operationId: string; security?: unknown[]; responses: object };
  const document = answer.json() as {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
  };
  assert.equal(document.openapi, '3.1.0');
  for (const { method, url } of app.routes()) {
    const path = url.replaceAll(/:(\w+)/g, '{$1}');
    const operation = document.paths[path]?.[method.toLowerCase()];
    assert.ok(operation !== undefined, `${method} ${url} is not described`);
    assert.ok('default' in operation.responses);
  }
  assert.equal(document.paths['/things/{id}']?.['put']?.operationId, 'putThingsById');
  assert.deepEqual(document.paths['/openapi.json']?.['get']?.security, []);
});

test('counts requests by route, not by address', async () => {
  const { app, metrics } = await things();
  await app.inject(put());
  await app.inject({ method: 'GET', url: '/secret-looking-path' });
  const text = metrics.render();
  assert.match(text, /requests_total\{method="PUT",route="\/things\/:id",status="201"\} 1/);
  assert.doesNotMatch(text, /secret-looking/);
});

test('ends a handler that hangs with 503', async () => {
  const { app } = await setup({ handlerTimeoutMs: 20 });
  app.route({
    method: 'GET',
    url: '/hangs',
    guard: { public: 'test' },
    summary: 's',
    schema: { response: z.object({}) },
    handler: () => new Promise<never>(() => undefined),
  });
  const answer = await app.inject({ method: 'GET', url: '/hangs' });
  assert.equal(problemOf(answer).code, 'E_HANDLER_TIMEOUT');
});

test('answers raw requests handed over by a shared listener, hostile framing included', async () => {
  const { app } = await things();
  await app.ready();
  await using listener = await listenHttp({
    handler: app.handle,
    host: '127.0.0.1',
    port: 0,
  });
  const answer = await fetch(`${listener.url}/things/7`, {
    method: 'PUT',
    headers: { authorization: 'alice', 'content-type': 'application/json', connection: 'close' },
    body: '{"name":"n"}',
  });
  assert.equal(answer.status, 201);
  await answer.arrayBuffer();
  const hostile = [
    'GET / HTTP/1.1\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
    'garbage\r\n\r\n',
  ];
  for (const text of hostile) assert.match(await raw(listener.port, text), /^HTTP\/1\.1 4\d\d/);
  const alive = await fetch(`${listener.url}/none`, { headers: { connection: 'close' } });
  assert.equal(alive.status, 404);
  await alive.arrayBuffer();
});

const raw = (port: number, text: string): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, '127.0.0.1', () => socket.end(text));
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
  });
  socket.on('error', reject);
  socket.on('close', () => resolve(received));
  return promise;
};

test('isRefusal tells refusals from answers', () => {
  assert.equal(isRefusal(refuse(errors.E_BUSY, 'x')), true);
  assert.equal(isRefusal({ refused: 'yes' }), false);
});
