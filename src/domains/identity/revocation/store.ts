/** Queries about what is revoked. */
import type { Kysely, Transaction } from 'kysely';
import type { IdentityTables } from '../schema.ts';
import type { RevokedCredential, SubjectRule } from './knowledge.ts';

type Database = Kysely<IdentityTables>;
type Writing = Transaction<IdentityTables>;

/** Longer than any SVID lives: then a revocation has nothing left to refuse. */
export const keepRevokedMs = 7_200_000;
const rowsAtOnce = 500;

/** Keeps the first time and reason of each. */
export const insertRevoked = async (
  trx: Writing,
  credentials: readonly RevokedCredential[],
): Promise<void> => {
  for (let from = 0; from < credentials.length; from += rowsAtOnce)
    await trx
      .insertInto('identity_revoked_svids')
      .values(
        credentials.slice(from, from + rowsAtOnce).map((one) => ({
          credential_id: one.credentialId,
          revoked_at_ms: one.revokedAtMs,
          forget_after_ms: one.forgetAfterMs,
          issuer: one.issuer ?? null,
          reason: one.reason ?? null,
        })),
      )
      .onConflict((conflict) => conflict.column('credential_id').doNothing())
      .execute();
};

export const insertRule = async (trx: Writing, rule: SubjectRule): Promise<void> => {
  const times = { issued_until_ms: rule.issuedUntilMs, forget_after_ms: rule.forgetAfterMs };
  await trx
    .insertInto('identity_revoked_subjects')
    .values({ subject: rule.subject, ...times })
    .onConflict((conflict) => conflict.column('subject').doUpdateSet(times))
    .execute();
};

export const readRevoked = async (
  db: Database,
  nowMs: number,
): Promise<readonly RevokedCredential[]> => {
  const rows = await db
    .selectFrom('identity_revoked_svids')
    .selectAll()
    .where('forget_after_ms', '>', nowMs)
    .execute();
  return rows.map((row) => ({
    credentialId: row.credential_id,
    revokedAtMs: row.revoked_at_ms,
    forgetAfterMs: row.forget_after_ms,
    ...(row.issuer === null ? {} : { issuer: row.issuer }),
    ...(row.reason === null ? {} : { reason: row.reason }),
  }));
};

export const readRules = async (db: Database, nowMs: number): Promise<readonly SubjectRule[]> => {
  const rows = await db
    .selectFrom('identity_revoked_subjects')
    .selectAll()
    .where('forget_after_ms', '>', nowMs)
    .execute();
  return rows.map((row) => ({
    subject: row.subject,
    issuedUntilMs: row.issued_until_ms,
    forgetAfterMs: row.forget_after_ms,
  }));
};

/** Forgets revocations of SVIDs that expired long since. */
export const pruneRevoked = async (db: Database, nowMs: number): Promise<void> => {
  for (const table of ['identity_revoked_svids', 'identity_revoked_subjects'] as const)
    await db.deleteFrom(table).where('forget_after_ms', '<=', nowMs).execute();
};
