/** Storage contract: values come back as they went in, or are refused on every engine. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import { codeOf, type WithItems } from './contract-tables.ts';

export const valuesContract = (withItems: WithItems): void => {
  it('gives back every value as it was stored', () =>
    withItems(async (db) => {
      const rows = [
        { id: 'a', amount: Number.MAX_SAFE_INTEGER, ratio: 0.1, bytes: new Uint8Array([0, 255]) },
        { id: 'ä🜁\n"\'', amount: 0, ratio: -1.5e-300, bytes: new Uint8Array(0) },
        { id: '', amount: 1_780_000_000_000, ratio: 5, bytes: null },
      ];
      await db.insertInto('items').values(rows).execute();
      const read = await db.selectFrom('items').selectAll().orderBy('id').execute();
      const byId = rows
        .map((row) => ({ ...row, note: '' }))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
      assert.deepEqual(read, byId);
      assert.equal(Object.getPrototypeOf(read[0]), Object.prototype);
      assert.equal(read[1]?.bytes?.constructor, Uint8Array);
    }));

  it('sorts text by its bytes and matches LIKE by case', () =>
    withItems(async (db) => {
      for (const id of ['b', 'B', 'a', '_', 'ä', 'Z'])
        await db.insertInto('items').values({ id, amount: 1 }).execute();
      const sorted = await db.selectFrom('items').select('id').orderBy('id').execute();
      assert.deepEqual(
        sorted.map(({ id }) => id),
        ['B', 'Z', '_', 'a', 'b', 'ä'],
      );
      const like = await db.selectFrom('items').select('id').where('id', 'like', 'b%').execute();
      assert.deepEqual(like, [{ id: 'b' }]);
    }));

  it('counts, sums, compares and divides in whole numbers', () =>
    withItems(async (db) => {
      await db
        .insertInto('items')
        .values([
          { id: 'a', amount: 5 },
          { id: 'b', amount: 2 },
        ])
        .execute();
      const row = await db
        .selectFrom('items')
        .select(({ fn }) => [fn.countAll().as('count'), fn.sum('amount').as('sum')])
        .select([sql`max(amount) > 3`.as('large'), sql`sum(amount) / ${2}`.as('half')])
        .executeTakeFirst();
      assert.deepEqual(row, { count: 2, sum: 7, large: 1, half: row?.half });
      const halves = await db
        .selectFrom('items')
        .select(sql`amount / ${2}`.as('half'))
        .orderBy('id')
        .execute();
      assert.deepEqual(halves, [{ half: 2 }, { half: 1 }]);
    }));
};

export const refusedValuesContract = (withItems: WithItems): void => {
  const refusedValues: readonly (readonly [string, unknown])[] = [
    ['text with NUL', 'a\0b'],
    ['half a surrogate pair', '\ud800'],
    ['an undefined value', undefined],
    ['an object', {}],
    ['a date', new Date(0)],
  ];
  for (const [what, value] of refusedValues) {
    it(`refuses ${what}`, () =>
      withItems(async (db) => {
        const query = sql`insert into items (id, amount) values (${value}, 1)`;
        await assert.rejects(query.execute(db), codeOf('E_STORAGE_VALUE'));
      }));
  }

  for (const amount of [Number.NaN, Infinity, 2 ** 53, 2n ** 63n]) {
    it(`refuses the number ${amount}`, () =>
      withItems(async (db) => {
        const query = sql`insert into items (id, amount) values ('a', ${amount})`;
        await assert.rejects(query.execute(db), codeOf('E_STORAGE_VALUE'));
      }));
  }

  it('refuses to read an integer that JavaScript would round', () =>
    withItems(async (db) => {
      await sql`insert into items (id, amount) values ('a', 9007199254740993)`.execute(db);
      await assert.rejects(db.selectFrom('items').selectAll().execute(), codeOf('E_STORAGE_VALUE'));
    }));

  it('refuses text in a number column', () =>
    withItems(async (db) => {
      await assert.rejects(sql`insert into items (id, amount) values ('a', ${'many'})`.execute(db));
    }));
};
