/** Queries about federated trust domains. */
import type { Kysely, Transaction } from 'kysely';
import type { SpiffeId, TrustDomain } from '../../../kernel/ids.ts';
import type { IdentityTables } from '../schema.ts';
import type { FederationRow } from './schema.ts';
import type { FederatedDomain, FederationSource } from './types.ts';

type Database = Kysely<IdentityTables>;

/** With the bundle document as it was read. */
export type StoredFederation = FederatedDomain & { readonly bundle?: string };

const sourceOf = (row: FederationRow): FederationSource => {
  const url = row.url ?? '';
  if (row.profile === 'https_web') return { profile: 'https_web', url };
  if (row.profile !== 'https_spiffe') return { profile: 'static' };
  return { profile: 'https_spiffe', url, endpointSpiffeId: row.endpoint_spiffe_id as SpiffeId };
};

const toStored = (row: FederationRow): StoredFederation => ({
  trustDomain: row.trust_domain as TrustDomain,
  source: sourceOf(row),
  ...(row.bundle === null ? {} : { bundle: row.bundle }),
  ...(row.sequence === null ? {} : { sequence: row.sequence }),
  ...(row.refresh_hint_seconds === null ? {} : { refreshHintSeconds: row.refresh_hint_seconds }),
  ...(row.fetched_at_ms === null ? {} : { fetchedAtMs: row.fetched_at_ms }),
  ...(row.tried_at_ms === null ? {} : { triedAtMs: row.tried_at_ms }),
  ...(row.failure === null ? {} : { failure: row.failure }),
});

const toRow = (stored: StoredFederation): FederationRow => {
  const { source } = stored;
  return {
    trust_domain: stored.trustDomain,
    profile: source.profile,
    url: 'url' in source ? source.url : null,
    endpoint_spiffe_id: 'endpointSpiffeId' in source ? source.endpointSpiffeId : null,
    bundle: stored.bundle ?? null,
    sequence: stored.sequence ?? null,
    refresh_hint_seconds: stored.refreshHintSeconds ?? null,
    fetched_at_ms: stored.fetchedAtMs ?? null,
    tried_at_ms: stored.triedAtMs ?? null,
    failure: stored.failure ?? null,
  };
};

export const readFederation = async (db: Database): Promise<readonly StoredFederation[]> => {
  const rows = await db
    .selectFrom('identity_federation')
    .selectAll()
    .orderBy('trust_domain')
    .execute();
  return rows.map(toStored);
};

export const putFederation = async (
  db: Database | Transaction<IdentityTables>,
  stored: StoredFederation,
): Promise<void> => {
  const row = toRow(stored);
  await db
    .insertInto('identity_federation')
    .values(row)
    .onConflict((conflict) => conflict.column('trust_domain').doUpdateSet(row))
    .execute();
};

/** Writes what a request for the bundle brought; nothing when the domain is gone meanwhile. */
export const updateFederation = async (
  db: Database | Transaction<IdentityTables>,
  stored: StoredFederation,
): Promise<void> => {
  await db
    .updateTable('identity_federation')
    .set(toRow(stored))
    .where('trust_domain', '=', stored.trustDomain)
    .execute();
};

export const deleteFederation = async (
  trx: Transaction<IdentityTables>,
  trustDomain: TrustDomain,
): Promise<void> => {
  await trx.deleteFrom('identity_federation').where('trust_domain', '=', trustDomain).execute();
};
