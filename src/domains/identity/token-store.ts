/** Queries about API tokens, join tokens and the enrolment code. Secrets appear as digests only. */
import type { Kysely, Transaction } from 'kysely';
import type { PrincipalId, SpiffeId } from '../../kernel/ids.ts';
import type { IdentityTables, TokenRow } from './schema.ts';
import type { ApiToken, PrincipalType } from './types.ts';

type Database = Kysely<IdentityTables>;
type Writing = Transaction<IdentityTables>;

type OwnedTokenRow = TokenRow & { readonly principal_type: string };

/** What authentication needs to know of a token and of its principal, in one query. */
export type TokenWithPrincipal = {
  readonly id: string;
  readonly digest: Uint8Array;
  readonly expiresAtMs: number;
  readonly isRevoked: boolean;
  readonly principalId: PrincipalId;
  readonly principalType: PrincipalType;
  readonly tenant: string;
  readonly spiffeId: SpiffeId | undefined;
  readonly isDisabled: boolean;
};

const toApiToken = (row: OwnedTokenRow): ApiToken => ({
  id: row.id,
  principal: { type: row.principal_type as PrincipalType, id: row.principal_id as PrincipalId },
  name: row.name,
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms,
  ...(row.last_used_at_ms === null ? {} : { lastUsedAtMs: row.last_used_at_ms }),
  ...(row.revoked_at_ms === null ? {} : { revokedAtMs: row.revoked_at_ms }),
});

const ownedTokens = (db: Database) =>
  db
    .selectFrom('identity_tokens')
    .innerJoin('identity_principals', 'identity_principals.id', 'identity_tokens.principal_id')
    .selectAll('identity_tokens')
    .select('identity_principals.type as principal_type');

export const findToken = async (db: Database, id: string): Promise<ApiToken | undefined> => {
  const row = await ownedTokens(db).where('identity_tokens.id', '=', id).executeTakeFirst();
  return row && toApiToken(row);
};

export const readTokens = async (
  db: Database,
  principal: PrincipalId,
): Promise<readonly ApiToken[]> => {
  const rows = await ownedTokens(db)
    .where('identity_tokens.principal_id', '=', principal)
    .orderBy('identity_tokens.created_at_ms')
    .orderBy('identity_tokens.id')
    .execute();
  return rows.map(toApiToken);
};

export const findTokenForAuthentication = async (
  db: Database,
  id: string,
): Promise<TokenWithPrincipal | undefined> => {
  const row = await ownedTokens(db)
    .select([
      'identity_principals.tenant',
      'identity_principals.spiffe_id',
      'identity_principals.disabled',
    ])
    .where('identity_tokens.id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id: row.id,
    digest: row.digest,
    expiresAtMs: row.expires_at_ms,
    isRevoked: row.revoked_at_ms !== null,
    principalId: row.principal_id as PrincipalId,
    principalType: row.principal_type as PrincipalType,
    tenant: row.tenant,
    spiffeId: row.spiffe_id === null ? undefined : (row.spiffe_id as SpiffeId),
    isDisabled: row.disabled !== 0,
  };
};

export type NewTokenRow = {
  readonly id: string;
  readonly principalId: PrincipalId;
  readonly name: string;
  readonly digest: Uint8Array;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
};

export const insertToken = async (transaction: Writing, token: NewTokenRow): Promise<void> => {
  await transaction
    .insertInto('identity_tokens')
    .values({
      id: token.id,
      principal_id: token.principalId,
      name: token.name,
      digest: token.digest,
      created_at_ms: token.createdAtMs,
      expires_at_ms: token.expiresAtMs,
      last_used_at_ms: null,
      revoked_at_ms: null,
    })
    .execute();
};

/** Keeps the first time of revocation. */
export const writeRevoked = async (
  transaction: Writing,
  id: string,
  nowMs: number,
): Promise<void> => {
  await transaction
    .updateTable('identity_tokens')
    .set({ revoked_at_ms: nowMs })
    .where('id', '=', id)
    .where('revoked_at_ms', 'is', null)
    .execute();
};

