/** Every route of the control plane: guarded by an action that policies know, or public with a reason. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isPublic } from '../../../src/platform/http/index.ts';
import { createApiWorld } from './world.ts';

const schema = readFileSync('content/policies/schema.cedarschema', 'utf8');

test('every route is guarded by an action of the policy schema, or public for a reason', async () => {
  const { app } = await createApiWorld();
  assert.ok(app.routes().length > 30);
  for (const { method, url, guard } of app.routes()) {
    const name = `${method} ${url}`;
    if (isPublic(guard)) assert.ok(guard.public.length > 20, name);
    else assert.ok(schema.includes(`"${guard.action}"`), `${name}: ${guard.action}`);
  }
});

test('only these routes are public', async () => {
  const { app } = await createApiWorld();
  const open = app
    .routes()
    .filter(({ guard }) => isPublic(guard))
    .map(({ method, url }) => `${method} ${url}`);
  assert.deepEqual(open.toSorted(), [
    'GET /.well-known/spiffe-bundle',
    'GET /api/v1/bundle',
    'GET /api/v1/context-keys',
    'GET /healthz',
    'GET /ledger/checkpoint',
    'GET /metrics',
    'GET /openapi.json',
    'GET /readyz',
    'POST /api/v1/agents/attest',
    'POST /api/v1/enrolment',
    'POST /api/v1/join-tokens/redeem',
  ]);
});

test('every guarded route refuses a call without a credential and one that is denied', async () => {
  const world = await createApiWorld({ decide: () => 'deny' });
  for (const { method, url, guard } of world.app.routes()) {
    if (isPublic(guard)) continue;
    const address = url.replaceAll(/:\w+|\*/g, '7');
    const anonymous = await world.app.inject({ method, url: address });
    assert.equal(anonymous.statusCode, 401, `${method} ${url}`);
    const denied = await world.call(method, address);
    assert.equal(denied.statusCode, 403, `${method} ${url}`);
    assert.equal((denied.json() as { code: string }).code, 'E_API_DENIED');
  }
  assert.deepEqual(world.touched, []);
});

test('every route is described with its answer and its problem document', async () => {
  const { app } = await createApiWorld();
  const document = (await app.inject({ method: 'GET', url: '/openapi.json' })).json() as {
    paths: Record<string, Record<string, { responses: object; operationId: string }>>;
  };
  const ids = Object.values(document.paths)
    .flatMap((path) => Object.values(path))
    .map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(ids.length, app.routes().length);
});
