/**
 * Tables of the budgets room. `charged` of an account is what may have been spent; it equals the
 * sum of `leased` over the account's leases plus what was charged beyond the limit.
 */
import type { Migration } from '../../platform/storage/index.ts';

export type BudgetLimitRow = {
  key: string;
  tenant: string;
  scope_kind: string;
  scope_id: string;
  measure: string;
  period: string;
  amount: number;
  updated_at_ms: number;
};

export type BudgetAccountRow = {
  account: string;
  window_start_ms: number;
  window_end_ms: number;
  charged: number;
  /** What the last update granted: how one statement both decides and tells. */
  granted: number;
};

export type BudgetLeaseRow = {
  node: string;
  /** One run of a node's process. */
  life: string;
  account: string;
  window_start_ms: number;
  window_end_ms: number;
  leased: number;
  /** Known to be really spent; written late, so a lower bound. */
  spent: number;
};

export type BudgetRevisionRow = { id: string; revision: number };

export type BudgetTables = {
  budget_limits: BudgetLimitRow;
  budget_accounts: BudgetAccountRow;
  budget_leases: BudgetLeaseRow;
  budget_revision: BudgetRevisionRow;
};

const limits: Migration = {
  id: '0060-budget-limits',
  up: async (db) => {
    await db.schema
      .createTable('budget_limits')
      .addColumn('key', 'text', (column) => column.primaryKey().notNull())
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('scope_kind', 'text', (column) => column.notNull())
      .addColumn('scope_id', 'text', (column) => column.notNull())
      .addColumn('measure', 'text', (column) => column.notNull())
      .addColumn('period', 'text', (column) => column.notNull())
      .addColumn('amount', 'bigint', (column) => column.notNull())
      .addColumn('updated_at_ms', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('budget_revision')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('revision', 'bigint', (column) => column.notNull())
      .execute();
  },
};

const accounts: Migration = {
  id: '0061-budget-accounts',
  up: async (db) => {
    await db.schema
      .createTable('budget_accounts')
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('window_start_ms', 'bigint', (column) => column.notNull())
      .addColumn('window_end_ms', 'bigint', (column) => column.notNull())
      .addColumn('charged', 'bigint', (column) => column.notNull())
      .addColumn('granted', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('budget_accounts_pk', ['account', 'window_start_ms'])
      .execute();
    await db.schema
      .createTable('budget_leases')
      .addColumn('node', 'text', (column) => column.notNull())
      .addColumn('life', 'text', (column) => column.notNull())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('window_start_ms', 'bigint', (column) => column.notNull())
      .addColumn('window_end_ms', 'bigint', (column) => column.notNull())
      .addColumn('leased', 'bigint', (column) => column.notNull())
      .addColumn('spent', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('budget_leases_pk', ['node', 'life', 'account', 'window_start_ms'])
      .execute();
    for (const table of ['budget_accounts', 'budget_leases'])
      await db.schema.createIndex(`${table}_end`).on(table).column('window_end_ms').execute();
  },
};

export const budgetMigrations: readonly Migration[] = [limits, accounts];
