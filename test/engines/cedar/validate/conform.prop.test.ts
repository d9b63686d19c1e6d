/** Damaged entities and requests: accepted and refused as the oracle does; nothing throws. */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkEntities } from '../../../../src/engines/cedar/validate/check-entities.ts';
import {
  checkRequest,
  type RequestToCheck,
} from '../../../../src/engines/cedar/validate/check-request.ts';
import { damage } from '../damage.ts';
import { mustRead } from './oracle.ts';
import { firstLists, firstSchema, secondSchema } from './table-entities.ts';
import { secondLists } from './table-graphs.ts';

type Entities = Parameters<typeof cedar.checkParseEntities>[0]['entities'];
type Call = Parameters<typeof cedar.isAuthorized>[0];

const names = ['User', 'Group', 'Org', 'Doc', 'Color', 'Action'];
const references = names.map((type) => ({ type, id: type === 'Color' ? 'red' : 'read' }));
const calls = [
  '1.5',
  '2024-01-01',
  { fn: 'decimal', arg: '2.5' },
  { fn: 'toDate', arg: '2024-01-01' },
];
const others = [
  null,
  true,
  7,
  -1,
  1.5,
  '',
  'x',
  {},
  [],
  [1],
  ['x'],
  { x: 1 },
  { __entity: references[0] },
];
const parts = fc.constantFrom<unknown>(...references, ...calls, ...others, ...names);
const places = fc.array(fc.nat({ max: 7 }), { minLength: 2, maxLength: 7 });

const tables = [
  [firstSchema, firstLists],
  [secondSchema, secondLists],
] as const;

for (const [source, lists] of tables)
  test(`judges damaged entities as the oracle does (${lists.length} seeds)`, () => {
    const schema = mustRead(source);
    const seeds = lists.filter((list) => Array.isArray(list) && list.length > 0);
    fc.assert(
      fc.property(fc.constantFrom(...seeds), places, parts, (seed, numbers, part) => {
        const entities = damage(seed, numbers, part);
        const theirs = cedar.checkParseEntities({ entities: entities as Entities, schema: source });
        const ours = checkEntities(schema, entities);
        assert.equal(
          ours.length === 0,
          theirs.type === 'success',
          JSON.stringify([entities, ours, theirs]),
        );
      }),
      { numRuns: 300, seed: 3 },
    );
  });

const request: Readonly<Record<'principal' | 'action' | 'resource' | 'context', object>> = {
  principal: { type: 'User', id: 'a' },
  action: { type: 'Action', id: 'read' },
  resource: { type: 'Color', id: 'red' },
  context: {
    q: 1,
    u: { type: 'User', id: 'b' },
    ip: '::1',
    r: { a: 1, b: { type: 'Color', id: 'red' } },
    s: ['x'],
  },
};

/** What the oracle cannot even take as a call it refuses by throwing. */
const oracleAccepts = (damaged: RequestToCheck): boolean => {
  const rest = { schema: firstSchema, validateRequest: true, entities: [] };
  try {
    const call = { ...damaged, ...rest, policies: { staticPolicies: '' } } as Call;
    return cedar.isAuthorized(call).type === 'success';
  } catch {
    return false;
  }
};

test('judges damaged requests as the oracle does', () => {
  const schema = mustRead(firstSchema);
  const fields = fc.constantFrom('principal', 'action', 'resource', 'context', 'context');
  fc.assert(
    fc.property(fields, places, parts, (field, [, ...numbers], part) => {
      const damaged = { ...request, [field]: damage(request[field], numbers, part) };
      const ours = checkRequest(schema, damaged);
      const isGood = oracleAccepts(damaged);
      assert.equal(ours.length === 0, isGood, JSON.stringify([damaged, ours]));
    }),
    { numRuns: 300, seed: 3 },
  );
});

test('answers anything at all', () => {
  const schema = mustRead(firstSchema);
  fc.assert(
    fc.property(fc.anything({ maxDepth: 4 }), (value) => {
      assert.ok(Array.isArray(checkEntities(schema, value)));
      const anything = { principal: value, action: value, resource: value, context: value };
      assert.ok(checkRequest(schema, anything).length > 0);
    }),
  );
});
