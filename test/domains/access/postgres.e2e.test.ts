/** Access over a real PostgreSQL: two replicas with a connection pool each. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { openStorage, type Storage } from '../../../src/platform/storage/index.ts';
import { accessContract } from './over-storage.ts';

const address = process.env['SALLYPORT_TEST_POSTGRES_URL'];
const skip = address === undefined ? 'SALLYPORT_TEST_POSTGRES_URL is not set' : false;
const log = { warn: () => undefined };
const open = (url: string): Promise<Storage> => openStorage({ url, dataDir: '.', log });

const administer = async (statement: string): Promise<void> => {
  const admin = await open(address ?? '');
  await sql.raw(statement).execute(admin.database());
  await admin.close();
};

accessContract('PostgreSQL', {
  skip,
  fresh: async (context) => {
    const schema = `sallyport_access_${randomBytes(8).toString('hex')}`;
    await administer(`create schema ${schema}`);
    const url = new URL(address ?? '');
    url.searchParams.set('options', `-c search_path=${schema}`);
    const replicas = [await open(url.href), await open(url.href)] as const;
    context.after(async () => {
      await Promise.all(replicas.map((storage) => storage.close()));
      await administer(`drop schema ${schema} cascade`);
    });
    return replicas;
  },
});
