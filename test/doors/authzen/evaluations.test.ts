/** Batches: defaults, semantics, broken entries, limits; and the metadata. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { createMemoryKeyStore } from '../../../src/platform/keys/index.ts';
import { openDecisionPoint } from './decision-point.ts';
import { recordWorld } from './record-world.ts';

const point = await openDecisionPoint(recordWorld);
const published = await openDecisionPoint({ ...recordWorld, publicUrl: 'https://pdp.example' });
after(() => Promise.all([point.close(), published.close()]));

const alice = { type: 'user', id: 'alice' };
const bob = { type: 'user', id: 'bob' };
const [read, write] = [{ name: 'read' }, { name: 'write' }];
const active = { type: 'record', id: 'record-1' };
const archived = { type: 'record', id: 'record-2' };

type Answers = {
  readonly decision?: boolean;
  readonly evaluations?: readonly {
    readonly decision: boolean;
    readonly context?: Readonly<Record<string, unknown>>;
  }[];
};
const ask = async (body: unknown): Promise<Answers> =>
  (await point.post('evaluations', body)) as Answers;
const decisions = async (body: unknown): Promise<readonly boolean[] | undefined> =>
  (await ask(body)).evaluations?.map(({ decision }) => decision);

describe('a batch', () => {
  it('answers every entry in order, on the defaults', async () => {
    const evaluations = [
      { resource: active },
      { resource: archived },
      { subject: bob, resource: active },
    ];
    assert.deepEqual(await decisions({ subject: alice, action: write, evaluations }), [
      true,
      false,
      false,
    ]);
  });

  it('lets a key of an entry replace the default as a whole', async () => {
    const admin = { ...bob, properties: { role: 'admin' } };
    const evaluations = [{}, { subject: bob }];
    assert.deepEqual(
      await decisions({ subject: admin, action: write, resource: archived, evaluations }),
      [true, false],
    );
  });

  it('without entries is a single evaluation', async () => {
    const single = { subject: alice, action: read, resource: active };
    for (const more of [{}, { evaluations: [] }]) {
      const answer = await ask({ ...single, ...more });
      assert.equal(answer.decision, true);
      assert.equal(answer.evaluations, undefined);
    }
  });

  it('denies a broken entry with an error and answers the others', async () => {
    const evaluations = [
      { resource: active },
      { resource: { type: 'record' } },
      7,
      null,
      { resource: active },
    ];
    const answer = await ask({ subject: alice, action: read, evaluations });
    assert.deepEqual(
      answer.evaluations?.map(({ decision }) => decision),
      [true, false, false, false, true],
    );
    assert.deepEqual(answer.evaluations?.[1]?.context, {
      error: {
        status: 400,
        message: 'resource.id: Invalid input: expected string, received undefined',
      },
    });
  });
});

describe('semantics', () => {
  const evaluations = [
    { action: read },
    { action: write, subject: bob },
    { action: read, subject: bob },
    { action: 7 },
  ];
  const table: readonly (readonly [string | undefined, readonly boolean[]])[] = [
    [undefined, [true, false, true, false]],
    ['execute_all', [true, false, true, false]],
    ['deny_on_first_deny', [true, false]],
    ['permit_on_first_permit', [true]],
  ];
  for (const [evaluations_semantic, expected] of table)
    it(`${evaluations_semantic ?? 'by default execute_all'} stops where it should`, async () => {
      const options = evaluations_semantic === undefined ? {} : { evaluations_semantic };
      const body = { subject: alice, resource: active, evaluations, options };
      assert.deepEqual(await decisions(body), expected);
    });

  it('stops at an entry that is broken, too', async () => {
    const body = {
      subject: alice,
      resource: active,
      evaluations: [{ action: 7 }, { action: read }],
    };
    const options = { evaluations_semantic: 'deny_on_first_deny' };
    assert.deepEqual(await decisions({ ...body, options }), [false]);
  });
});

describe('a batch that cannot be read is a 400', () => {
  const bodies: readonly (readonly [string, unknown])[] = [
    ['no question at all', {}],
    ['entries that are no list', { evaluations: {} }],
    ['a default that is no object', { subject: 'alice', evaluations: [{}] }],
    ['an unknown semantic', { evaluations: [{}], options: { evaluations_semantic: 'sometimes' } }],
    ['too many entries', { evaluations: Array.from({ length: 1001 }, () => ({})) }],
    ['a single evaluation without a resource', { subject: alice, action: read }],
  ];
  for (const [what, body] of bodies)
    it(what, async () => {
      assert.equal((await point.raw('evaluations', JSON.stringify(body))).statusCode, 400);
    });
});

describe('metadata', () => {
  const get = (at: typeof point, headers: Record<string, string>) =>
    at.app.inject({ method: 'GET', url: '/.well-known/authzen-configuration', headers });

  it('names the decision point as the client addressed it', async () => {
    assert.deepEqual((await get(point, { host: 'pdp.test:8443' })).json(), {
      policy_decision_point: 'http://pdp.test:8443',
      access_evaluation_endpoint: 'http://pdp.test:8443/access/v1/evaluation',
      access_evaluations_endpoint: 'http://pdp.test:8443/access/v1/evaluations',
      search_subject_endpoint: 'http://pdp.test:8443/access/v1/search/subject',
      search_resource_endpoint: 'http://pdp.test:8443/access/v1/search/resource',
      search_action_endpoint: 'http://pdp.test:8443/access/v1/search/action',
      supported_obligations: ['step-up', 'notification', 'session_termination', 'custom'],
    });
  });

  it('is signed under its own name by a key that is published', async () => {
    const signing = await openDecisionPoint({
      ...recordWorld,
      publicUrl: 'https://pdp.example',
      keys: createMemoryKeyStore(),
    });
    const metadata = (await get(signing, { host: 'x.test' })).json() as Record<string, unknown>;
    const url = '/.well-known/authzen-jwks.json';
    const keys = (await signing.app.inject({ method: 'GET', url })).json() as JSONWebKeySet;
    const { payload } = await jwtVerify(
      metadata['signed_metadata'] as string,
      createLocalJWKSet(keys),
      { issuer: 'https://pdp.example', currentDate: new Date(signing.clock.nowMs()) },
    );
    const { signed_metadata: _signed, ...plain } = metadata;
    for (const [name, value] of Object.entries(plain)) assert.deepEqual(payload[name], value, name);
    await signing.close();
  });

  it('names it as configured, whatever the Host header says', async () => {
    const answer = (await get(published, { host: 'evil.test' })).json();
    assert.equal(
      (answer as { policy_decision_point: string }).policy_decision_point,
      'https://pdp.example',
    );
  });

  it('repeats no Host header that is not one', async () => {
    for (const host of ['a b', 'x"y', `${'a'.repeat(300)}`, 'a:b:c'])
      assert.equal((await get(point, { host })).statusCode, 400);
  });
});
