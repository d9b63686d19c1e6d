/** Table of foreign trust domains: where their bundle comes from and the newest one known. */
import type { Migration } from '../../../platform/storage/index.ts';

export type FederationRow = {
  trust_domain: string;
  /** `https_web`, `https_spiffe` or `static`. */
  profile: string;
  url: string | null;
  endpoint_spiffe_id: string | null;
  /** The bundle document as it was read, null before the first success. */
  bundle: string | null;
  sequence: number | null;
  refresh_hint_seconds: number | null;
  fetched_at_ms: number | null;
  tried_at_ms: number | null;
  failure: string | null;
};

export type FederationTables = { identity_federation: FederationRow };

export const federationMigration: Migration = {
  id: '0037-identity-federation',
  up: async (db) => {
    await db.schema
      .createTable('identity_federation')
      .addColumn('trust_domain', 'text', (column) => column.primaryKey())
      .addColumn('profile', 'text', (column) => column.notNull())
      .addColumn('url', 'text')
      .addColumn('endpoint_spiffe_id', 'text')
      .addColumn('bundle', 'text')
      .addColumn('sequence', 'bigint')
      .addColumn('refresh_hint_seconds', 'bigint')
      .addColumn('fetched_at_ms', 'bigint')
      .addColumn('tried_at_ms', 'bigint')
      .addColumn('failure', 'text')
      .execute();
  },
};
