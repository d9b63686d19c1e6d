/** Queries of the endpoint registry. Every change bumps the revision in the same transaction. */
import type { Kysely, Transaction } from 'kysely';
import { isUniqueViolation, type Storage } from '../../platform/storage/index.ts';
import type { EndpointRow, EndpointTables } from './schema.ts';

export type EndpointSnapshot = {
  readonly revision: number;
  readonly rows: readonly EndpointRow[];
};

export type EndpointStore = {
  readonly revision: () => Promise<number>;
  readonly load: () => Promise<EndpointSnapshot>;
  /** False when the name is taken. */
  readonly insert: (row: EndpointRow) => Promise<boolean>;
  /** False unless the stored version is the one before `row.version`. */
  readonly update: (row: EndpointRow) => Promise<boolean>;
  readonly remove: (tenant: string, name: string) => Promise<boolean>;
};

const revisionId = 'endpoints';
type Db = Kysely<EndpointTables> | Transaction<EndpointTables>;

const readRevision = async (db: Db): Promise<number> => {
  const row = await db
    .selectFrom('endpoint_revision')
    .select('revision')
    .where('id', '=', revisionId)
    .executeTakeFirst();
  return row?.revision ?? 0;
};

const bump = async (trx: Transaction<EndpointTables>): Promise<void> => {
  await trx
    .insertInto('endpoint_revision')
    .values({ id: revisionId, revision: 1 })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((set) => ({
        revision: set('endpoint_revision.revision', '+', 1),
      })),
    )
    .execute();
};

/** Runs one change and the bump together; a change that touched nothing bumps nothing. */
const change = (
  db: Kysely<EndpointTables>,
  step: (trx: Transaction<EndpointTables>) => Promise<boolean>,
): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const changed = await step(trx);
    if (changed) await bump(trx);
    return changed;
  });

const updateRow = async (trx: Transaction<EndpointTables>, row: EndpointRow): Promise<boolean> => {
  const { tenant, name, created_at_ms: _createdAtMs, ...values } = row;
  const result = await trx
    .updateTable('endpoints')
    .set(values)
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
};

export const createEndpointStore = (storage: Storage): EndpointStore => {
  const db = storage.database<EndpointTables>();
  return {
    revision: () => readRevision(db),
    load: async () => {
      // Revision first: rows written in between are read again at the next poll, never missed.
      const revision = await readRevision(db);
      const rows = await db
        .selectFrom('endpoints')
        .selectAll()
        .orderBy('tenant')
        .orderBy('name')
        .execute();
      return { revision, rows };
    },
    insert: async (row) => {
      try {
        return await change(db, async (trx) => {
          await trx.insertInto('endpoints').values(row).execute();
          return true;
        });
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },
    update: (row) => change(db, (trx) => updateRow(trx, row)),
    remove: (tenant, name) =>
      change(db, async (trx) => {
        const result = await trx
          .deleteFrom('endpoints')
          .where('tenant', '=', tenant)
          .where('name', '=', name)
          .executeTakeFirst();
        return result.numDeletedRows === 1n;
      }),
  };
};
