/** Storage contract: changes, their failures and transactions. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import { isUniqueViolation } from '../../../src/platform/storage/index.ts';
import { codeOf, type Tables, type WithItems } from './contract-tables.ts';

export const failuresContract = (withItems: WithItems): void => {
  const conflicts: readonly (readonly [string, string])[] = [
    ['unique', `insert into items (id, amount) values ('a', 2)`],
    ['check', `insert into items (id, amount) values ('b', -1)`],
    ['not-null', `insert into items (id, amount) values ('b', null)`],
    ['foreign-key', `insert into parts (id, item_id) values ('p', 'missing')`],
  ];
  for (const [rule, statement] of conflicts) {
    it(`names the ${rule} rule a change breaks`, () =>
      withItems(async (db) => {
        await db.insertInto('items').values({ id: 'a', amount: 1 }).execute();
        await assert.rejects(sql.raw(statement).execute(db), (failure: unknown) => {
          codeOf('E_STORAGE_CONFLICT')(failure);
          assert.equal((failure as { data: { rule: string } }).data.rule, rule);
          return isUniqueViolation(failure) === (rule === 'unique');
        });
      }));
  }

  it('says how many rows a change touched, with and without returning', () =>
    withItems(async (db) => {
      const values = ['a', 'b', 'c'].map((id) => ({ id, amount: 1 }));
      const inserted = await db.insertInto('items').values(values).executeTakeFirst();
      assert.equal(inserted.numInsertedOrUpdatedRows, 3n);
      const updated = await db
        .updateTable('items')
        .set({ amount: 2 })
        .where('id', '>', 'a')
        .executeTakeFirst();
      assert.equal(updated.numUpdatedRows, 2n);
      const returned = await db
        .updateTable('items')
        .set({ amount: 3 })
        .where('amount', '=', 2)
        .returning('id')
        .execute();
      assert.deepEqual(returned.map(({ id }) => id).toSorted(), ['b', 'c']);
      const none = await db
        .updateTable('items')
        .set({ amount: 9 })
        .where('id', '=', 'z')
        .executeTakeFirst();
      assert.equal(none.numUpdatedRows, 0n);
      const deleted = await db.deleteFrom('items').executeTakeFirst();
      assert.equal(deleted.numDeletedRows, 3n);
    }));

  it('upserts and keeps what is there on conflict do nothing', () =>
    withItems(async (db) => {
      const put = (amount: number) =>
        db
          .insertInto('items')
          .values({ id: 'a', amount })
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ amount }))
          .execute();
      await put(1);
      await put(2);
      const kept = await db
        .insertInto('items')
        .values({ id: 'a', amount: 3 })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      assert.equal(kept.numInsertedOrUpdatedRows, 0n);
      const row = await db.selectFrom('items').select('amount').executeTakeFirst();
      assert.deepEqual(row, { amount: 2 });
    }));
};

export const transactionsContract = (withItems: WithItems): void => {
  it('keeps nothing of a transaction that throws', () =>
    withItems(async (db) => {
      const work = db.transaction().execute(async (transaction) => {
        await transaction.insertInto('items').values({ id: 'a', amount: 1 }).execute();
        throw new Error('changed my mind');
      });
      await assert.rejects(work, /changed my mind/);
      assert.deepEqual(await db.selectFrom('items').selectAll().execute(), []);
    }));

  it('keeps nothing of a transaction that swallowed a failed statement', () =>
    withItems(async (db) => {
      const work = db.transaction().execute(async (transaction) => {
        await transaction.insertInto('items').values({ id: 'a', amount: 1 }).execute();
        const again = transaction.insertInto('items').values({ id: 'a', amount: 1 }).execute();
        await again.catch(() => {});
      });
      await assert.rejects(work, codeOf('E_STORAGE_ABORTED'));
      assert.deepEqual(await db.selectFrom('items').selectAll().execute(), []);
      await db.insertInto('items').values({ id: 'b', amount: 1 }).execute();
    }));

  it('refuses statements after a failed one in the same transaction', () =>
    withItems(async (db) => {
      const work = db.transaction().execute(async (transaction) => {
        await sql`select missing from items`.execute(transaction).catch(() => {});
        await transaction.selectFrom('items').selectAll().execute();
      });
      await assert.rejects(work, codeOf('E_STORAGE_ABORTED'));
    }));

  it('never loses an update among parallel read-and-write transactions', () =>
    withItems(async (db, storage) => {
      await db.insertInto('items').values({ id: 'a', amount: 0 }).execute();
      const increment = () =>
        db.transaction().execute(async (transaction) => {
          const read = transaction.selectFrom('items').select('amount');
          const locked = storage.kind === 'postgres' ? read.forUpdate() : read;
          const { amount } = await locked.executeTakeFirstOrThrow();
          await new Promise(setImmediate);
          await transaction
            .updateTable('items')
            .set({ amount: amount + 1 })
            .execute();
        });
      await Promise.all(Array.from({ length: 20 }, increment));
      const row = await db.selectFrom('items').select('amount').executeTakeFirst();
      assert.deepEqual(row, { amount: 20 });
    }));

  it('compares and sets atomically: a guarded update never overshoots', () =>
    withItems(async (db) => {
      await db.insertInto('items').values({ id: 'a', amount: 0 }).execute();
      const take = async (want: number): Promise<number> => {
        const taken = await db
          .updateTable('items')
          .set({ amount: sql<number>`amount + ${want}` })
          .where(sql<boolean>`amount + ${want} <= ${100}`)
          .executeTakeFirst();
        return taken.numUpdatedRows === 1n ? want : 0;
      };
      const taken = await Promise.all(Array.from({ length: 40 }, (_, i) => take((i % 7) + 1)));
      const total = taken.reduce((sum, amount) => sum + amount, 0);
      const row = await db.selectFrom('items').select('amount').executeTakeFirst();
      assert.deepEqual(row, { amount: total });
      assert.ok(total <= 100 && total > 93, `took ${total}`);
    }));
};

export const derivedContract = (withItems: WithItems): void => {
  it('keeps a derived transaction whole, and waits for the disk again after it', () =>
    withItems(async (_, storage) => {
      await storage.derived<Tables, void>(async (trx) => {
        await trx.insertInto('items').values({ id: 'a', amount: 1 }).execute();
      });
      const broken = storage.derived<Tables, void>(async (trx) => {
        await trx.insertInto('items').values({ id: 'b', amount: 1 }).execute();
        throw new Error('changed my mind');
      });
      await assert.rejects(broken, /changed my mind/);
      const kept = await storage.database<Tables>().selectFrom('items').select('id').execute();
      assert.deepEqual(kept, [{ id: 'a' }]);
      const setting =
        storage.kind === 'sqlite' ? sql`pragma synchronous` : sql`show synchronous_commit`;
      const { rows } = await setting.execute(storage.database());
      const full = storage.kind === 'sqlite' ? { synchronous: 2 } : { synchronous_commit: 'on' };
      assert.deepEqual(rows, [full]);
    }));
};
