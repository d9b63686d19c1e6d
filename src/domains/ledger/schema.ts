/**
 * Tables of the ledger room. `ledger_index` and `ledger_positions` are derived from the log and may
 * be rebuilt from it; `subject_keys` is not: without a row the personal fields of its subject are
 * gone, which is the point of it. `log` is the origin of the node's own log.
 */
import type { Migration } from '../../platform/storage/index.ts';

export type IndexTable = {
  log: string;
  entry: number;
  time_ms: number;
  class: string;
  class_uid: number;
  type_uid: number;
  severity_id: number;
  event_code: string | null;
  correlation_uid: string | null;
  principal: string | null;
  resource: string | null;
  decision: string | null;
};

/** Positions: `index` (entries indexed), `unfinished` (entries examined for missing outcomes). */
type PositionTable = { log: string; name: string; entry: number };

type SubjectKeyTable = {
  /** What stands in the log instead of the subject. */
  pseudonym: string;
  /** Null once erased. */
  subject: string | null;
  version: number;
  /** Data key wrapped by the key store; empty once erased. */
  wrapped: Uint8Array;
  created_at_ms: number;
  erased_at_ms: number | null;
};

export type LedgerTables = {
  ledger_index: IndexTable;
  ledger_positions: PositionTable;
  subject_keys: SubjectKeyTable;
};

/** Migrations of this room, in order. */
export const migrations: readonly Migration[] = [
  {
    id: '0020-ledger-index',
    up: async (db) => {
      await db.schema
        .createTable('ledger_index')
        .addColumn('log', 'text', (column) => column.notNull())
        .addColumn('entry', 'bigint', (column) => column.notNull())
        .addColumn('time_ms', 'bigint', (column) => column.notNull())
        .addColumn('class', 'text', (column) => column.notNull())
        .addColumn('class_uid', 'bigint', (column) => column.notNull())
        .addColumn('type_uid', 'bigint', (column) => column.notNull())
        .addColumn('severity_id', 'bigint', (column) => column.notNull())
        .addColumn('event_code', 'text')
        .addColumn('correlation_uid', 'text')
        .addColumn('principal', 'text')
        .addColumn('resource', 'text')
        .addColumn('decision', 'text')
        .addPrimaryKeyConstraint('ledger_index_pk', ['log', 'entry'])
        .execute();
      const indexes = { time: 'time_ms', principal: 'principal', correlation: 'correlation_uid' };
      for (const [name, column] of Object.entries(indexes))
        await db.schema
          .createIndex(`ledger_index_${name}`)
          .on('ledger_index')
          .columns(['log', column, 'entry'])
          .execute();
      await db.schema
        .createTable('ledger_positions')
        .addColumn('log', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('entry', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('ledger_positions_pk', ['log', 'name'])
        .execute();
    },
  },
  {
    id: '0021-ledger-subject-keys',
    up: async (db) => {
      await db.schema
        .createTable('subject_keys')
        .addColumn('pseudonym', 'text', (column) => column.primaryKey())
        .addColumn('subject', 'text', (column) => column.unique())
        .addColumn('version', 'bigint', (column) => column.notNull())
        .addColumn('wrapped', 'blob', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('erased_at_ms', 'bigint')
        .execute();
    },
  },
];
