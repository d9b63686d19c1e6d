/** The entity graph: checked against the schema, transitive, listed in order, shared by replicas. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AccessChange,
  createMemoryAccess,
  type Entity,
} from '../../../src/domains/access/index.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import { createMemoryStore } from '../../../src/domains/access/fake.ts';
import { ask, entities } from './world.ts';

const team = (id: string, ...parents: string[]): Entity => ({
  uid: { type: 'Team', id },
  attrs: {},
  parents: parents.map((parent) => ({ type: 'Team', id: parent })),
});

describe('entities', () => {
  const unfit: readonly (readonly [string, Entity])[] = [
    ['an unknown type', { uid: { type: 'Ghost', id: 'a' }, attrs: {}, parents: [] }],
    ['an unknown attribute', { uid: { type: 'User', id: 'a' }, attrs: { age: 1 }, parents: [] }],
    ['a mistyped attribute', { uid: { type: 'User', id: 'a' }, attrs: { tenant: 1 }, parents: [] }],
    [
      'a parent of the wrong type',
      { uid: { type: 'User', id: 'a' }, attrs: {}, parents: [{ type: 'Endpoint', id: 'x' }] },
    ],
    ['a parent that is itself', team('a', 'a')],
    [
      'a fraction',
      { uid: { type: 'Endpoint', id: 'a' }, attrs: { sensitivity: 0.5 }, parents: [] },
    ],
    ['no shape at all', null as unknown as Entity],
  ];
  for (const [what, entity] of unfit)
    it(`are refused with ${what}`, async () => {
      const access = await createMemoryAccess();
      const refusal = await access.putEntity(entity);
      assert.ok(isRefusal(refusal));
      assert.equal(refusal.error.code, 'E_ENTITY_INVALID');
      assert.deepEqual(access.listEntities(), []);
    });

  it('never form a cycle, however long', async () => {
    const access = await createMemoryAccess({ entities: [team('a', 'b'), team('b', 'c')] });
    assert.ok(isRefusal(await access.putEntity(team('c', 'a'))));
    assert.equal(await access.putEntity(team('c', 'd')), undefined);
    assert.ok(access.isIn({ type: 'Team', id: 'a' }, { type: 'Team', id: 'd' }));
    assert.ok(access.isIn({ type: 'Team', id: 'd' }, { type: 'Team', id: 'd' }));
    assert.ok(!access.isIn({ type: 'Team', id: 'd' }, { type: 'Team', id: 'a' }));
  });

  it('are given back in explicit notation', async () => {
    const access = await createMemoryAccess();
    const uid = { type: 'Endpoint', id: 'e' };
    const attrs = { allowedRoles: [{ type: 'Role', id: 'r' }], sensitivity: 9007199254740993n };
    await access.putEntity({ uid, attrs, parents: [] });
    assert.deepEqual(access.getEntity(uid)?.attrs, {
      allowedRoles: [{ __entity: { type: 'Role', id: 'r' } }],
      sensitivity: 9007199254740993n,
    });
  });

  it('are listed by type and name, page by page', async () => {
    const access = await createMemoryAccess({ entities });
    const ids = (filter: Parameters<typeof access.listEntities>[0]) =>
      access.listEntities(filter).map(({ uid }) => uid.id);
    assert.deepEqual(ids({ type: 'Endpoint' }), ['closed', 'digits', 'guests', 'open']);
    assert.deepEqual(ids({ type: 'Endpoint', limit: 2 }), ['closed', 'digits']);
    assert.deepEqual(ids({ type: 'Endpoint', after: { type: 'Endpoint', id: 'digits' } }), [
      'guests',
      'open',
    ]);
    assert.equal(ids({}).length, entities.length);
  });

  it('tell listeners what changed, after it is in force', async () => {
    const access = await createMemoryAccess({ entities });
    const heard: AccessChange[] = [];
    const stop = access.onChange((change) => {
      heard.push(change);
      assert.equal(
        access.decide(ask('User::new', 'policy:read System::sallyport')).decision,
        'allow',
      );
      throw new Error('a broken listener harms nobody');
    });
    const uid = { type: 'User', id: 'new' };
    await access.putEntity({ uid, attrs: {}, parents: [{ type: 'Role', id: 'auditor' }] });
    assert.deepEqual(heard, [{ kind: 'entities', revision: access.revision(), changed: [uid] }]);
    stop();
    assert.equal(await access.removeEntity(uid), true);
    assert.equal(await access.removeEntity(uid), false);
    assert.equal(heard.length, 1);
  });
});

describe('replicas', () => {
  it('hear of entities put, changed and removed by another', async () => {
    const store = createMemoryStore();
    const [here, there] = [
      await createMemoryAccess({ store }),
      await createMemoryAccess({ store }),
    ];
    const uid = { type: 'User', id: 'u' };
    const may = () => there.decide(ask('User::u', 'policy:read System::sallyport')).decision;
    await here.putEntity({ uid, attrs: {}, parents: [{ type: 'Role', id: 'auditor' }] });
    assert.equal(may(), 'deny');
    await there.refresh();
    assert.equal(may(), 'allow');
    await here.removeEntity(uid);
    await there.refresh();
    assert.equal(may(), 'deny');
    assert.equal(there.getEntity(uid), undefined);
  });

  it('cannot close a cycle between them', async () => {
    const store = createMemoryStore();
    const [here, there] = [
      await createMemoryAccess({ store }),
      await createMemoryAccess({ store }),
    ];
    const answers = await Promise.all([
      here.putEntity(team('a', 'b')),
      there.putEntity(team('b', 'a')),
    ]);
    assert.equal(answers.filter((answer) => isRefusal(answer)).length, 1);
  });

  it('write at the same time without losing a change', async () => {
    const store = createMemoryStore();
    const open = () => createMemoryAccess({ store });
    const replicas = [await open(), await open()] as const;
    const [here, there] = replicas;
    const puts = Array.from({ length: 40 }, (_, i) =>
      (i % 2 === 0 ? here : there).putEntity(team(`t${i}`)),
    );
    for (const answer of await Promise.all(puts)) assert.equal(answer, undefined);
    for (const replica of replicas) {
      await replica.refresh();
      assert.equal(replica.listEntities().length, 40);
    }
  });
});
