/** Pages of a search go on where the last one ended, whatever happened in between. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { AccessState } from '../../../src/domains/access/access-state.ts';
import { search } from '../../../src/domains/access/search.ts';

const stateOf = (ids: readonly string[]): AccessState =>
  ({
    graph: new Map(ids.map((id) => [id, { uid: { type: 'Doc', id } }])),
    policies: { set: { actions: [{ id: 'read', principals: ['User'], resources: ['Doc'] }] } },
  }) as unknown as AccessState;

const find = (ids: readonly string[], after?: string) =>
  search(
    stateOf(ids),
    {
      find: 'resource',
      principal: { type: 'User', id: 'u' },
      action: 'read',
      resource: { type: 'Doc' },
      context: {},
      limit: 2,
      ...(after === undefined ? {} : { after }),
    },
    () => ({ decision: 'allow', reasons: [], obligations: [], errors: [] }),
  );

it('goes on behind an entity that is gone meanwhile instead of beginning anew', () => {
  const { found, next } = find(['a', 'b', 'c', 'd']);
  assert.deepEqual([found.map(({ id }) => id), next], [['a', 'b'], 'b']);
  assert.deepEqual(
    find(['a', 'c', 'd'], next).found.map(({ id }) => id),
    ['c', 'd'],
  );
  assert.deepEqual(find(['a'], next), { found: [] });
});
