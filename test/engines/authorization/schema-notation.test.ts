/** Short notations become explicit ones, and entities are held against the schema. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createPolicySet,
  type Entity,
  graphOf,
  type PolicySet,
} from '../../../src/engines/authorization/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { type CedarTest, cedarTests, skipReason } from './cedar-tests.ts';

const schema = `
  type Place = { zone?: String, peers: Set<ipaddr> };
  entity Team;
  entity User in [Team] { boss?: User, place?: Place, score?: decimal, since?: datetime } tags Team;
  action read appliesTo { principal: [User], resource: [User], context: { place?: Place, who?: User } };
  namespace N { type T = { of?: A }; entity A { t?: T }; }`;
const set = orThrow(createPolicySet({ policies: '', schema }));
const ip = (arg: string) => ({ __extn: { fn: 'ip', arg } });
const entity = (type: string, attrs: Entity['attrs'], more: Partial<Entity> = {}): Entity => ({
  uid: { type, id: 'a' },
  attrs,
  parents: [],
  ...more,
});

describe('the explicit notation', () => {
  it('is given to entities, sets, records, common types, extension values and tags', () => {
    const given = entity(
      'User',
      {
        boss: { type: 'User', id: 'b' },
        place: { zone: 'ip', peers: ['10.0.0.1', ip('10.0.0.2')] },
        score: '1.5',
        since: '2026-01-01',
      },
      { tags: { home: { type: 'Team', id: 't' } } },
    );
    assert.deepEqual(orThrow(set.readEntity(given)), {
      uid: given.uid,
      attrs: {
        boss: { __entity: { type: 'User', id: 'b' } },
        place: { zone: 'ip', peers: [ip('10.0.0.1'), ip('10.0.0.2')] },
        score: { __extn: { fn: 'decimal', arg: '1.5' } },
        since: { __extn: { fn: 'datetime', arg: '2026-01-01' } },
      },
      parents: [],
      tags: { home: { __entity: { type: 'Team', id: 't' } } },
    });
  });

  it('finds common types of a namespace', () => {
    const read = orThrow(set.readEntity(entity('N::A', { t: { of: { type: 'N::A', id: 'x' } } })));
    assert.deepEqual(read.attrs, { t: { of: { __entity: { type: 'N::A', id: 'x' } } } });
  });

  it('is given to contexts of known actions and leaves others alone', () => {
    const context = { who: { type: 'User', id: 'b' }, place: { peers: ['::1'] } };
    assert.deepEqual(set.readContext({ type: 'Action', id: 'read' }, context), {
      who: { __entity: { type: 'User', id: 'b' } },
      place: { peers: [ip('::1')] },
    });
    assert.equal(set.readContext({ type: 'Action', id: 'unknown' }, context), context);
  });

  const unfit: readonly (readonly [string, Entity])[] = [
    ['a type that is not in the schema', entity('Ghost', {})],
    ['an attribute that is not in the schema', entity('User', { height: 1 })],
    ['an attribute of the wrong type', entity('User', { boss: { type: 'Team', id: 't' } })],
    ['a parent of the wrong type', entity('User', {}, { parents: [{ type: 'User', id: 'b' }] })],
    ['a fraction', entity('User', { score: 1.5 })],
    ['a malformed address', entity('User', { place: { peers: ['x'] } })],
    ['a malformed name', entity('no type', {})],
  ];
  for (const [what, given] of unfit)
    it(`does not hide ${what}`, () => {
      const refusal = set.readEntity(given);
      assert.ok(isRefusal(refusal));
      assert.equal(refusal.error.code, 'E_ENTITIES_INVALID');
    });
});

const agree = (asked: PolicySet, test: CedarTest): void => {
  const entities = test.entities.map((given) => orThrow(asked.readEntity(given)));
  const graph = orThrow(graphOf(entities));
  for (const request of test.requests) {
    const context = asked.readContext(request.action, request.context);
    const { decision, reasons } = asked.decide({ ...request, context }, graph);
    assert.equal(decision, request.decision, request.description);
    assert.deepEqual(reasons.map(({ policyId }) => policyId).sort(), request.reason.toSorted());
  }
};

describe('Cedar integration tests in explicit notation', { skip: skipReason }, () => {
  for (const test of skipReason === false ? cedarTests() : [])
    it(`agree when entities are looked up: ${test.name}`, () => {
      const { policies, schema: text, shouldValidate: validate } = test;
      const asked = orThrow(createPolicySet({ policies, schema: text, validate }));
      agree(asked, test);
      asked.dispose();
    });
});
