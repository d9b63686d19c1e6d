/** The control plane: who is let in, what is recorded, what is answered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityErrors } from '../../../src/domains/identity/index.ts';
import { ledgerErrors } from '../../../src/domains/ledger/index.ts';
import { validateOcsf } from '../../../src/engines/ocsf/index.ts';
import { refuse, SallyportError } from '../../../src/kernel/errors.ts';
import type { PrincipalId, TenantId } from '../../../src/kernel/ids.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import { alice, createApiWorld } from './world.ts';

const codeOf = (answer: { json: () => unknown }) => (answer.json() as { code: string }).code;
const record = {
  id: 't1',
  principal: alice.principal,
  name: 'ci',
  createdAtMs: 1,
  expiresAtMs: 2,
};

test('answers who the caller is, decided as an action on the caller itself', async () => {
  const asked: unknown[] = [];
  const { call } = await createApiWorld({
    decide: ({ principal, action, resource }) => {
      asked.push({ principal, action, resource });
      return 'allow';
    },
  });
  const answer = await call('GET', '/api/v1/whoami');
  assert.equal(answer.statusCode, 200);
  assert.deepEqual(answer.json(), alice);
  assert.deepEqual(asked, [
    { principal: alice.principal, action: 'principal:read', resource: alice.principal },
  ]);
});

test('refuses bad credentials with 401 and says nothing about the route', async () => {
  const { app, touched } = await createApiWorld();
  const headers = [
    {},
    { authorization: 'Bearer mallory' },
    { authorization: 'Basic YTpi' },
    { authorization: 'Bearer ' },
    { authorization: `Bearer ${'x'.repeat(9000)}` },
  ];
  for (const given of headers) {
    const answer = await app.inject({ method: 'GET', url: '/api/v1/policies', headers: given });
    assert.equal(answer.statusCode, 401);
    assert.equal(answer.headers['www-authenticate'], 'Bearer');
  }
  assert.deepEqual(touched, []);
});

test('records a denial durably before it answers, with policies and valid OCSF', async () => {
  const { call, ledger } = await createApiWorld({ decide: () => 'deny' });
  const answer = await call('DELETE', '/api/v1/tokens/t1');
  assert.equal(answer.statusCode, 403);
  const [event] = ledger.events;
  assert.equal(event?.class, 'decisive');
  assert.deepEqual(validateOcsf(event?.ocsf as never), []);
  assert.equal(event?.ocsf.metadata.event_code, 'access.decision');
  assert.deepEqual(event?.personal, { subject: 'alice', fields: { address: '127.0.0.1' } });
  assert.doesNotMatch(JSON.stringify(event?.ocsf), /127\.0\.0\.1/);
  assert.equal((answer.json() as { ledgerIndex: number }).ledgerIndex, 0);
});

test('refuses changes and denials when the ledger cannot write, and still reads', async () => {
  const full = new SallyportError(ledgerErrors.E_LEDGER_UNAVAILABLE, 'disk full');
  const ledger = { append: () => Promise.reject(full), state: () => 'refusing' as const };
  const { call, touched } = await createApiWorld({ ledger });
  const change = await call('DELETE', '/api/v1/tokens/t1');
  assert.deepEqual([change.statusCode, codeOf(change)], [503, 'E_LEDGER_UNAVAILABLE']);
  assert.deepEqual(touched, []);
  assert.equal((await call('GET', '/api/v1/whoami')).statusCode, 200);
  const denied = await createApiWorld({ ledger, decide: () => 'deny' });
  assert.equal((await denied.call('GET', '/api/v1/whoami')).statusCode, 503);
});

test('records an allowed read once in a while, not at every poll', async () => {
  const { call, ledger, clock } = await createApiWorld();
  for (let i = 0; i < 5; i++) await call('GET', '/api/v1/ledger/entries');
  assert.equal(ledger.events.length, 1);
  assert.equal(ledger.events[0]?.class, 'forensic');
  clock.advance(11 * 60_000);
  await call('GET', '/api/v1/ledger/entries');
  assert.equal(ledger.events.length, 2);
});

test('shows a new token once and lists tokens without it', async () => {
  const { call } = await createApiWorld({
    identity: {
      createToken: (actor, token) => {
        assert.equal(actor.principal.id, 'alice');
        assert.deepEqual(token, { principal: 'alice', ttlSeconds: 60 });
        return Promise.resolve({ token: new Secret('spt_SENTINEL'), record });
      },
      listTokens: () => Promise.resolve([{ ...record, hash: 'SENTINEL' } as never]),
    },
  });
  const created = await call('POST', '/api/v1/tokens', { principal: 'alice', ttlSeconds: 60 });
  assert.deepEqual([created.statusCode, created.json()], [201, { token: 'spt_SENTINEL', record }]);
  const listed = await call('GET', '/api/v1/tokens?principal=alice');
  assert.deepEqual(listed.json(), { tokens: [record] });
});

test('passes refusals of domains on as problem documents', async () => {
  const { call } = await createApiWorld({
    identity: {
      getPrincipal: () => Promise.resolve(refuse(identityErrors.E_PRINCIPAL_NOT_FOUND, 'none')),
    },
  });
  const answer = await call('GET', '/api/v1/principals/bob');
  assert.deepEqual([answer.statusCode, codeOf(answer)], [404, 'E_PRINCIPAL_NOT_FOUND']);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
});

test('creates principals only from well-formed ids', async () => {
  const { call, touched } = await createApiWorld();
  const bad = [
    { type: 'Admin', name: 'x' },
    { type: 'User', name: '' },
    { type: 'User', name: 'x', id: 'a b' },
    { type: 'User', name: 'x', spiffeId: 'http://x' },
    { type: 'User', name: 'x', extra: 1 },
    { type: 'User', name: 'x', roles: Array.from({ length: 65 }, () => 'r') },
  ];
  for (const body of bad) {
    const answer = await call('POST', '/api/v1/principals', body);
    assert.equal(codeOf(answer), 'E_REQUEST_INVALID', JSON.stringify(body));
  }
  assert.deepEqual(touched, []);
});

test('revokes an own token, and only an own one', async () => {
  const { call } = await createApiWorld({
    identity: {
      listTokens: (id) => Promise.resolve(id === alice.principal.id ? [record] : []),
      revokeToken: () => Promise.resolve({ ...record, revokedAtMs: 3 }),
    },
  });
  assert.equal((await call('DELETE', '/api/v1/whoami/tokens/t1')).statusCode, 200);
  assert.equal(codeOf(await call('DELETE', '/api/v1/whoami/tokens/t2')), 'E_TOKEN_NOT_FOUND');
});

test('asks policies about the endpoint of the caller own tenant', async () => {
  const asked: string[] = [];
  const { app } = await createApiWorld({
    identity: {
      authenticateBearer: () => ({ ...alice, tenant: 'acme' as TenantId }),
    },
    endpoints: { find: () => undefined },
    decide: ({ resource }) => {
      asked.push(`${resource.type}::${resource.id}`);
      return 'allow';
    },
  });
  const headers = { authorization: 'Bearer x' };
  const answer = await app.inject({ method: 'GET', url: '/api/v1/endpoints/digits', headers });
  assert.equal(codeOf(answer), 'E_ENDPOINT_NOT_FOUND');
  assert.deepEqual(asked, ['Endpoint::acme/digits']);
});

test('is ready only when the ledger and every other part are', async () => {
  const ready = await createApiWorld();
  assert.equal((await ready.app.inject({ method: 'GET', url: '/readyz' })).statusCode, 200);
  const checks = () => Promise.resolve([{ name: 'storage', ok: false, detail: 'secret detail' }]);
  const world = await createApiWorld({ deps: { checks } });
  const answer = await world.app.inject({ method: 'GET', url: '/readyz' });
  assert.deepEqual([answer.statusCode, codeOf(answer)], [503, 'E_API_NOT_READY']);
  assert.doesNotMatch(answer.body, /secret detail/);
});

test('shows metrics on loopback only, and not to a proxy there', async () => {
  const { app } = await createApiWorld();
  const get = (remoteAddress: string, headers: Record<string, string> = {}) =>
    app.inject({ method: 'GET', url: '/metrics', remoteAddress, headers });
  assert.match((await get('127.0.0.1')).body, /# TYPE/);
  assert.equal((await get('::ffff:127.0.0.1')).statusCode, 200);
  assert.equal((await get('192.0.2.1')).statusCode, 403);
  assert.equal((await get('127.0.0.1', { 'x-forwarded-for': '192.0.2.1' })).statusCode, 403);
});

test('serves tiles by their exact names and nothing else from the disk', async () => {
  const asked: string[] = [];
  const { call, app } = await createApiWorld({
    deps: {
      readPublished: (path) => {
        asked.push(path);
        return Promise.resolve(Uint8Array.of(1, 2, 3));
      },
    },
  });
  const good = ['0/000', '1/x001/x234/067', 'entries/000', '0/000.p/255', 'entries/x001/000.p/1'];
  for (const path of good)
    assert.equal((await call('GET', `/ledger/tile/${path}`)).statusCode, 200, path);
  const wanted = good.map((path) => `tile/${path}`);
  assert.deepEqual(asked, wanted);
  const bad = [
    '',
    '0',
    '0/1',
    '00/000',
    '0/000/000',
    '0/x000',
    '0/../../../keys/store',
    '0/%2e%2e/000',
    '..%2f..%2fkeys',
    '0/000.p/',
    '0/000.p/0',
    '0/000.p/../x',
    '0/000.p/1/2',
    'entries/000%00',
    '-1/000',
    '0/٠٠٠',
  ];
  for (const path of bad)
    assert.notEqual((await call('GET', `/ledger/tile/${path}`)).statusCode, 200, path);
  assert.deepEqual(asked, wanted);
  const checkpoint = await app.inject({ method: 'GET', url: '/ledger/checkpoint' });
  assert.deepEqual([...checkpoint.rawPayload], [1, 2, 3]);
});

test('finds everything recorded about one request by its id', async () => {
  const { call, app, ledger } = await createApiWorld({
    decide: ({ action }) => (action === 'policy:read' ? 'deny' : 'allow'),
  });
  const id = (await call('GET', '/api/v1/policies')).headers['x-request-id'];
  const found = await call('GET', `/api/v1/decisions/${String(id)}`);
  const { entries } = found.json() as { entries: { ocsf: { api: { operation: string } } }[] };
  assert.deepEqual(
    entries.map(({ ocsf }) => ocsf.api.operation),
    ['policy:read'],
  );
  assert.ok(ledger.events.length >= 1);
  assert.equal(codeOf(await call('GET', '/api/v1/decisions/none')), 'E_API_DECISION_UNKNOWN');
  await app.close();
});

test('hands the enrolment code over and answers with the token', async () => {
  const seen: unknown[] = [];
  const { app } = await createApiWorld({
    identity: {
      redeemEnrolmentCode: (redemption) => {
        seen.push(redemption);
        return Promise.resolve({
          principal: { ...alice.principal, id: 'p' as PrincipalId } as never,
          identity: alice,
          apiToken: { token: new Secret('spt_x'), record },
        });
      },
    },
  });
  const payload = { code: 'spe_1', name: 'Ada' };
  const answer = await app.inject({ method: 'POST', url: '/api/v1/enrolment', payload });
  assert.deepEqual(seen, [{ ...payload, peer: '127.0.0.1' }]);
  assert.deepEqual(answer.json(), {
    principal: { type: 'User', id: 'p' },
    token: 'spt_x',
    tokenId: 't1',
    expiresAtMs: 2,
  });
});

test('publishes the keys that verify the context header, and nothing private', async () => {
  const { app } = await createApiWorld();
  const answer = await app.inject({ method: 'GET', url: '/api/v1/context-keys' });
  const { keys } = answer.json() as { keys: Record<string, string>[] };
  assert.deepEqual(Object.keys(keys[0] ?? {}).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x']);
});
