/** The storage contract on SQLite, and what only SQLite promises. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sql } from 'kysely';
import {
  openMemoryStorage,
  openStorage,
  type Storage,
} from '../../../src/platform/storage/index.ts';
import { storageOf } from '../../../src/platform/storage/open-storage.ts';
import { openSqlite, sqliteDialect } from '../../../src/platform/storage/sqlite.ts';
import { migrationChecksum } from '../../../src/platform/storage/migration-checksum.ts';
import { itemsMigration } from './contract-tables.ts';
import { storageContract } from './contract.ts';

const log = { warn: () => {} };
const open = (dataDir: string, url = 'sqlite:'): Promise<Storage> =>
  openStorage({ url, dataDir, log });

const inDirectory = async (use: (directory: string) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-storage-'));
  try {
    await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
};

storageContract('SQLite', {
  fresh: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sallyport-storage-'));
    return {
      reopen: () => open(directory),
      dispose: () => rm(directory, { recursive: true }),
    };
  },
});

describe('SQLite storage', () => {
  it('keeps its files from other users', () =>
    inDirectory(async (directory) => {
      const dataDir = join(directory, 'data');
      const storage = await open(dataDir);
      await storage.migrate([itemsMigration]);
      assert.equal((await stat(dataDir)).mode & 0o777, 0o700);
      for (const file of ['sallyport.db', 'sallyport.db-wal', 'sallyport.db-shm'])
        assert.equal((await stat(join(dataDir, file))).mode & 0o777, 0o600, file);
      await storage.close();
    }));

  it('commits to disk before it answers, in WAL and defensive mode', () =>
    inDirectory(async (directory) => {
      const storage = await open(directory);
      const db = storage.database();
      const pragma = async (name: string): Promise<unknown> => {
        const { rows } = await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(db);
        return Object.values(rows[0] ?? {})[0];
      };
      assert.equal(await pragma('journal_mode'), 'wal');
      assert.equal(await pragma('synchronous'), 2);
      assert.equal(await pragma('foreign_keys'), 1);
      await assert.rejects(sql`update sqlite_schema set name = 'x'`.execute(db));
      await storage.close();
    }));

  it('ends a wait for its own open transaction with a clear error', async () => {
    const storage = storageOf('sqlite', sqliteDialect(openSqlite(':memory:'), 20));
    const db = storage.database<{ t: { a: number } }>();
    const nested = db.transaction().execute(() => sql`select 1`.execute(db));
    await assert.rejects(nested, { code: 'E_STORAGE_CONTENDED' });
    await sql`select 1`.execute(db);
    await storage.close();
  });

  it('keeps reading right after the schema changed under a cached statement', async () => {
    const storage = await openMemoryStorage([itemsMigration]);
    const db = storage.database();
    const read = () => sql`select * from items`.execute(db);
    await sql`insert into items (id, amount) values ('a', 1)`.execute(db);
    await read();
    await sql`alter table items add column late text`.execute(db);
    assert.ok('late' in ((await read()).rows[0] as object));
    await storage.close();
  });
});

describe('SQLite storage, odd openings', () => {
  it('refuses a file that is no database', () =>
    inDirectory(async (directory) => {
      await writeFile(join(directory, 'sallyport.db'), 'something else entirely'.repeat(100));
      await assert.rejects(open(directory), { code: 'E_STORAGE_CORRUPT' });
    }));

  it('refuses a place it cannot write', async () => {
    await assert.rejects(open('.', 'sqlite:/dev/null/none'), { code: 'E_STORAGE_UNAVAILABLE' });
  });

  it('refuses an unknown address without repeating it', async () => {
    await assert.rejects(open('.', 'mysql://me:secret@host/db'), (failure: Error) => {
      assert.equal((failure as { code?: string }).code, 'E_STORAGE_URL');
      return !failure.message.includes('secret');
    });
  });

  it('closes twice without complaint', async () => {
    const storage = await openMemoryStorage();
    await storage.close();
    await storage.close();
  });

  it('knows a migration by its SQL, not by how it is written', async () => {
    // Pinned: if an upgrade of the query builder changes the SQL it writes, every database in the
    // field would be refused. This test is where that shows first.
    const checksums = await Promise.all([
      migrationChecksum(itemsMigration, 'sqlite'),
      migrationChecksum(
        { ...itemsMigration, up: async (db, kind) => itemsMigration.up(db, kind) },
        'sqlite',
      ),
      migrationChecksum(itemsMigration, 'postgres'),
    ]);
    assert.deepEqual(checksums, [
      '53a133fc56f89261664890061f56425fa182f44ccde0b28d3b74e976f24de472',
      '53a133fc56f89261664890061f56425fa182f44ccde0b28d3b74e976f24de472',
      '73457f4d5421bceeb80847a7a86f688cea1a448cd8eb361bc2ab40324209963b',
    ]);
  });
});
