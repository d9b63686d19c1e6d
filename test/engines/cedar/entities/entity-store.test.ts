/** The entity store: reading, the hierarchy while it changes, and what it refuses. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  createEntityStore,
  type EntityStore,
} from '../../../../src/engines/cedar/entities/entity-store.ts';
import { hasAncestor } from '../../../../src/engines/cedar/entities/hierarchy.ts';
import { readSchema } from '../../../../src/engines/cedar/schema/read.ts';
import type { Schema } from '../../../../src/engines/cedar/schema/model.ts';
import { formatValue } from '../../../../src/engines/cedar/values/format.ts';
import { entityValue } from '../../../../src/engines/cedar/values/value.ts';
import { isRefusal, orThrow } from '../../../../src/kernel/errors.ts';

const uid = (id: string) => ({ type: 'E', id });
const entity = (id: string, parents: readonly string[] = [], attrs: object = {}) => ({
  uid: uid(id),
  attrs,
  parents: parents.map(uid),
});
const isBelow = (store: EntityStore, low: string, high: string): boolean => {
  const record = store.find('E', low);
  return record !== undefined && hasAncestor(store.closureOf(record), entityValue('E', high));
};
const problemOf = (entities: readonly unknown[] | string): string => {
  const store = createEntityStore({ entities });
  return isRefusal(store) ? store.detail : 'accepted';
};

describe('the hierarchy', () => {
  it('follows every change above', () => {
    const store = orThrow(
      createEntityStore({ entities: [entity('a', ['b']), entity('b', ['c'])] }),
    );
    assert.ok(isBelow(store, 'a', 'c'));
    assert.equal(store.put(entity('c', ['d'])), undefined);
    assert.ok(isBelow(store, 'a', 'd'));
    assert.equal(store.put(entity('b', ['x'])), undefined);
    assert.ok(isBelow(store, 'a', 'x') && !isBelow(store, 'a', 'c'));
    assert.ok(store.remove(uid('b')));
    assert.ok(isBelow(store, 'a', 'b') && !isBelow(store, 'a', 'x'));
    assert.ok(!store.remove(uid('b')));
  });

  it('keeps what it knows of others when a leaf changes', () => {
    const store = orThrow(
      createEntityStore({ entities: [entity('a', ['b']), entity('b', ['c'])] }),
    );
    const record = store.find('E', 'a');
    assert.ok(record !== undefined);
    const before = store.closureOf(record);
    store.put(entity('z', ['b']));
    assert.equal(store.closureOf(record), before);
    store.put(entity('b', []));
    assert.notEqual(store.closureOf(record), before);
  });

  it('refuses cycles of any length, and changes nothing', () => {
    const store = orThrow(
      createEntityStore({ entities: [entity('a', ['b']), entity('b', ['c'])] }),
    );
    assert.match(store.put(entity('c', ['a']))?.detail ?? '', /E::"c" would be its own ancestor/);
    assert.equal(store.find('E', 'c'), undefined);
    assert.match(store.put(entity('q', ['q']))?.detail ?? '', /its own ancestor/);
    assert.match(problemOf([entity('a', ['a'])]), /E::"a" would be its own ancestor/);
    assert.match(problemOf([entity('x', ['b']), entity('b', ['x'])]), /its own ancestor/);
  });

  it('climbs a chain of 50,000', () => {
    const chain = Array.from({ length: 50_000 }, (_, n) => entity(`${n}`, [`${n + 1}`]));
    const store = orThrow(createEntityStore({ entities: chain }));
    assert.ok(isBelow(store, '0', '50000') && !isBelow(store, '1', '0'));
  });

  it('agrees with a plain search after any sequence of changes', () => {
    const id = fc.integer({ min: 0, max: 7 });
    const change = fc.record({ id, parents: fc.array(id, { maxLength: 3 }), gone: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
        const store = orThrow(createEntityStore());
        const edges = new Map<number, readonly number[]>();
        const reaches = (low: number, high: number): boolean =>
          (edges.get(low) ?? []).some((next) => next === high || reaches(next, high));
        for (const { id: at, parents, gone } of changes) {
          if (gone) {
            assert.equal(store.remove(uid(`${at}`)), edges.delete(at));
            continue;
          }
          const isCyclic = parents.some((parent) => parent === at || reaches(parent, at));
          const refusal = store.put(entity(`${at}`, parents.map(String)));
          assert.equal(refusal !== undefined, isCyclic);
          if (!isCyclic) edges.set(at, parents);
          for (let low = 0; low < 8; low++)
            for (let high = 0; high < 8; high++)
              assert.equal(
                isBelow(store, `${low}`, `${high}`),
                edges.has(low) && reaches(low, high),
              );
        }
        assert.equal(store.size(), edges.size);
      }),
    );
  });
});

describe('reading entities', () => {
  const cases: readonly (readonly [readonly unknown[] | string, RegExp])[] = [
    [[entity('b'), entity('b')], /^accepted$/],
    [[entity('b', ['c', 'd']), entity('b', ['d', 'c', 'c'])], /^accepted$/],
    [[entity('b'), entity('b', [], { x: 1 })], /E::"b" appears twice with different content/],
    [[{ uid: { __entity: uid('a') }, attrs: {}, parents: [], extra: 1 }], /^accepted$/],
    [[{ uid: 'E::"a"', attrs: {}, parents: [] }], /entity 0: uid: an entity is written/],
    [[{ uid: uid('a'), parents: [] }], /E::"a": attrs: a record is written/],
    [[{ uid: uid('a'), attrs: {} }], /E::"a": parents must be an array/],
    [[{ uid: uid('a'), attrs: {}, parents: ['x'] }], /E::"a": parents\[0\]: an entity/],
    [[{ ...entity('a'), tags: null }], /E::"a": tags must be an object/],
    [[{ ...entity('a'), tags: { t: 1.5 } }], /E::"a": tags\["t"\]: 1\.5 is not an integer/],
    [[entity('a', [], { x: { y: null } })], /E::"a": attrs\.x\.y: null/],
    [[{ uid: { type: 'in', id: 'x' }, attrs: {}, parents: [] }], /"in" is not the name/],
    [[{ uid: { type: '__cedar::E', id: 'x' }, attrs: {}, parents: [] }], /is not the name/],
    [[null], /an entity must be an object/],
    ['{}', /written as an array/],
    ['[', /JSON/],
  ];
  for (const [entities, message] of cases)
    it(`answers ${message.source}`, () => assert.match(problemOf(entities), message));

  it('keeps every digit of JSON text', () => {
    const text = '[{"uid":{"type":"E","id":"a"},"attrs":{"n":9223372036854775807},"parents":[]}]';
    const store = orThrow(createEntityStore({ entities: text }));
    assert.deepEqual(store.find('E', 'a')?.attrs.values, [2n ** 63n - 1n]);
  });

  it('reads the short forms where a schema says what is meant, and knows its actions', () => {
    const schema = readSchema(`
      entity F; entity E { ip: ipaddr, at: datetime, friend: F, all: Set<F>, inner: { d: decimal } } tags decimal;
      action view in [look]; action look;`) as Schema;
    const attrs = {
      ip: '10.0.0.0/8',
      at: { fn: 'datetime', arg: '1970-01-01' },
      friend: { type: 'F', id: 'x' },
      all: [{ type: 'F', id: 'y' }, { __entity: { type: 'F', id: 'z' } }],
      inner: { d: '1.5' },
    };
    const entities = [{ uid: uid('a'), attrs, parents: [], tags: { t: '2.5' } }];
    const store = orThrow(createEntityStore({ entities, schema }));
    const shown = store.find('E', 'a')?.attrs.values.map(formatValue);
    assert.deepEqual(shown?.slice(0, 4), [
      'ip("10.0.0.0/8")',
      'datetime("1970-01-01T00:00:00.000Z")',
      'F::"x"',
      '[F::"y", F::"z"]',
    ]);
    assert.deepEqual(store.find('E', 'a')?.tags?.values, [{ kind: 'decimal', units: 25_000 }]);
    const view = store.find('Action', 'view');
    assert.ok(view && hasAncestor(store.closureOf(view), entityValue('Action', 'look')));
  });
});
