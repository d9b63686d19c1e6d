/** Single evaluations: the certification scenario, answers, mapping, malformed requests, records. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { validateOcsf } from '../../../src/engines/ocsf/index.ts';
import { openDecisionPoint } from './decision-point.ts';
import { recordWorld } from './record-world.ts';

const point = await openDecisionPoint(recordWorld);
after(() => point.close());

const question = (who: object, action: object, what: object) => ({
  subject: { type: 'user', ...who },
  action,
  resource: { type: 'record', ...what },
});
const [read, write] = [{ name: 'read' }, { name: 'write' }];
const [alice, bob] = [{ id: 'alice' }, { id: 'bob' }];
const [active, archived] = [{ id: 'record-1' }, { id: 'record-2' }];
const asAdmin = { ...bob, properties: { role: 'admin' } };

describe('the certification scenario', () => {
  const del = (soft: boolean) => ({ name: 'delete', properties: { soft } });
  const cases: readonly (readonly [object, object, object, boolean])[] = [
    [alice, read, active, true],
    [alice, write, active, true],
    [bob, read, active, true],
    [bob, write, active, false],
    [alice, write, archived, false],
    [asAdmin, write, archived, true],
    [alice, del(true), active, true],
    [alice, del(false), active, false],
    [alice, { name: 'delete' }, active, false],
  ];
  for (const [who, action, what, decision] of cases)
    it(JSON.stringify([who, action, what, decision]), async () => {
      const answer = (await point.post('evaluation', question(who, action, what))) as {
        readonly decision: boolean;
      };
      assert.equal(answer.decision, decision);
    });
});

describe('an answer', () => {
  it('carries reasons and obligations in its context', async () => {
    const body = question(alice, write, active);
    assert.deepEqual(await point.post('evaluation', body), {
      decision: true,
      context: {
        reasons: [{ policyId: 'owner-writes', file: 'world.cedar', line: 5 }],
        obligations: [
          { id: 'step_up:aal2', type: 'step-up', properties: { acr_value: 'aal2' } },
          { id: 'audit:strict', type: 'custom', properties: { name: 'audit', argument: 'strict' } },
        ],
      },
    });
  });

  it('to a denial by default is the decision alone, with status 200', async () => {
    assert.deepEqual(await point.post('evaluation', question(bob, write, active)), {
      decision: false,
    });
  });

  it('says why a question could not be evaluated', async () => {
    const broken = {
      subject: { type: 'a b', id: 'x' },
      action: read,
      resource: { type: 'record', id: 'r' },
    };
    const answer = (await point.post('evaluation', broken)) as { context: { errors: unknown[] } };
    assert.equal(answer.context.errors.length, 1);
  });

  it('echoes the request id and tells caches to keep nothing', async () => {
    const body = JSON.stringify(question(alice, read, active));
    const answer = await point.raw('evaluation', body, { 'x-request-id': 'req-42' });
    assert.equal(answer.headers['x-request-id'], 'req-42');
    assert.equal(answer.headers['cache-control'], 'no-store');
  });
});

describe('mapping', () => {
  const decisionOf = async (body: unknown): Promise<boolean> =>
    ((await point.post('evaluation', body)) as { readonly decision: boolean }).decision;

  it('finds shipped types in any case and leaves others alone', async () => {
    for (const type of ['user', 'User', 'USER'])
      assert.equal(
        await decisionOf({ ...question({}, read, active), subject: { type, id: 'alice' } }),
        true,
      );
    const elsewhere = {
      ...question(alice, read, {}),
      resource: { type: 'Record', id: 'record-1' },
    };
    assert.equal(await decisionOf(elsewhere), false);
  });

  it('never lets a caller override what the entity graph knows', async () => {
    const opened = { ...archived, properties: { status: 'active' } };
    assert.equal(await decisionOf(question(alice, write, opened)), false);
    const unknown = { id: 'record-9', properties: { status: 'active' } };
    assert.equal(await decisionOf(question(alice, write, unknown)), true);
  });

  it('reads dates and addresses by the schema, and fractions as decimals', async () => {
    const context = { at: '2026-01-01T00:00:00Z', from: '10.1.2.3', score: 0.25, nothing: null };
    const ask = (more: object) =>
      decisionOf({
        ...question(alice, { name: 'inspect' }, active),
        context: { ...context, ...more },
      });
    assert.equal(await ask({}), true);
    assert.equal(await ask({ from: '192.0.2.1' }), false);
    assert.equal(await ask({ at: '2027-01-01T00:00:00Z' }), false);
    assert.equal(await ask({ score: 0.75 }), false);
    assert.equal(await ask({ score: 1e300 }), false);
    assert.equal(await ask({ from: 'not an address' }), false);
  });

  it('ignores unknown fields', async () => {
    const body = { ...question(alice, read, active), extra: { deep: [1] } };
    assert.equal(await decisionOf(body), true);
  });
});

describe('a request that cannot be read', () => {
  const good = question(alice, read, active);
  const bodies: readonly (readonly [string, string])[] = [
    ['no body', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no subject', JSON.stringify({ ...good, subject: undefined })],
    ['no subject id', JSON.stringify({ ...good, subject: { type: 'user' } })],
    ['a numeric id', JSON.stringify({ ...good, subject: { type: 'user', id: 7 } })],
    ['no action', JSON.stringify({ ...good, action: undefined })],
    ['no action name', JSON.stringify({ ...good, action: {} })],
    ['no resource type', JSON.stringify({ ...good, resource: { id: 'x' } })],
    ['a context that is text', JSON.stringify({ ...good, context: 'x' })],
    [
      'properties that are a list',
      JSON.stringify({ ...good, subject: { ...good.subject, properties: [] } }),
    ],
    [
      'a member given twice',
      `{"subject":{"type":"user","id":"a","id":"b"},"action":{"name":"read"},"resource":{"type":"record","id":"r"}}`,
    ],
    ['a lone surrogate', JSON.stringify(good).replace('alice', '\\ud800')],
  ];
  for (const [what, body] of bodies)
    it(`is a 400 problem: ${what}`, async () => {
      const answer = await point.raw('evaluation', body);
      assert.equal(answer.statusCode, 400);
      assert.equal(answer.headers['content-type'], 'application/problem+json');
    });

  it('comes from somebody unknown: 401 with a challenge', async () => {
    const answer = await point.raw('evaluation', JSON.stringify(good), { authorization: 'none' });
    assert.equal(answer.statusCode, 401);
    assert.ok(answer.headers['www-authenticate']);
  });
});

describe('the record', () => {
  it('of an evaluation names asker, question and answer, and can be replayed', async () => {
    const before = point.ledger.size();
    await point.post('evaluation', question(asAdmin, write, archived));
    const event = point.ledger.events[before];
    assert.ok(event);
    assert.equal(event.class, 'forensic');
    assert.deepEqual(validateOcsf(event.ocsf), []);
    const files = [{ file: 'none.cedar', text: '' }];
    const report = await point.access.replay({ candidate: { files }, fromMs: 0 });
    assert.ok('changes' in report);
    const change = report.changes.find(({ ledgerIndex }) => ledgerIndex === before);
    assert.equal(change?.before, 'allow');
    assert.equal(change.now, 'allow');
    assert.deepEqual(change.request.claims, { principal: { role: 'admin' }, resource: {} });
  });
});
