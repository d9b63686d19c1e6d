/** Tables of the endpoint registry. The description is JSON; the credential is never in it. */
import type { Migration } from '../../platform/storage/index.ts';

export type EndpointRow = {
  tenant: string;
  name: string;
  /** EndpointSpec as JSON. */
  spec: string;
  version: number;
  /** Data key wrapped by the key store, and the credential sealed under it. */
  credential_key: Uint8Array | null;
  credential_box: Uint8Array | null;
  created_at_ms: number;
  updated_at_ms: number;
};

/** One row: how often any endpoint changed. Replicas poll it. */
export type EndpointRevisionRow = { id: string; revision: number };

export type EndpointTables = { endpoints: EndpointRow; endpoint_revision: EndpointRevisionRow };

export const migrations: readonly Migration[] = [
  {
    id: '0040-endpoints',
    up: async (db, dialect) => {
      const bytes = dialect === 'sqlite' ? 'blob' : 'bytea';
      await db.schema
        .createTable('endpoints')
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('spec', 'text', (column) => column.notNull())
        .addColumn('version', 'bigint', (column) => column.notNull())
        .addColumn('credential_key', bytes)
        .addColumn('credential_box', bytes)
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('updated_at_ms', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('endpoints_pk', ['tenant', 'name'])
        .execute();
      await db.schema
        .createTable('endpoint_revision')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('revision', 'bigint', (column) => column.notNull())
        .execute();
    },
  },
];
