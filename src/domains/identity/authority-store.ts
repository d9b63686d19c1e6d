/** Queries about the authorities of the trust domain and about revoked SVIDs. */
import type { Kysely, Transaction } from 'kysely';
import type { AuthorityRow, IdentityTables } from './schema.ts';

type Database = Kysely<IdentityTables>;

/** Longer than any SVID lives: then a revocation has nothing left to refuse. */
export const keepRevokedMs = 7_200_000;

export type AuthorityKind = 'root' | 'intermediate' | 'jwt';

/** An authority as stored: public parts only, the private key is in the key store. */
export type StoredAuthority = {
  readonly id: string;
  readonly kind: AuthorityKind;
  readonly sequence: number;
  readonly keyName: string;
  readonly certificate: Uint8Array | undefined;
  readonly publicKey: Uint8Array;
  readonly createdAtMs: number;
  readonly activatesAtMs: number;
  readonly expiresAtMs: number;
};

const toAuthority = (row: AuthorityRow): StoredAuthority => ({
  id: row.id,
  kind: row.kind as AuthorityKind,
  sequence: row.sequence,
  keyName: row.key_name,
  certificate: row.certificate ?? undefined,
  publicKey: row.public_key,
  createdAtMs: row.created_at_ms,
  activatesAtMs: row.activates_at_ms,
  expiresAtMs: row.expires_at_ms,
});

/** All authorities that have not expired, oldest first within their kind. */
export const readAuthorities = async (
  db: Database,
  nowMs: number,
): Promise<readonly StoredAuthority[]> => {
  const rows = await db
    .selectFrom('identity_authorities')
    .selectAll()
    .where('expires_at_ms', '>', nowMs)
    .orderBy('kind')
    .orderBy('sequence')
    .execute();
  return rows.map(toAuthority);
};

/** The number after the newest of its kind, expired ones included. */
export const nextSequence = async (db: Database, kind: AuthorityKind): Promise<number> => {
  const row = await db
    .selectFrom('identity_authorities')
    .select((eb) => eb.fn.max('sequence').as('newest'))
    .where('kind', '=', kind)
    .executeTakeFirst();
  return (row?.newest ?? 0) + 1;
};

/** Throws E_STORAGE_CONFLICT when another replica made this one first. */
export const insertAuthority = async (
  transaction: Transaction<IdentityTables>,
  authority: StoredAuthority,
): Promise<void> => {
  await transaction
    .insertInto('identity_authorities')
    .values({
      id: authority.id,
      kind: authority.kind,
      sequence: authority.sequence,
      key_name: authority.keyName,
      certificate: authority.certificate ?? null,
      public_key: authority.publicKey,
      created_at_ms: authority.createdAtMs,
      activates_at_ms: authority.activatesAtMs,
      expires_at_ms: authority.expiresAtMs,
    })
    .execute();
};

export const insertRevokedSvid = async (
  transaction: Transaction<IdentityTables>,
  credentialId: string,
  times: { readonly revokedAtMs: number; readonly forgetAfterMs: number },
): Promise<void> => {
  await transaction
    .insertInto('identity_revoked_svids')
    .values({
      credential_id: credentialId,
      revoked_at_ms: times.revokedAtMs,
      forget_after_ms: times.forgetAfterMs,
    })
    .onConflict((conflict) => conflict.column('credential_id').doNothing())
    .execute();
};

/** Revoked SVIDs with the time after which they need not be remembered. */
export const readRevokedSvids = async (
  db: Database,
  nowMs: number,
): Promise<ReadonlyMap<string, number>> => {
  const rows = await db
    .selectFrom('identity_revoked_svids')
    .select(['credential_id', 'forget_after_ms'])
    .where('forget_after_ms', '>', nowMs)
    .execute();
  return new Map(rows.map((row) => [row.credential_id, row.forget_after_ms]));
};

/** Forgets revocations of SVIDs that expired long since. */
export const pruneRevokedSvids = async (db: Database, nowMs: number): Promise<void> => {
  await db.deleteFrom('identity_revoked_svids').where('forget_after_ms', '<=', nowMs).execute();
};
