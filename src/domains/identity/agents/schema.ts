/** Tables of agents: who attested, and which credentials were issued through whom. */
import type { Migration } from '../../../platform/storage/index.ts';

export type AgentRow = {
  /** The agent's SPIFFE ID. */
  id: string;
  attestor: string;
  node_id: string;
  /** JSON list. */
  selectors: string;
  attested_at_ms: number;
  last_seen_at_ms: number;
  credential_id: string;
  expires_at_ms: number;
  reattestable: number;
  /** `active`, `evicted` (may attest again) or `banned`. */
  status: string;
};

/** One row a call: what was issued, so that it can be revoked. */
type IssuanceRow = {
  id: string;
  agent_id: string;
  /** When the last of its credentials ends. */
  expires_at_ms: number;
  /** JSON list of `[entry id, credential id, issuer, expires at]`. */
  credentials: string;
};

export type AgentTables = { identity_agents: AgentRow; identity_issuances: IssuanceRow };

export const agentMigration: Migration = {
  id: '0035-identity-agents',
  up: async (db) => {
    await db.schema
      .createTable('identity_agents')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('attestor', 'text', (column) => column.notNull())
      .addColumn('node_id', 'text', (column) => column.notNull())
      .addColumn('selectors', 'text', (column) => column.notNull())
      .addColumn('attested_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('last_seen_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('credential_id', 'text', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('reattestable', 'bigint', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('identity_issuances')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('agent_id', 'text', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('credentials', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('identity_issuances_by_agent')
      .on('identity_issuances')
      .columns(['agent_id', 'expires_at_ms'])
      .execute();
    await db.schema
      .createIndex('identity_issuances_by_end')
      .on('identity_issuances')
      .column('expires_at_ms')
      .execute();
  },
};
