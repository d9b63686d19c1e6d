/** Storage contract: migrations run once, in order, all or nothing, and notice drift. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import type { Migration } from '../../../src/platform/storage/index.ts';
import { codeOf, type ContractEngine, itemsMigration, type Reopen } from './contract-tables.ts';

const second = (statement: string): Migration => ({
  id: '0002-contract-more',
  up: async (db) => {
    await sql.raw(statement).execute(db);
  },
});
const more = second('create table more (id text)');
type Started = (use: (reopen: Reopen) => Promise<void>) => Promise<void>;

const startedOn =
  (engine: ContractEngine): Started =>
  async (use) => {
    const { reopen, dispose } = await engine.fresh();
    try {
      await use(reopen);
    } finally {
      await dispose();
    }
  };
const migrateOnce = async (reopen: Reopen, migrations: readonly Migration[]): Promise<void> => {
  const storage = await reopen();
  try {
    await storage.migrate(migrations);
  } finally {
    await storage.close();
  }
};

export const migrationsContract = (engine: ContractEngine): void => {
  const started = startedOn(engine);
  it('applies each migration once over restarts, and new ones later', () =>
    started(async (reopen) => {
      await migrateOnce(reopen, [itemsMigration]);
      await migrateOnce(reopen, [itemsMigration]);
      await migrateOnce(reopen, [more, itemsMigration]);
    }));

  it('migrates once when several start at the same time', () =>
    started(async (reopen) => {
      await Promise.all(
        Array.from({ length: 4 }, () => migrateOnce(reopen, [itemsMigration, more])),
      );
    }));

  const misfits: readonly (readonly [string, readonly Migration[], RegExp])[] = [
    [
      'a changed migration',
      [itemsMigration, second('create table other (id text)')],
      /0002.*changed/,
    ],
    ['a database from a newer program', [itemsMigration], /0002.*does not know/],
    [
      'a late migration',
      [itemsMigration, more, { ...more, id: '0001-late' }],
      /0001-late sorts before/,
    ],
    ['the same migration twice', [itemsMigration, more, more], /declared twice/],
    ['a malformed id', [itemsMigration, more, { ...more, id: '3-x' }], /malformed/],
  ];
  for (const [what, migrations, message] of misfits) {
    it(`refuses ${what}`, () =>
      started(async (reopen) => {
        await migrateOnce(reopen, [itemsMigration, more]);
        await assert.rejects(migrateOnce(reopen, migrations), (failure: unknown) => {
          codeOf('E_STORAGE_MIGRATION')(failure);
          assert.match((failure as Error).message, message);
          return true;
        });
        await migrateOnce(reopen, [itemsMigration, more]);
      }));
  }

  it('keeps nothing of a run in which a later migration fails', () =>
    started(async (reopen) => {
      const broken = second('insert into missing values (1)');
      await assert.rejects(migrateOnce(reopen, [itemsMigration, broken]));
      await migrateOnce(reopen, [itemsMigration, more]);
    }));

  it('refuses column types that differ between databases', () =>
    started(async (reopen) => {
      const migration: Migration = {
        id: '0001-odd',
        up: (db) => db.schema.createTable('odd').addColumn('at', 'timestamp').execute(),
      };
      await assert.rejects(migrateOnce(reopen, [migration]), codeOf('E_STORAGE_MIGRATION'));
    }));
};
