/** Queries about registration entries. */
import { hash } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { PrincipalId, SpiffeId, TrustDomain } from '../../../kernel/ids.ts';
import type { IdentityTables } from '../schema.ts';
import type { EntryRow } from './schema.ts';
import type { EntryFilter, EntryParent, RegistrationEntry } from './types.ts';

type Database = Kysely<IdentityTables>;
type Writing = Transaction<IdentityTables>;

const maxIdsAtOnce = 500;

/** Rows were checked when they were written; the casts give them their names back. */
const parentOf = (row: EntryRow): EntryParent =>
  row.agent_id === null
    ? { kind: 'nodes', selectors: JSON.parse(row.node_selectors ?? '[]') as string[] }
    : { kind: 'agent', agentId: row.agent_id as SpiffeId };

const toEntry = (row: EntryRow): RegistrationEntry => ({
  id: row.id,
  spiffeId: row.spiffe_id as SpiffeId,
  parent: parentOf(row),
  selectors: JSON.parse(row.selectors) as string[],
  x509TtlSeconds: row.x509_ttl_seconds,
  jwtTtlSeconds: row.jwt_ttl_seconds,
  dnsNames: JSON.parse(row.dns_names) as string[],
  federatesWith: JSON.parse(row.federates_with) as TrustDomain[],
  hint: row.hint,
  ...(row.instances === null ? {} : { instances: row.instances }),
  principal: row.principal_id as PrincipalId,
  ...(row.expires_at_ms === null ? {} : { expiresAtMs: row.expires_at_ms }),
  version: row.version,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
});

const fingerprintOf = ({ spiffeId, parent, selectors }: RegistrationEntry): string =>
  hash('sha256', JSON.stringify([spiffeId, parent, selectors]), 'base64url');

const toRow = (entry: RegistrationEntry): EntryRow => ({
  id: entry.id,
  spiffe_id: entry.spiffeId,
  agent_id: entry.parent.kind === 'agent' ? entry.parent.agentId : null,
  node_selectors: entry.parent.kind === 'nodes' ? JSON.stringify(entry.parent.selectors) : null,
  selectors: JSON.stringify(entry.selectors),
  fingerprint: fingerprintOf(entry),
  x509_ttl_seconds: entry.x509TtlSeconds,
  jwt_ttl_seconds: entry.jwtTtlSeconds,
  dns_names: JSON.stringify(entry.dnsNames),
  federates_with: JSON.stringify(entry.federatesWith),
  hint: entry.hint,
  instances: entry.instances ?? null,
  principal_id: entry.principal,
  expires_at_ms: entry.expiresAtMs ?? null,
  version: entry.version,
  created_at_ms: entry.createdAtMs,
  updated_at_ms: entry.updatedAtMs,
});

/** Throws E_STORAGE_CONFLICT when the same identity is already given for the same selectors. */
export const insertEntry = async (trx: Writing, entry: RegistrationEntry): Promise<void> => {
  await trx.insertInto('identity_entries').values(toRow(entry)).execute();
};

/** False, and nothing is written, when the stored version is not the one before. */
export const updateEntry = async (trx: Writing, entry: RegistrationEntry): Promise<boolean> => {
  const result = await trx
    .updateTable('identity_entries')
    .set(toRow(entry))
    .where('id', '=', entry.id)
    .where('version', '=', entry.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
};

export const deleteEntry = async (trx: Writing, id: string): Promise<void> => {
  await trx.deleteFrom('identity_instances').where('entry_id', '=', id).execute();
  await trx.deleteFrom('identity_entries').where('id', '=', id).execute();
};

/** Entries of these ids as far as they exist. */
export const readEntries = async (
  db: Database,
  ids: readonly string[],
): Promise<readonly RegistrationEntry[]> => {
  const found: RegistrationEntry[] = [];
  for (let from = 0; from < ids.length; from += maxIdsAtOnce) {
    const rows = await db
      .selectFrom('identity_entries')
      .selectAll()
      .where('id', 'in', ids.slice(from, from + maxIdsAtOnce))
      .execute();
    found.push(...rows.map(toEntry));
  }
  return found;
};

/** One page, ordered by id. */
export const readEntryPage = async (
  db: Database,
  filter: EntryFilter & { readonly limit: number },
): Promise<readonly RegistrationEntry[]> => {
  let query = db
    .selectFrom('identity_entries')
    .selectAll()
    .where('id', '>', filter.after ?? '');
  if (filter.spiffeId !== undefined) query = query.where('spiffe_id', '=', filter.spiffeId);
  if (filter.agentId !== undefined) query = query.where('agent_id', '=', filter.agentId);
  if (filter.groups !== undefined)
    query = query.where('instances', filter.groups ? 'is not' : 'is', null);
  const rows = await query.orderBy('id').limit(filter.limit).execute();
  return rows.map(toEntry);
};

/** The principal of the group whose instances lie directly below this SPIFFE ID. */
export const findGroupPrincipal = async (
  db: Database,
  groupId: SpiffeId,
): Promise<PrincipalId | undefined> => {
  const row = await db
    .selectFrom('identity_entries')
    .select('principal_id')
    .where('spiffe_id', '=', groupId)
    .where('instances', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return row?.principal_id as PrincipalId | undefined;
};
