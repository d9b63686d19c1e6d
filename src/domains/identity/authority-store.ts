/** Queries about the authorities of the trust domain and about revoked SVIDs. */
import type { Kysely, Transaction } from 'kysely';
import type { AuthorityRow, IdentityTables } from './schema.ts';

type Database = Kysely<IdentityTables>;

export type AuthorityKind = 'root' | 'intermediate' | 'jwt' | 'wit';

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
  /** Does not sign from then on; what it signed is being replaced. */
  readonly taintedAtMs?: number;
  /** Is not trusted from then on. */
  readonly revokedAtMs?: number;
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
  ...(row.tainted_at_ms === null ? {} : { taintedAtMs: row.tainted_at_ms }),
  ...(row.revoked_at_ms === null ? {} : { revokedAtMs: row.revoked_at_ms }),
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

/** Changes when an authority signs and whether it is trusted. */
export const updateAuthority = async (
  transaction: Transaction<IdentityTables>,
  { id, activatesAtMs, taintedAtMs, revokedAtMs }: StoredAuthority,
): Promise<void> => {
  await transaction
    .updateTable('identity_authorities')
    .set({
      activates_at_ms: activatesAtMs,
      tainted_at_ms: taintedAtMs ?? null,
      revoked_at_ms: revokedAtMs ?? null,
    })
    .where('id', '=', id)
    .execute();
};
