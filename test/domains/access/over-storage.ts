/** What access keeps in a database and how replicas over one database behave; for every engine. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  type Access,
  accessMigrations,
  createAccess,
  type Entity,
} from '../../../src/domains/access/index.ts';
import { fakeClock } from '../../../src/kernel/effects.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import type { Storage } from '../../../src/platform/storage/index.ts';
import { admin, ask, entities, permitAll } from './world.ts';

export type Databases = {
  /** An empty database, opened twice as two replicas would. */
  readonly fresh: (context: TestContext) => Promise<readonly [Storage, Storage]>;
  readonly skip: string | false;
};

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const clock = fakeClock();
const question = ask('User::nobody', 'infer Endpoint::closed');
const team = (id: string, ...parents: string[]): Entity => ({
  uid: { type: 'Team', id },
  attrs: {},
  parents: parents.map((parent) => ({ type: 'Team', id: parent })),
});

/** Two replicas over one database, closed with the test. */
const openReplicas = async (
  context: TestContext,
  databases: Databases,
): Promise<readonly [Access, Access, () => Promise<Access>]> => {
  const [here, there] = await databases.fresh(context);
  await here.migrate(accessMigrations);
  const open = async (storage: Storage): Promise<Access> => {
    const access = await createAccess({ storage, clock, log: silent, pollMs: 0 });
    context.after(() => access.close());
    return access;
  };
  return [await open(here), await open(there), () => open(here)];
};

/** Runs the contract on one kind of database. */
export const accessContract = (name: string, databases: Databases): void => {
  describe(`access over ${name}`, { skip: databases.skip }, () => {
    it('keeps entities over a restart, digit by digit', async (context) => {
      const [access, , reopen] = await openReplicas(context, databases);
      for (const entity of entities) assert.equal(await access.putEntity(entity), undefined);
      const uid = { type: 'Endpoint', id: 'exact' };
      await access.putEntity({ uid, attrs: { sensitivity: -9007199254740993n }, parents: [] });
      const again = await reopen();
      assert.deepEqual(again.listEntities(), access.listEntities());
      assert.equal(again.getEntity(uid)?.attrs['sensitivity'], -9007199254740993n);
    });

    it('shows what one replica changes and removes to the other', async (context) => {
      const [here, there] = await openReplicas(context, databases);
      const uid = { type: 'User', id: 'u' };
      const may = () => there.decide(ask('User::u', 'policy:read System::sallyport')).decision;
      await here.putEntity({ uid, attrs: {}, parents: [{ type: 'Role', id: 'auditor' }] });
      await there.refresh();
      assert.equal(may(), 'allow');
      await here.removeEntity(uid);
      await there.refresh();
      assert.equal(may(), 'deny');
      assert.equal(await there.removeEntity(uid), false);
    });

    it('loses nothing and closes no cycle when replicas write at once', async (context) => {
      const [here, there] = await openReplicas(context, databases);
      const answers = await Promise.all([
        here.putEntity(team('a', 'b')),
        there.putEntity(team('b', 'a')),
        ...Array.from({ length: 10 }, (_, i) => here.putEntity(team(`h${i}`))),
        ...Array.from({ length: 10 }, (_, i) => there.putEntity(team(`t${i}`))),
      ]);
      assert.equal(answers.filter((answer) => isRefusal(answer)).length, 1);
      await Promise.all([here.refresh(), there.refresh()]);
      assert.equal(here.listEntities().length, 21);
      assert.deepEqual(there.listEntities(), here.listEntities());
    });

    it('keeps replaced policies over a restart, one version after the other', async (context) => {
      const [here, there, reopen] = await openReplicas(context, databases);
      assert.equal(here.decide(question).decision, 'deny');
      orThrow(await here.policies.replace({ files: permitAll, actor: admin }));
      await there.refresh();
      assert.equal(there.decide(question).decision, 'allow');
      const second = await there.policies.replace({ files: [], actor: admin, expectedVersion: 1 });
      assert.equal(orThrow(second).version, 2);
      const again = await reopen();
      assert.deepEqual(again.policies.list(), there.policies.list());
      assert.equal(again.decide(question).decision, 'deny');
    });
  });
};
