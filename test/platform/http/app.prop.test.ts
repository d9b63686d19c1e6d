/** No request makes the control plane fail: every answer below 500 unless a handler fails itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { fakeClock, systemRandom } from '../../../src/kernel/effects.ts';
import { createHttpApp } from '../../../src/platform/http/index.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { createMetrics } from '../../../src/platform/metrics/index.ts';

const createApp = async () => {
  const app = await createHttpApp<{ readonly who: string }>({
    log: createMemoryLog(),
    metrics: createMetrics(),
    clock: fakeClock(),
    random: systemRandom,
    info: { title: 't', version: '1', description: 'd' },
    authorize: () => ({ who: 'a' }),
    limits: { maxBodyBytes: 4096 },
  });
  app.route({
    method: 'POST',
    url: '/a/:id/*',
    guard: { action: 'a', resource: ({ id }) => ({ type: 'A', id: id ?? '' }) },
    summary: 's',
    schema: {
      params: z.object({ id: z.string(), '*': z.string() }),
      query: z.object({ n: z.coerce.number().optional() }),
      body: z.strictObject({ name: z.string(), list: z.array(z.int()).optional() }),
      response: z.object({ id: z.string(), name: z.string() }),
    },
    handler: ({ params, body }) => ({ id: params.id, name: body.name }),
  });
  await app.ready();
  return app;
};

const contentType = fc.constantFrom(
  'application/json',
  'application/json; charset=latin1',
  'application/json;',
  'APPLICATION/JSON',
  'text/plain',
  'multipart/form-data',
  '',
  ';;;',
);
const body = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.record({ name: fc.string() }).map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.constantFrom('{"__proto__":{"name":"x"}}', '{"constructor":{"prototype":{}}}', '[[[[', '{"'),
);
const path = fc
  .array(fc.oneof(fc.constantFrom('a', '..', '.', '', '%00', '%2e%2e', '%ff'), fc.webSegment()))
  .map((segments) => `/${segments.join('/')}`);
const query = fc.oneof(
  fc.constant(''),
  fc.webQueryParameters().map((text) => `?${text}`),
);

test('any path, query, media type and body is answered below 500, failures as problems', async () => {
  const app = await createApp();
  await fc.assert(
    fc.asyncProperty(fc.record({ path, query, contentType, body }), async (request) => {
      const headers = { 'content-type': request.contentType };
      const payload = request.body;
      for (const url of [`${request.path}${request.query}`, `/a/b/c${request.query}`]) {
        const answer = await app.inject({ method: 'POST', url, headers, payload });
        assert.ok(answer.statusCode < 500, `${url} ${answer.body}`);
        if (answer.statusCode < 400) continue;
        assert.equal(answer.headers['content-type'], 'application/problem+json');
        assert.doesNotMatch(answer.body, /node_modules|\.ts:\d/);
      }
    }),
    { numRuns: 300 },
  );
});
