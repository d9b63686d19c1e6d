/** The tables, the engine and the small tools that all parts of the storage contract use. */
import assert from 'node:assert/strict';
import { type Generated, type Kysely, sql } from 'kysely';
import type { Migration, Storage } from '../../../src/platform/storage/index.ts';

type ItemsTable = {
  id: string;
  amount: number;
  ratio: number | null;
  bytes: Uint8Array | null;
  note: Generated<string>;
};
export type Tables = { items: ItemsTable; parts: { id: string; item_id: string } };

export const itemsMigration: Migration = {
  id: '0001-contract-items',
  up: async (db) => {
    await db.schema
      .createTable('items')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('amount', 'bigint', (column) => column.notNull().check(sql`amount >= 0`))
      .addColumn('ratio', 'double precision')
      .addColumn('bytes', 'blob')
      .addColumn('note', 'text', (column) => column.notNull().defaultTo(''))
      .execute();
    await db.schema
      .createTable('parts')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('item_id', 'text', (column) => column.notNull().references('items.id'))
      .execute();
    await db.schema.createIndex('parts_item').on('parts').column('item_id').execute();
  },
};

/** Opens storage on a database that is empty at first and the same for calls of one test. */
export type Reopen = () => Promise<Storage>;
export type ContractEngine = {
  /** An empty database for one test. */
  readonly fresh: () => Promise<{ reopen: Reopen; dispose: () => Promise<void> }>;
  readonly skip?: string | false;
};

export type Use = (db: Kysely<Tables>, storage: Storage) => Promise<void>;

export const codeOf = (code: string) => (failure: unknown) =>
  (failure as { code?: unknown }).code === code || assert.fail(failure as Error);

export type WithItems = (use: Use) => Promise<void>;
