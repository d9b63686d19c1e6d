/** Queries about principals. */
import type { Kysely, Transaction } from 'kysely';
import type { PrincipalId, SpiffeId, TenantId } from '../../kernel/ids.ts';
import type { IdentityTables, PrincipalRow } from './schema.ts';
import type { Principal, PrincipalType } from './types.ts';

type Database = Kysely<IdentityTables>;

/** Rows were parsed when they were written; the casts give them their names back. */
const toPrincipal = (row: PrincipalRow): Principal => ({
  type: row.type as PrincipalType,
  id: row.id as PrincipalId,
  name: row.name,
  ...(row.spiffe_id === null ? {} : { spiffeId: row.spiffe_id as SpiffeId }),
  tenant: row.tenant as TenantId,
  disabled: row.disabled !== 0,
  createdAtMs: row.created_at_ms,
});

export const findPrincipal = async (
  db: Database,
  id: PrincipalId,
): Promise<Principal | undefined> => {
  const row = await db
    .selectFrom('identity_principals')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toPrincipal(row);
};

export const findPrincipalBySpiffeId = async (
  db: Database,
  spiffeId: SpiffeId,
): Promise<Principal | undefined> => {
  const row = await db
    .selectFrom('identity_principals')
    .selectAll()
    .where('spiffe_id', '=', spiffeId)
    .executeTakeFirst();
  return row && toPrincipal(row);
};

export const readPrincipals = async (
  db: Database,
  page: { readonly limit: number; readonly after?: string },
): Promise<readonly Principal[]> => {
  const rows = await db
    .selectFrom('identity_principals')
    .selectAll()
    .where('id', '>', page.after ?? '')
    .orderBy('id')
    .limit(page.limit)
    .execute();
  return rows.map(toPrincipal);
};

/** Values of the column `disabled`: everything but 0 keeps a principal out. */
const enabled = 0;
const disabledByHand = 1;
const pending = 2;

/** Throws E_STORAGE_CONFLICT when the id or the SPIFFE ID is taken. */
export const insertPrincipal = async (
  transaction: Transaction<IdentityTables>,
  principal: Principal & { readonly isPending?: true },
): Promise<void> => {
  await transaction
    .insertInto('identity_principals')
    .values({
      id: principal.id,
      type: principal.type,
      name: principal.name,
      spiffe_id: principal.spiffeId ?? null,
      tenant: principal.tenant,
      disabled: principal.isPending === true ? pending : enabled,
      created_at_ms: principal.createdAtMs,
    })
    .execute();
};

export const writeDisabled = async (
  transaction: Transaction<IdentityTables>,
  id: PrincipalId,
  disabled: boolean,
): Promise<void> => {
  await transaction
    .updateTable('identity_principals')
    .set({ disabled: disabled ? disabledByHand : enabled })
    .where('id', '=', id)
    .execute();
};

export const removePending = async (db: Database, id: PrincipalId): Promise<void> => {
  await db
    .deleteFrom('identity_principals')
    .where('id', '=', id)
    .where('disabled', '=', pending)
    .execute();
};

/** Removes principals whose creation was cut short before `beforeMs`. */
export const sweepPending = async (db: Database, beforeMs: number): Promise<void> => {
  await db
    .deleteFrom('identity_principals')
    .where('disabled', '=', pending)
    .where('created_at_ms', '<', beforeMs)
    .execute();
};
