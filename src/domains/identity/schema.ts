/** Tables of the identity room and the migrations that make them. */
import type { Kysely } from 'kysely';
import type { Migration } from '../../platform/storage/index.ts';
import { agentMigration, type AgentTables } from './agents/schema.ts';
import { entryMigration, type EntryTables } from './entries/schema.ts';
import { federationMigration, type FederationTables } from './federation/schema.ts';
import { revocationMigration, type RevocationTables } from './revocation/schema.ts';

type PrincipalTable = {
  id: string;
  type: string;
  name: string;
  spiffe_id: string | null;
  tenant: string;
  disabled: number;
  created_at_ms: number;
};

type TokenTable = {
  id: string;
  principal_id: string;
  name: string;
  digest: Uint8Array;
  created_at_ms: number;
  expires_at_ms: number;
  last_used_at_ms: number | null;
  revoked_at_ms: number | null;
};

type JoinTokenTable = {
  id: string;
  digest: Uint8Array;
  spiffe_id: string;
  created_at_ms: number;
  expires_at_ms: number;
  redeemed_at_ms: number | null;
};

/** At most one row: the code for the first administrator. */
type EnrolmentTable = {
  slot: number;
  id: string;
  digest: Uint8Array;
  expires_at_ms: number;
  redeemed_at_ms: number | null;
};

type AuthorityTable = {
  /** Key identifier (X.509) or `kid` (JWT). */
  id: string;
  kind: string;
  /** 1, 2, 3 … within its kind: two replicas cannot both make the same one. */
  sequence: number;
  key_name: string;
  /** DER certificate of a root or an intermediate. */
  certificate: Uint8Array | null;
  /** DER SubjectPublicKeyInfo. */
  public_key: Uint8Array;
  created_at_ms: number;
  /** Signs from here on; published before. */
  activates_at_ms: number;
  expires_at_ms: number;
  /** Does not sign any more; what it signed is being replaced. */
  tainted_at_ms: number | null;
  /** Is not trusted any more. */
  revoked_at_ms: number | null;
};

type RevokedSvidTable = {
  credential_id: string;
  revoked_at_ms: number;
  forget_after_ms: number;
  /** Key identifier of the authority that issued it, null when unknown. */
  issuer: string | null;
  reason: string | null;
};

/** One row: the counter that serialises changes, so that their order is the order of commits. */
type RevisionTable = { slot: number; revision: number; bundle_sequence: number };

type ChangeTable = { revision: number; kind: string; subject: string; time_ms: number };

type CoreTables = {
  identity_principals: PrincipalTable;
  identity_tokens: TokenTable;
  identity_join_tokens: JoinTokenTable;
  identity_enrolment: EnrolmentTable;
  identity_authorities: AuthorityTable;
  identity_revoked_svids: RevokedSvidTable;
  identity_revision: RevisionTable;
  identity_changes: ChangeTable;
};

export type IdentityTables = CoreTables &
  EntryTables &
  AgentTables &
  RevocationTables &
  FederationTables;

export type PrincipalRow = PrincipalTable;
export type TokenRow = TokenTable;
export type AuthorityRow = AuthorityTable;

const principals: Migration = {
  id: '0030-identity-principals',
  up: async (db) => {
    await db.schema
      .createTable('identity_principals')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('spiffe_id', 'text', (column) => column.unique())
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('disabled', 'bigint', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('identity_tokens')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('principal_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('digest', 'blob', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('last_used_at_ms', 'bigint')
      .addColumn('revoked_at_ms', 'bigint')
      .execute();
    await db.schema
      .createIndex('identity_tokens_by_principal')
      .on('identity_tokens')
      .column('principal_id')
      .execute();
  },
};

const oneTimeCodes: Migration = {
  id: '0031-identity-one-time-codes',
  up: async (db) => {
    await db.schema
      .createTable('identity_join_tokens')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('digest', 'blob', (column) => column.notNull())
      .addColumn('spiffe_id', 'text', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('redeemed_at_ms', 'bigint')
      .execute();
    await db.schema
      .createTable('identity_enrolment')
      .addColumn('slot', 'bigint', (column) => column.primaryKey())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('digest', 'blob', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('redeemed_at_ms', 'bigint')
      .execute();
  },
};

const authorities: Migration = {
  id: '0032-identity-authorities',
  up: async (db) => {
    await db.schema
      .createTable('identity_authorities')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('sequence', 'bigint', (column) => column.notNull())
      .addColumn('key_name', 'text', (column) => column.notNull())
      .addColumn('certificate', 'blob')
      .addColumn('public_key', 'blob', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('activates_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('identity_authorities_sequence', ['kind', 'sequence'])
      .execute();
    await db.schema
      .createTable('identity_revoked_svids')
      .addColumn('credential_id', 'text', (column) => column.primaryKey())
      .addColumn('revoked_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('forget_after_ms', 'bigint', (column) => column.notNull())
      .execute();
  },
};

const revisions: Migration = {
  id: '0033-identity-revisions',
  up: async (db) => {
    await db.schema
      .createTable('identity_revision')
      .addColumn('slot', 'bigint', (column) => column.primaryKey())
      .addColumn('revision', 'bigint', (column) => column.notNull())
      .addColumn('bundle_sequence', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('identity_changes')
      .addColumn('revision', 'bigint', (column) => column.primaryKey())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('time_ms', 'bigint', (column) => column.notNull())
      .execute();
    await (db as Kysely<IdentityTables>)
      .insertInto('identity_revision')
      .values({ slot: 1, revision: 0, bundle_sequence: 1 })
      .execute();
  },
};

export const migrations: readonly Migration[] = [
  principals,
  oneTimeCodes,
  authorities,
  revisions,
  entryMigration,
  agentMigration,
  revocationMigration,
  federationMigration,
];
