/** Several nodes on a real PostgreSQL and a real Valkey. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { budgetMigrations } from '../../../src/domains/budgets/index.ts';
import { openCache } from '../../../src/platform/cache/index.ts';
import { openStorage } from '../../../src/platform/storage/index.ts';
import { replicasContract } from './replicas.ts';
import { openWorld } from './world.ts';

const postgres = process.env['SALLYPORT_TEST_POSTGRES_URL'];
const valkey = process.env['SALLYPORT_TEST_VALKEY_URL'];
const skip =
  postgres === undefined || valkey === undefined
    ? 'SALLYPORT_TEST_POSTGRES_URL or SALLYPORT_TEST_VALKEY_URL is not set'
    : false;

const inSchema = async (statement: string): Promise<void> => {
  const storage = await openStorage({ url: postgres ?? '', dataDir: '.', log: { warn: () => {} } });
  await sql.raw(statement).execute(storage.database());
  await storage.close();
};

replicasContract('PostgreSQL and Valkey', {
  skip,
  open: async () => {
    const schema = `sallyport_test_${randomBytes(8).toString('hex')}`;
    await inSchema(`create schema ${schema}`);
    const url = new URL(postgres ?? '');
    url.searchParams.set('options', `-c search_path=${schema}`);
    const storage = await openStorage({ url: url.href, dataDir: '.', log: { warn: () => {} } });
    await storage.migrate(budgetMigrations);
    const cache = await openCache({ url: valkey ?? '' });
    const world = await openWorld({ storage, cache }, true);
    return { world, dispose: () => inSchema(`drop schema ${schema} cascade`) };
  },
});
