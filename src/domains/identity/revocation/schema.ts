/** Tables of revocation beyond single SVIDs: identities with a point in time, and authorities. */
import type { Migration } from '../../../platform/storage/index.ts';

/** Everything for this SPIFFE ID (or, with a final `/*`, one segment below it) of before. */
type RevokedSubjectRow = {
  subject: string;
  issued_until_ms: number;
  forget_after_ms: number;
};

export type RevocationTables = { identity_revoked_subjects: RevokedSubjectRow };

export const revocationMigration: Migration = {
  id: '0036-identity-revocations',
  up: async (db) => {
    await db.schema
      .createTable('identity_revoked_subjects')
      .addColumn('subject', 'text', (column) => column.primaryKey())
      .addColumn('issued_until_ms', 'bigint', (column) => column.notNull())
      .addColumn('forget_after_ms', 'bigint', (column) => column.notNull())
      .execute();
    for (const column of ['issuer', 'reason'] as const)
      await db.schema.alterTable('identity_revoked_svids').addColumn(column, 'text').execute();
    for (const column of ['tainted_at_ms', 'revoked_at_ms'] as const)
      await db.schema.alterTable('identity_authorities').addColumn(column, 'bigint').execute();
  },
};
