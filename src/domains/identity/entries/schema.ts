/** Tables of registration: entries and the instances of groups that are in use. */
import type { Migration } from '../../../platform/storage/index.ts';

export type EntryRow = {
  id: string;
  spiffe_id: string;
  /** The agent's SPIFFE ID, null when the entry is for nodes with selectors. */
  agent_id: string | null;
  /** JSON list, null when the entry is for one agent. */
  node_selectors: string | null;
  /** JSON list. */
  selectors: string;
  /** Digest of parent, selectors and SPIFFE ID: the same identity for the same workload once. */
  fingerprint: string;
  x509_ttl_seconds: number;
  jwt_ttl_seconds: number;
  dns_names: string;
  federates_with: string;
  hint: string;
  instances: number | null;
  principal_id: string;
  expires_at_ms: number | null;
  version: number;
  created_at_ms: number;
  updated_at_ms: number;
};

/** A name that one worker of a group holds until its SVID ends. */
type InstanceRow = { entry_id: string; instance: string; agent_id: string; expires_at_ms: number };

export type EntryTables = { identity_entries: EntryRow; identity_instances: InstanceRow };

export const entryMigration: Migration = {
  id: '0034-identity-entries',
  up: async (db) => {
    await db.schema
      .createTable('identity_entries')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('spiffe_id', 'text', (column) => column.notNull())
      .addColumn('agent_id', 'text')
      .addColumn('node_selectors', 'text')
      .addColumn('selectors', 'text', (column) => column.notNull())
      .addColumn('fingerprint', 'text', (column) => column.notNull().unique())
      .addColumn('x509_ttl_seconds', 'bigint', (column) => column.notNull())
      .addColumn('jwt_ttl_seconds', 'bigint', (column) => column.notNull())
      .addColumn('dns_names', 'text', (column) => column.notNull())
      .addColumn('federates_with', 'text', (column) => column.notNull())
      .addColumn('hint', 'text', (column) => column.notNull())
      .addColumn('instances', 'bigint')
      .addColumn('principal_id', 'text', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint')
      .addColumn('version', 'bigint', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('updated_at_ms', 'bigint', (column) => column.notNull())
      .execute();
    for (const column of ['spiffe_id', 'agent_id'] as const)
      await db.schema
        .createIndex(`identity_entries_by_${column}`)
        .on('identity_entries')
        .columns([column, 'id'])
        .execute();
    await db.schema
      .createTable('identity_instances')
      .addColumn('entry_id', 'text', (column) => column.notNull())
      .addColumn('instance', 'text', (column) => column.notNull())
      .addColumn('agent_id', 'text', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('identity_instances_key', ['entry_id', 'instance'])
      .execute();
  },
};
