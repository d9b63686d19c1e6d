/** Queries about agents, group instances and what was issued through agents. */
import type { Kysely, Transaction } from 'kysely';
import type { PrincipalId, SpiffeId } from '../../../kernel/ids.ts';
import type { IdentityTables } from '../schema.ts';
import type { AgentRow } from './schema.ts';
import type { AgentRecord, AgentStatus } from './types.ts';

type Database = Kysely<IdentityTables>;
type Writing = Transaction<IdentityTables>;

const toRecord = (row: AgentRow): AgentRecord => ({
  id: row.id as SpiffeId,
  attestor: row.attestor,
  nodeId: row.node_id,
  selectors: JSON.parse(row.selectors) as string[],
  attestedAtMs: row.attested_at_ms,
  lastSeenAtMs: row.last_seen_at_ms,
  credentialId: row.credential_id,
  expiresAtMs: row.expires_at_ms,
  isReattestable: row.reattestable !== 0,
  status: row.status as AgentStatus,
});

const toRow = (record: AgentRecord): AgentRow => ({
  id: record.id,
  attestor: record.attestor,
  node_id: record.nodeId,
  selectors: JSON.stringify(record.selectors),
  attested_at_ms: record.attestedAtMs,
  last_seen_at_ms: record.lastSeenAtMs,
  credential_id: record.credentialId,
  expires_at_ms: record.expiresAtMs,
  reattestable: record.isReattestable ? 1 : 0,
  status: record.status,
});

/** False, and nothing is written, when the agent was banned meanwhile. */
export const putAgent = async (trx: Writing, record: AgentRecord): Promise<boolean> => {
  const row = toRow(record);
  const result = await trx
    .insertInto('identity_agents')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(row).where('identity_agents.status', '!=', 'banned'),
    )
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
};

export const writeAgentStatus = async (
  trx: Writing,
  id: SpiffeId,
  status: AgentStatus,
): Promise<void> => {
  await trx.updateTable('identity_agents').set({ status }).where('id', '=', id).execute();
};

/** A renewed SVID; false when the agent is not active any more. */
export const writeAgentCredential = async (
  db: Database,
  { id, credentialId, expiresAtMs, lastSeenAtMs }: AgentRecord,
): Promise<boolean> => {
  const result = await db
    .updateTable('identity_agents')
    .set({
      credential_id: credentialId,
      expires_at_ms: expiresAtMs,
      last_seen_at_ms: lastSeenAtMs,
    })
    .where('id', '=', id)
    .where('status', '=', 'active')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
};

export const writeAgentSeen = async (
  db: Database,
  id: SpiffeId,
  lastSeenAtMs: number,
): Promise<void> => {
  await db
    .updateTable('identity_agents')
    .set({ last_seen_at_ms: lastSeenAtMs })
    .where('id', '=', id)
    .where('last_seen_at_ms', '<', lastSeenAtMs)
    .execute();
};

/** One page, ordered by id. */
export const readAgentPage = async (
  db: Database,
  page: { readonly limit: number; readonly after: string },
): Promise<readonly AgentRecord[]> => {
  const rows = await db
    .selectFrom('identity_agents')
    .selectAll()
    .where('id', '>', page.after)
    .orderBy('id')
    .limit(page.limit)
    .execute();
  return rows.map(toRecord);
};

export const readAgent = async (db: Database, id: string): Promise<AgentRecord | undefined> => {
  const row = await db
    .selectFrom('identity_agents')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toRecord(row);
};

/** Those of the given principals that are enabled. */
export const readEnabled = async (
  db: Database,
  ids: readonly PrincipalId[],
): Promise<ReadonlySet<string>> => {
  const rows = await db
    .selectFrom('identity_principals')
    .select('id')
    .where('id', 'in', [...ids])
    .where('disabled', '=', 0)
    .execute();
  return new Set(rows.map(({ id }) => id));
};

/**
 * Those of these entries that stand, none when the agent does not. Asked of the tables after an
 * issuance was written: memory may be behind, and who revokes later finds what was written.
 */
export const readStanding = async (
  db: Database,
  agentId: SpiffeId,
  entryIds: ReadonlySet<string>,
): Promise<ReadonlySet<string>> => {
  const agent = await readAgent(db, agentId);
  if (agent?.status !== 'active' || entryIds.size === 0) return new Set();
  const rows = await db
    .selectFrom('identity_entries')
    .select('id')
    .where('id', 'in', [...entryIds])
    .execute();
  return new Set(rows.map(({ id }) => id));
};

/** `[entry id, credential id, issuer, expires at]`; entry id empty for the agent's own SVID. */
export type IssuedCredentialRow = readonly [string, string, string, number];

export type Issuance = {
  readonly id: string;
  readonly agentId: SpiffeId;
  readonly credentials: readonly IssuedCredentialRow[];
};

export const insertIssuance = async (db: Database | Writing, issuance: Issuance): Promise<void> => {
  const { id, agentId, credentials } = issuance;
  await db
    .insertInto('identity_issuances')
    .values({
      id,
      agent_id: agentId,
      expires_at_ms: credentials.reduce((most, [, , , endMs]) => Math.max(most, endMs), 0),
      credentials: JSON.stringify(credentials),
    })
    .execute();
};

/** Issuances of which something is still good, a page at a time, of one agent or of all. */
export const readIssuancePage = async (
  db: Database,
  page: { readonly nowMs: number; readonly after: string; readonly agentId?: SpiffeId },
): Promise<readonly Issuance[]> => {
  let query = db
    .selectFrom('identity_issuances')
    .selectAll()
    .where('expires_at_ms', '>', page.nowMs)
    .where('id', '>', page.after);
  if (page.agentId !== undefined) query = query.where('agent_id', '=', page.agentId);
  const rows = await query.orderBy('id').limit(200).execute();
  return rows.map(({ id, agent_id, credentials }) => ({
    id,
    agentId: agent_id as SpiffeId,
    credentials: JSON.parse(credentials) as IssuedCredentialRow[],
  }));
};

/** Forgets what can no longer be revoked because it has ended, and instances nobody holds. */
export const pruneIssuances = async (db: Database, nowMs: number): Promise<void> => {
  await db.deleteFrom('identity_issuances').where('expires_at_ms', '<=', nowMs).execute();
  await db.deleteFrom('identity_instances').where('expires_at_ms', '<=', nowMs).execute();
};
