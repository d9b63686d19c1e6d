/**
 * The change list: every change of identity state gets the next revision in the transaction that
 * makes it. The counter row is locked by that update, so revisions become visible in their order
 * and a reader that saw N has seen everything up to N.
 */
import type { Kysely, Transaction } from 'kysely';
import type { IdentityTables } from './schema.ts';

/**
 * What the subject is: `principal`, `token`, `authority`, `entry` by id, `svid` by credential id (or
 * `*` for many), `subject` a rule of revocation as text, `agent` by SPIFFE ID, `federation` by trust
 * domain.
 */
export const changeKinds = [
  'principal',
  'token',
  'svid',
  'authority',
  'subject',
  'entry',
  'agent',
  'federation',
] as const;
/** Subject of an `svid` change that revoked more than one. */
export const manySvids = '*';
/** Before the id in an `entry` change that removed the entry. */
export const removedEntry = '-';

export type ChangeKind = (typeof changeKinds)[number];
export type Change = { readonly kind: ChangeKind; readonly subject: string };

/** Changes since a revision; `complete` is false when some were already forgotten. */
export type ChangesSince = {
  readonly revision: number;
  readonly bundleSequence: number;
  readonly changes: readonly Change[];
  readonly complete: boolean;
};

const slot = 1;
const maxChangesRead = 1000;
/** Far longer than any lease: whoever missed more than this starts afresh. */
const keepChangesMs = 3_600_000;

/** Writes a change inside the transaction that makes it; returns its revision. */
export const writeChange = async (
  transaction: Transaction<IdentityTables>,
  change: Change,
  nowMs: number,
): Promise<number> => {
  const isAuthority = change.kind === 'authority' ? 1 : 0;
  const row = await transaction
    .updateTable('identity_revision')
    .set((eb) => ({
      revision: eb('revision', '+', 1),
      bundle_sequence: eb('bundle_sequence', '+', isAuthority),
    }))
    .where('slot', '=', slot)
    .returning('revision')
    .executeTakeFirstOrThrow();
  await transaction
    .insertInto('identity_changes')
    .values({ revision: row.revision, kind: change.kind, subject: change.subject, time_ms: nowMs })
    .execute();
  return row.revision;
};

type Counter = Pick<ChangesSince, 'revision' | 'bundleSequence'>;

/** The newest revision and the sequence number of the bundle. */
export const readCounter = async (db: Kysely<IdentityTables>): Promise<Counter> => {
  const row = await db
    .selectFrom('identity_revision')
    .select(['revision', 'bundle_sequence'])
    .where('slot', '=', slot)
    .executeTakeFirstOrThrow();
  return { revision: row.revision, bundleSequence: row.bundle_sequence };
};

/** Reads what happened after `revision`. One small query when nothing did. */
export const readChanges = async (
  db: Kysely<IdentityTables>,
  revision: number,
): Promise<ChangesSince> => {
  const counter = await readCounter(db);
  if (counter.revision === revision) return { ...counter, changes: [], complete: true };
  const rows = await db
    .selectFrom('identity_changes')
    .select(['revision', 'kind', 'subject'])
    .where('revision', '>', revision)
    .orderBy('revision')
    .limit(maxChangesRead)
    .execute();
  const newest = rows.at(-1)?.revision ?? 0;
  return {
    ...counter,
    revision: Math.max(newest, counter.revision),
    changes: rows.map(({ kind, subject }) => ({ kind: kind as ChangeKind, subject })),
    complete: rows[0]?.revision === revision + 1 && newest >= counter.revision,
  };
};

/** Forgets changes that every living reader has seen. */
export const pruneChanges = async (db: Kysely<IdentityTables>, nowMs: number): Promise<void> => {
  await db
    .deleteFrom('identity_changes')
    .where('time_ms', '<', nowMs - keepChangesMs)
    .execute();
};

/** When anything was changed last, by the clock of whoever changed it; 0 when nothing was. */
export const newestChangeMs = async (db: Kysely<IdentityTables>): Promise<number> => {
  const row = await db
    .selectFrom('identity_changes')
    .select((eb) => eb.fn.max('time_ms').as('newest'))
    .executeTakeFirst();
  return row?.newest ?? 0;
};
