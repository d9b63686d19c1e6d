/**
 * Queries of the access room. Every change raises the revision by one in its own transaction, which
 * also puts changes of all replicas in one order: a writer that has not seen the latest is told so.
 */
import type { Kysely, Transaction } from 'kysely';
import type { Entity, EntityRef } from '../../engines/authorization/index.ts';
import { isUniqueViolation, type Storage } from '../../platform/storage/index.ts';
import { contentOf } from './entity-row.ts';
import type { AccessTables, EntityRow, PolicySetRow } from './schema.ts';

/** Everything that happened after a revision. */
export type Changes = {
  readonly revision: number;
  readonly entities: readonly EntityRow[];
  /** The newest policy set, when it is newer than the one known. */
  readonly policies: PolicySetRow | undefined;
};
export type Known = { readonly revision: number; readonly version: number };

export type EntityChange =
  | { readonly kind: 'put'; readonly entity: Entity }
  | { readonly kind: 'remove'; readonly uid: EntityRef };

export type AccessStore = {
  /** What is new; undefined when nothing is. */
  readonly changesSince: (known: Known) => Promise<Changes | undefined>;
  /** False, and nothing is written, when somebody else wrote after `revision`. */
  readonly writeEntity: (
    change: EntityChange,
    at: { readonly revision: number; readonly timeMs: number },
  ) => Promise<boolean>;
  /** False when the version is taken. */
  readonly insertPolicies: (row: PolicySetRow) => Promise<boolean>;
  /** Forgets removed entities of before this moment. */
  readonly prune: (beforeMs: number) => Promise<void>;
};

const revisionId = 'access';
type Db = Kysely<AccessTables> | Transaction<AccessTables>;

/** Thrown inside a transaction to roll it back. */
class Outrun extends Error {}

const bump = async (trx: Transaction<AccessTables>): Promise<number> => {
  const row = await trx
    .insertInto('access_revision')
    .values({ id: revisionId, revision: 1 })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((set) => ({ revision: set('access_revision.revision', '+', 1) })),
    )
    .returning('revision')
    .executeTakeFirstOrThrow();
  return row.revision;
};

const currentRevision = async (db: Db): Promise<number> => {
  const row = await db
    .selectFrom('access_revision')
    .select('revision')
    .where('id', '=', revisionId)
    .executeTakeFirst();
  return row?.revision ?? 0;
};

const readChanges = async (db: Db, known: Known): Promise<Changes | undefined> => {
  const revision = await currentRevision(db);
  if (revision === known.revision) return undefined;
  const entities = await db
    .selectFrom('entities')
    .selectAll()
    .where('revision', '>', known.revision)
    .where('revision', '<=', revision)
    .orderBy('revision')
    .execute();
  const policies = await db
    .selectFrom('policy_sets')
    .selectAll()
    .where('version', '>', known.version)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { revision, entities, policies };
};

const rowOf = (
  change: EntityChange,
  at: { readonly revision: number; readonly timeMs: number },
): EntityRow => {
  const { type, id } = change.kind === 'put' ? change.entity.uid : change.uid;
  const gone = { attrs: '{}', parents: '[]', tags: null };
  return {
    type,
    id,
    ...(change.kind === 'put' ? contentOf(change.entity) : gone),
    removed: change.kind === 'put' ? 0 : 1,
    revision: at.revision,
    changed_at_ms: at.timeMs,
  };
};

const upsert = async (trx: Transaction<AccessTables>, row: EntityRow): Promise<void> => {
  const { type: _type, id: _id, ...content } = row;
  await trx
    .insertInto('entities')
    .values(row)
    .onConflict((conflict) => conflict.columns(['type', 'id']).doUpdateSet(content))
    .execute();
};

/** Runs `step`; false when it found itself outrun, after rolling back. */
const unlessOutrun = async (step: () => Promise<void>): Promise<boolean> => {
  try {
    await step();
    return true;
  } catch (failure) {
    if (failure instanceof Outrun) return false;
    throw failure;
  }
};

export const createAccessStore = (storage: Storage): AccessStore => {
  const db = storage.database<AccessTables>();
  return {
    changesSince: async (known) => {
      if ((await currentRevision(db)) === known.revision) return undefined;
      return db.transaction().execute((trx) => readChanges(trx, known));
    },
    writeEntity: (change, { revision, timeMs }) =>
      unlessOutrun(() =>
        db.transaction().execute(async (trx) => {
          const mine = await bump(trx);
          if (mine !== revision + 1) throw new Outrun();
          await upsert(trx, rowOf(change, { revision: mine, timeMs }));
        }),
      ),
    insertPolicies: async (row) => {
      try {
        await db.transaction().execute(async (trx) => {
          await bump(trx);
          await trx.insertInto('policy_sets').values(row).execute();
        });
        return true;
      } catch (failure) {
        if (isUniqueViolation(failure)) return false;
        throw failure;
      }
    },
    prune: async (beforeMs) => {
      await db
        .deleteFrom('entities')
        .where('removed', '=', 1)
        .where('changed_at_ms', '<', beforeMs)
        .execute();
    },
  };
};
