/** What depends on the database holds on a real PostgreSQL too: index, positions, erasure, two nodes. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { sql } from 'kysely';
import { ledgerMigrations } from '../../../src/domains/ledger/index.ts';
import { createSubjectKeys } from '../../../src/domains/ledger/personal/subject-keys.ts';
import { createIndexStore } from '../../../src/domains/ledger/store.ts';
import { systemClock, systemRandom } from '../../../src/kernel/effects.ts';
import { openStorage, type Storage } from '../../../src/platform/storage/index.ts';
import { decisionOf, decisive, outcomeOf } from './events.ts';
import { withLedger } from './test-ledger.ts';

const address = process.env['SALLYPORT_TEST_POSTGRES_URL'];
const skip = address === undefined ? 'SALLYPORT_TEST_POSTGRES_URL is not set' : false;

const open = (schema?: string): Promise<Storage> => {
  const url = new URL(address ?? '');
  if (schema !== undefined) url.searchParams.set('options', `-c search_path=${schema}`);
  return openStorage({ url: url.href, dataDir: '.', log: { warn: () => {} } });
};

const administer = async (statement: string): Promise<void> => {
  const admin = await open();
  await sql.raw(statement).execute(admin.database());
  await admin.close();
};

const withPostgres = async (test: (storage: Storage) => Promise<void>): Promise<void> => {
  const schema = `sallyport_ledger_${randomBytes(8).toString('hex')}`;
  await administer(`create schema ${schema}`);
  const storage = await open(schema);
  try {
    await storage.migrate(ledgerMigrations);
    await test(storage);
  } finally {
    await storage.close();
    await administer(`drop schema ${schema} cascade`);
  }
};

describe('the ledger on PostgreSQL', { skip }, () => {
  it('indexes, queries, rebuilds and reports as on SQLite', () =>
    withPostgres((storage) =>
      withLedger(async (given) => {
        const first = await given.open({ storage });
        await first.append(decisive(1, { principal: 'a\u0000b' }));
        await first.append({ class: 'decisive', ocsf: outcomeOf(1) });
        await first.append(decisive(2, { decision: 'deny' }));
        await first.append(decisive(3));
        const rows = await first.query({ limit: 10 });
        assert.deepEqual(
          rows.map(({ index, decision, timeMs }) => [index, decision, timeMs]),
          [
            [3, 'allow', decisionOf(3).time],
            [2, 'deny', decisionOf(2).time],
            [1, null, outcomeOf(1).time],
            [0, 'allow', decisionOf(1).time],
          ],
        );
        assert.equal(rows[3]?.principal, 'Service::a\ufffdb');
        assert.equal(await first.reindex(), 4);
        assert.deepEqual(await first.query({ limit: 10 }), rows);
        await first.close();
        const second = await given.open({ storage });
        const found = await second.reportUnfinished();
        assert.deepEqual(
          found.map(({ index }) => index),
          [3],
        );
        await second.close();
      }),
    ));

  it('erases a subject for every node', () =>
    withPostgres((storage) =>
      withLedger(async (given) => {
        const ledger = await given.open({ storage });
        const personal = { subject: 'alice', fields: { email: 'alice@example.org' } };
        await ledger.append({ class: 'decisive', ocsf: decisionOf(1), personal });
        assert.deepEqual(await ledger.personal(0), personal.fields);
        await ledger.eraseSubject('alice');
        assert.equal(await ledger.personal(0), 'erased');
        await ledger.close();
      }),
    ));

  it('gives nodes that meet a subject at the same time one key, and keeps their logs apart', () =>
    withPostgres((storage) =>
      withLedger(async ({ keys }) => {
        await keys.ensureWrappingKey('subjects');
        const options = { storage, keys, keyName: 'subjects' };
        const effects = { clock: systemClock, random: systemRandom };
        const nodes = Array.from({ length: 6 }, () =>
          createSubjectKeys({ ...options, ...effects }),
        );
        const found = await Promise.all(nodes.map((node) => node.keyFor('alice')));
        assert.equal(new Set(found.map(({ pseudonym }) => pseudonym)).size, 1);
        const [one, two] = [createIndexStore(storage, 'one'), createIndexStore(storage, 'two')];
        await one.setPosition('index', 7);
        await two.setPosition('index', 9);
        assert.deepEqual([await one.position('index'), await two.position('index')], [7, 9]);
      }),
    ));
});
