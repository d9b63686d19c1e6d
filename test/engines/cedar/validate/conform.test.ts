/** Requests and entities: accepted and refused as the oracle does. */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEntities } from '../../../../src/engines/cedar/validate/check-entities.ts';
import { checkRequest } from '../../../../src/engines/cedar/validate/check-request.ts';
import { mustRead } from './oracle.ts';
import { firstLists, firstSchema, secondSchema } from './table-entities.ts';
import { secondLists } from './table-graphs.ts';
import { requests } from './table-requests.ts';

type Entities = Parameters<typeof cedar.checkParseEntities>[0]['entities'];
type Call = Parameters<typeof cedar.isAuthorized>[0];

const entityDisagreements = (source: string, lists: readonly unknown[]): readonly unknown[] => {
  const schema = mustRead(source);
  return lists.flatMap((entities) => {
    const theirs = cedar.checkParseEntities({ entities: entities as Entities, schema: source });
    const ours = checkEntities(schema, entities);
    return (theirs.type === 'success') === (ours.length === 0) ? [] : [{ entities, ours, theirs }];
  });
};

test('accepts and refuses entities as the oracle does', () => {
  assert.deepEqual(entityDisagreements(firstSchema, firstLists), []);
});

test('accepts and refuses entities for what they are together as the oracle does', () => {
  assert.deepEqual(entityDisagreements(secondSchema, secondLists), []);
});

test('accepts and refuses requests as the oracle does', () => {
  const schema = mustRead(firstSchema);
  const base = {
    principal: { type: 'User', id: 'a' },
    action: { type: 'Action', id: 'read' },
    resource: { type: 'Doc', id: 'd' },
    context: {},
  };
  const rest = {
    schema: firstSchema,
    validateRequest: true,
    policies: { staticPolicies: '' },
    entities: [],
  };
  const found = requests.flatMap((change) => {
    const request = { ...base, ...change };
    const theirs = cedar.isAuthorized({ ...request, ...rest } as Call);
    const ours = checkRequest(schema, request);
    return (theirs.type === 'success') === (ours.length === 0) ? [] : [{ change, ours, theirs }];
  });
  assert.deepEqual(found, []);
});

test('takes longs of 64 bits as BigInt and refuses longer ones', () => {
  const schema = mustRead('entity A { n: Long };');
  const entity = (n: bigint): unknown => [
    { uid: { type: 'A', id: '' }, attrs: { n }, parents: [] },
  ];
  assert.deepEqual(checkEntities(schema, entity(2n ** 63n - 1n)), []);
  assert.equal(checkEntities(schema, entity(2n ** 63n)).length, 1);
});

test('names the entity, the path and the next step of a problem', () => {
  const schema = mustRead('entity A { home: { street: String } };');
  const list = [{ uid: { type: 'A', id: 'x' }, attrs: { home: { stret: 'a' } }, parents: [] }];
  assert.deepEqual(checkEntities(schema, list), [
    {
      code: 'E_CEDAR_UNKNOWN_ATTRIBUTE',
      message: 'the schema has no such attribute here',
      path: 'attrs.home.stret',
      help: 'did you mean `street`?',
      entity: 'A::"x"',
    },
    {
      code: 'E_CEDAR_MISSING_ATTRIBUTE',
      message: 'this attribute is required',
      path: 'attrs.home.street',
      entity: 'A::"x"',
    },
  ]);
});
