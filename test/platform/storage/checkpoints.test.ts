/** The write-ahead log of SQLite is moved by a thread of its own, and at commits when that fails. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Checkpoints, startCheckpoints } from '../../../src/platform/storage/checkpoints.ts';
import { openSqlite } from '../../../src/platform/storage/sqlite.ts';

type Opened = {
  readonly database: DatabaseSync;
  readonly checkpoints: Checkpoints;
  readonly warnings: readonly string[];
};

/** @param threadPath what the thread opens, relative to the directory of the database */
const inDirectory = async (threadPath: string, use: (opened: Opened) => Promise<void>) => {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-checkpoints-'));
  const database = openSqlite(join(directory, 'test.db'));
  const warnings: string[] = [];
  const log = { warn: (_: unknown, message: string): void => void warnings.push(message) };
  const checkpoints = startCheckpoints({ database, path: join(directory, threadPath), log });
  try {
    database.exec('create table t (value blob) strict');
    await use({ database, checkpoints, warnings });
  } finally {
    await checkpoints.close();
    database.close();
    await rm(directory, { recursive: true });
  }
};

const fill = (database: DatabaseSync, pages: number): void => {
  for (let i = 0; i < pages / 100; i++) database.exec('insert into t values (zeroblob(400000))');
};

const waiting = (database: DatabaseSync): number => {
  const row = database.prepare('pragma wal_checkpoint(noop)').get();
  return Number(row?.['log']) - Number(row?.['checkpointed']);
};

const bound = (database: DatabaseSync): unknown =>
  database.prepare('pragma wal_autocheckpoint').get()?.['wal_autocheckpoint'];

describe('checkpoints of SQLite', () => {
  it('moves a log that is worth it, and no commit does', () =>
    inDirectory('test.db', async ({ database, checkpoints, warnings }) => {
      fill(database, 3_000);
      assert.ok(waiting(database) >= 3_000, `${waiting(database)} pages wait`);
      await checkpoints.look();
      assert.equal(waiting(database), 0);
      assert.deepEqual(warnings, []);
    }));

  it('leaves a short log alone', () =>
    inDirectory('test.db', async ({ database, checkpoints }) => {
      fill(database, 500);
      const before = waiting(database);
      await checkpoints.look();
      assert.equal(waiting(database), before);
    }));

  it('does not look from within a transaction', () =>
    inDirectory('test.db', async ({ database, checkpoints, warnings }) => {
      database.exec('begin immediate');
      fill(database, 3_000);
      await checkpoints.look();
      database.exec('commit');
      assert.ok(waiting(database) >= 2_000, `${waiting(database)} pages wait`);
      assert.deepEqual(warnings, []);
    }));

  it('lets commits do it again when the thread fails, and says so once', () =>
    inDirectory('absent/test.db', async ({ database, checkpoints, warnings }) => {
      fill(database, 3_000);
      await checkpoints.look();
      assert.equal(warnings.length, 1);
      assert.equal(bound(database), 1_000);
    }));
});