/** Never moves a last use backwards, whichever replica writes last. */
export const writeLastUsed = async (
  db: Database,
  id: string,
  lastUsedAtMs: number,
): Promise<void> => {
  await db
    .updateTable('identity_tokens')
    .set({ last_used_at_ms: lastUsedAtMs })
    .where('id', '=', id)
    .where((eb) =>
      eb.or([eb('last_used_at_ms', 'is', null), eb('last_used_at_ms', '<', lastUsedAtMs)]),
    )
    .execute();
};

export type StoredJoinToken = {
  readonly id: string;
  readonly digest: Uint8Array;
  readonly spiffeId: SpiffeId;
  readonly expiresAtMs: number;
  readonly isRedeemed: boolean;
};

export const insertJoinToken = async (
  db: Database,
  token: Omit<StoredJoinToken, 'isRedeemed'> & { readonly createdAtMs: number },
): Promise<void> => {
  await db
    .insertInto('identity_join_tokens')
    .values({
      id: token.id,
      digest: token.digest,
      spiffe_id: token.spiffeId,
      created_at_ms: token.createdAtMs,
      expires_at_ms: token.expiresAtMs,
      redeemed_at_ms: null,
    })
    .execute();
};

export const findJoinToken = async (
  db: Database,
  id: string,
): Promise<StoredJoinToken | undefined> => {
  const row = await db
    .selectFrom('identity_join_tokens')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id: row.id,
    digest: row.digest,
    spiffeId: row.spiffe_id as SpiffeId,
    expiresAtMs: row.expires_at_ms,
    isRedeemed: row.redeemed_at_ms !== null,
  };
};

/** True for exactly one of any number of concurrent callers. */
export const takeJoinToken = async (db: Database, id: string, nowMs: number): Promise<boolean> => {
  const result = await db
    .updateTable('identity_join_tokens')
    .set({ redeemed_at_ms: nowMs })
    .where('id', '=', id)
    .where('redeemed_at_ms', 'is', null)
    .where('expires_at_ms', '>', nowMs)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
};

/** Join tokens that can never work again, some time after their end. */
export const pruneJoinTokens = async (db: Database, beforeMs: number): Promise<void> => {
  await db.deleteFrom('identity_join_tokens').where('expires_at_ms', '<', beforeMs).execute();
};

export type StoredEnrolment = {
  readonly id: string;
  readonly digest: Uint8Array;
  readonly expiresAtMs: number;
  readonly isRedeemed: boolean;
};

const enrolmentSlot = 1;

export const findEnrolment = async (db: Database): Promise<StoredEnrolment | undefined> => {
  const row = await db
    .selectFrom('identity_enrolment')
    .selectAll()
    .where('slot', '=', enrolmentSlot)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id: row.id,
    digest: row.digest,
    expiresAtMs: row.expires_at_ms,
    isRedeemed: row.redeemed_at_ms !== null,
  };
};

/** Replaces whatever code there was: an older one stops working. */
export const replaceEnrolment = async (
  db: Database,
  code: Omit<StoredEnrolment, 'isRedeemed'>,
): Promise<void> => {
  const values = {
    id: code.id,
    digest: code.digest,
    expires_at_ms: code.expiresAtMs,
    redeemed_at_ms: null,
  };
  await db
    .insertInto('identity_enrolment')
    .values({ slot: enrolmentSlot, ...values })
    .onConflict((conflict) => conflict.column('slot').doUpdateSet(values))
    .execute();
};

/** True for exactly one of any number of concurrent callers. */
export const takeEnrolment = async (
  transaction: Writing,
  id: string,
  nowMs: number,
): Promise<boolean> => {
  const result = await transaction
    .updateTable('identity_enrolment')
    .set({ redeemed_at_ms: nowMs })
    .where('slot', '=', enrolmentSlot)
    .where('id', '=', id)
    .where('redeemed_at_ms', 'is', null)
    .where('expires_at_ms', '>', nowMs)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
};
