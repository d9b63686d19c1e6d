/** Tables of the access room: the entity graph, the policy sets, and how often either changed. */
import type { Migration } from '../../platform/storage/index.ts';

export type EntityRow = {
  type: string;
  id: string;
  /** JSON; integers keep their digits. */
  attrs: string;
  /** JSON list of `[type, id]`. */
  parents: string;
  /** JSON or null. */
  tags: string | null;
  /** 1 for an entity that is gone: replicas have to hear of it. */
  removed: number;
  revision: number;
  changed_at_ms: number;
};

export type PolicySetRow = {
  version: number;
  /** JSON list of `{file, text}`. */
  files: string;
  schema_text: string;
  digest: string;
  actor_type: string;
  actor_id: string;
  created_at_ms: number;
};

/** One row. Every change raises it by one in its own transaction. */
export type AccessRevisionRow = { id: string; revision: number };

export type AccessTables = {
  entities: EntityRow;
  policy_sets: PolicySetRow;
  access_revision: AccessRevisionRow;
};

export const accessMigrations: readonly Migration[] = [
  {
    id: '0010-access',
    up: async (db) => {
      await db.schema
        .createTable('entities')
        .addColumn('type', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('attrs', 'text', (column) => column.notNull())
        .addColumn('parents', 'text', (column) => column.notNull())
        .addColumn('tags', 'text')
        .addColumn('removed', 'integer', (column) => column.notNull())
        .addColumn('revision', 'bigint', (column) => column.notNull())
        .addColumn('changed_at_ms', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('entities_pk', ['type', 'id'])
        .execute();
      await db.schema
        .createIndex('entities_by_revision')
        .on('entities')
        .column('revision')
        .execute();
      await db.schema
        .createTable('policy_sets')
        .addColumn('version', 'bigint', (column) => column.primaryKey().notNull())
        .addColumn('files', 'text', (column) => column.notNull())
        .addColumn('schema_text', 'text', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('actor_type', 'text', (column) => column.notNull())
        .addColumn('actor_id', 'text', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('access_revision')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('revision', 'bigint', (column) => column.notNull())
        .execute();
    },
  },
];
