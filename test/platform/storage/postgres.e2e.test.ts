/** The storage contract on a real PostgreSQL, each test in a schema of its own, dropped after. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { sql } from 'kysely';
import { openStorage, type Storage } from '../../../src/platform/storage/index.ts';
import { itemsMigration } from './contract-tables.ts';
import { storageContract } from './contract.ts';

const address = process.env['SALLYPORT_TEST_POSTGRES_URL'];
const skip = address === undefined ? 'SALLYPORT_TEST_POSTGRES_URL is not set' : false;
const log = { warn: () => {} };
const open = (url: string): Promise<Storage> => openStorage({ url, dataDir: '.', log });

const withOptions = (url: string, schema: string): string => {
  const changed = new URL(url);
  changed.searchParams.set('options', `-c search_path=${schema}`);
  return changed.href;
};

const administer = async (statement: string): Promise<void> => {
  const admin = await open(address ?? '');
  try {
    await sql.raw(statement).execute(admin.database());
  } finally {
    await admin.close();
  }
};

const freshSchema = async () => {
  const schema = `sallyport_test_${randomBytes(8).toString('hex')}`;
  await administer(`create schema ${schema}`);
  return {
    reopen: () => open(withOptions(address ?? '', schema)),
    dispose: () => administer(`drop schema ${schema} cascade`),
  };
};

storageContract('PostgreSQL', { fresh: freshSchema, skip });

/** A relay that can cut what goes through it, as a failing network does. */
const startRelay = async (target: URL) => {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    keep(client);
    keep(upstream);
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  const close = (): void => {
    server.close();
    cut();
  };
  return { port, cut, close };
};

describe('PostgreSQL storage', { skip }, () => {
  it('says so when the connection is lost in a transaction, and recovers', async () => {
    const { dispose, reopen } = await freshSchema();
    const direct = await reopen();
    await direct.migrate([itemsMigration]);
    const relay = await startRelay(new URL(address ?? ''));
    const url = new URL(address ?? '');
    url.port = String(relay.port);
    const storage = await open(url.href);
    const db = storage.database();
    const work = db.transaction().execute(async (transaction) => {
      await sql`select 1`.execute(transaction);
      relay.cut();
      await sql`select 1`.execute(transaction);
    });
    await assert.rejects(work, { code: 'E_STORAGE_UNAVAILABLE' });
    await sql`select 1`.execute(db);
    relay.close();
    await assert.rejects(sql`select 1`.execute(db), { code: 'E_STORAGE_UNAVAILABLE' });
    await storage.close();
    await direct.close();
    await dispose();
  });

  it('survives the loss of an idle connection', async () => {
    const relay = await startRelay(new URL(address ?? ''));
    const url = new URL(address ?? '');
    url.port = String(relay.port);
    const storage = await open(url.href);
    relay.cut();
    await new Promise((resolve) => setImmediate(resolve));
    const attempts = [1, 2, 3].map(() => sql`select 1`.execute(storage.database()));
    await Promise.allSettled(attempts);
    await sql`select 1`.execute(storage.database());
    await storage.close();
    relay.close();
  });
});

describe('PostgreSQL storage without a server', () => {
  it('says that nobody answers', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(open(`postgres://me:secret@127.0.0.1:${port}/db`), (failure: Error) => {
      assert.equal((failure as { code?: string }).code, 'E_STORAGE_UNAVAILABLE');
      return !JSON.stringify([failure.message, failure]).includes('secret');
    });
  });
});
