/** Queries of the derived index and its positions, on SQLite and PostgreSQL alike. */
import { type Expression, type Kysely, type SqlBool, sql } from 'kysely';
import type { Storage } from '../../platform/storage/index.ts';
import type { IndexTable, LedgerTables } from './schema.ts';
import type { EventClass, LedgerQuery, LedgerRow, UnfinishedDecision } from './types.ts';

export type PositionName = 'index' | 'unfinished';

export type IndexStore = {
  readonly position: (name: PositionName) => Promise<number>;
  readonly setPosition: (name: PositionName, entry: number) => Promise<void>;
  /** Inserts rows and moves the index position in one transaction; known rows stay as they are. */
  readonly insert: (rows: readonly LedgerRow[], position: number) => Promise<void>;
  readonly clear: () => Promise<void>;
  readonly query: (query: LedgerQuery) => Promise<readonly LedgerRow[]>;
  /** Allowed decisions in [from, to) that no event of `closingCodes` has answered. */
  readonly unanswered: (range: UnansweredRange) => Promise<readonly UnfinishedDecision[]>;
};

export type UnansweredRange = {
  readonly from: number;
  readonly to: number;
  readonly decisionCode: string;
  readonly closingCodes: readonly string[];
  readonly limit: number;
};

type Database = Kysely<LedgerTables>;

/** One JSON text for a whole batch: one statement to prepare, whatever its length. */
const encodeRows = (rows: readonly LedgerRow[]): string =>
  JSON.stringify(
    rows.map((row) => [
      row.index,
      row.timeMs,
      row.class,
      row.classUid,
      row.typeUid,
      row.severityId,
      row.eventCode,
      row.correlationUid,
      row.principal,
      row.resource,
      row.decision,
    ]),
  );

const columns = sql.raw(
  'log, entry, time_ms, class, class_uid, type_uid, severity_id, event_code, correlation_uid, ' +
    'principal, resource, decision',
);

const numberOfColumns = 11;
const integerColumns = new Set([0, 1, 3, 4, 5]);

const sqliteFields = sql.raw(
  Array.from({ length: numberOfColumns }, (_, i) => `json_extract(value, '$[${i}]')`).join(', '),
);
const postgresFields = sql.raw(
  Array.from({ length: numberOfColumns }, (_, i) =>
    integerColumns.has(i) ? `(item->>${i})::bigint` : `item->>${i}`,
  ).join(', '),
);

const insertRows = async (
  db: Database,
  kind: Storage['kind'],
  { log, json }: { readonly log: string; readonly json: string },
): Promise<void> => {
  const statement =
    kind === 'sqlite'
      ? sql`insert into ledger_index (${columns})
            select ${log}, ${sqliteFields} from json_each(${json}) where true
            on conflict do nothing`
      : sql`insert into ledger_index (${columns})
            select ${log}, ${postgresFields} from json_array_elements(${json}::json) as item
            on conflict do nothing`;
  await statement.execute(db);
};

const putPosition = async (
  db: Database,
  log: string,
  { name, entry }: { readonly name: PositionName; readonly entry: number },
): Promise<void> => {
  await db
    .insertInto('ledger_positions')
    .values({ log, name, entry })
    .onConflict((conflict) => conflict.columns(['log', 'name']).doUpdateSet({ entry }))
    .execute();
};

type StoredRow = Omit<IndexTable, 'log'>;

const rowOfStored = (row: StoredRow): LedgerRow => ({
  index: row.entry,
  timeMs: row.time_ms,
  class: row.class as EventClass,
  classUid: row.class_uid,
  typeUid: row.type_uid,
  severityId: row.severity_id,
  eventCode: row.event_code,
  correlationUid: row.correlation_uid,
  principal: row.principal,
  resource: row.resource,
  decision: row.decision as LedgerRow['decision'],
});

const selectRows = async (
  db: Database,
  log: string,
  query: LedgerQuery,
): Promise<readonly LedgerRow[]> => {
  const equal = {
    class_uid: query.classUid,
    principal: query.principal,
    resource: query.resource,
    decision: query.decision,
    correlation_uid: query.correlationUid,
    event_code: query.eventCode,
  } as const;
  const rows = await db
    .selectFrom('ledger_index')
    .selectAll()
    .where((where) => {
      const all: Expression<SqlBool>[] = [where('log', '=', log)];
      if (query.fromMs !== undefined) all.push(where('time_ms', '>=', query.fromMs));
      if (query.toMs !== undefined) all.push(where('time_ms', '<', query.toMs));
      if (query.before !== undefined) all.push(where('entry', '<', query.before));
      for (const [column, value] of Object.entries(equal))
        if (value !== undefined) all.push(where(column as keyof typeof equal, '=', value));
      return where.and(all);
    })
    .orderBy('entry', 'desc')
    .limit(query.limit)
    .execute();
  return rows.map(rowOfStored);
};

const selectUnanswered = async (
  db: Database,
  log: string,
  range: UnansweredRange,
): Promise<readonly UnfinishedDecision[]> => {
  const rows = await db
    .selectFrom('ledger_index as decision')
    .select(['entry', 'time_ms', 'correlation_uid', 'principal', 'resource'])
    .where('log', '=', log)
    .where('entry', '>=', range.from)
    .where('entry', '<', range.to)
    .where('event_code', '=', range.decisionCode)
    .where('decision', '=', 'allow')
    .where('correlation_uid', 'is not', null)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('ledger_index as answer')
            .select('answer.entry')
            .whereRef('answer.log', '=', 'decision.log')
            .whereRef('answer.correlation_uid', '=', 'decision.correlation_uid')
            .where('answer.event_code', 'in', range.closingCodes),
        ),
      ),
    )
    .orderBy('entry')
    .limit(range.limit)
    .execute();
  return rows.map((row) => ({
    index: row.entry,
    timeMs: row.time_ms,
    correlationUid: row.correlation_uid ?? '',
    principal: row.principal,
    resource: row.resource,
  }));
};

/** The index of one log. */
export const createIndexStore = (storage: Storage, log: string): IndexStore => {
  const db = storage.database<LedgerTables>();
  return {
    position: async (name) => {
      const row = await db
        .selectFrom('ledger_positions')
        .select('entry')
        .where('log', '=', log)
        .where('name', '=', name)
        .executeTakeFirst();
      return row?.entry ?? 0;
    },
    setPosition: (name, entry) => putPosition(db, log, { name, entry }),
    insert: (rows, position) =>
      storage.derived<LedgerTables, void>(async (trx) => {
        await insertRows(trx, storage.kind, { log, json: encodeRows(rows) });
        await putPosition(trx, log, { name: 'index', entry: position });
      }),
    clear: () =>
      db.transaction().execute(async (trx) => {
        await trx.deleteFrom('ledger_index').where('log', '=', log).execute();
        await putPosition(trx, log, { name: 'index', entry: 0 });
      }),
    query: (query) => selectRows(db, log, query),
    unanswered: (range) => selectUnanswered(db, log, range),
  };
};
