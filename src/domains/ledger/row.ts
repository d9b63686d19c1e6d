/** The row that the derived index keeps of an entry; a pure function of the entry. */
import { type EventTemplate, type OcsfEvent, WrittenEvent } from '../../engines/ocsf/index.ts';
import type { EntryParts } from './entry.ts';
import type { EventClass, LedgerRow } from './types.ts';

const maxTextLength = 512;

/** Databases take neither NUL nor half of a surrogate pair. */
const text = (value: unknown): string | null =>
  typeof value === 'string' && value.length > 0
    ? value.slice(0, maxTextLength).toWellFormed().replaceAll('\0', '\ufffd')
    : null;

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;

/** `Type::id` of the actor's user object, or its uid alone when it has no type. */
const principalOf = (ocsf: OcsfEvent): string | null => {
  const user = member(ocsf.actor, 'user') ?? ocsf.user;
  const uid = text(member(user, 'uid'));
  const type = text(member(user, 'type'));
  return uid === null || type === null ? uid : `${type}::${uid}`;
};

const resourceOf = (ocsf: OcsfEvent): string | null => {
  const resources = ocsf.resources;
  const first = Array.isArray(resources) ? (resources[0] as unknown) : (ocsf.entity ?? undefined);
  const uid = text(member(first, 'uid')) ?? text(member(first, 'name'));
  const type = text(member(first, 'type'));
  return uid === null || type === null ? uid : `${type}::${uid}`;
};

/** What was decided; in shadow mode (action 3, observed) the authorization tells. */
const decisionOf = (ocsf: OcsfEvent): 'allow' | 'deny' | null => {
  if (ocsf.action_id === 1) return 'allow';
  if (ocsf.action_id === 2) return 'deny';
  const { authorizations } = ocsf;
  const first = Array.isArray(authorizations) ? (authorizations[0] as unknown) : undefined;
  const decision = member(first, 'decision');
  return decision === 'allow' || decision === 'deny' ? decision : null;
};

/** The index row of an entry. The decision comes from the security_control profile. */
export const rowOf = (index: number, eventClass: EventClass, ocsf: OcsfEvent): LedgerRow => ({
  index,
  timeMs: ocsf.time,
  class: eventClass,
  classUid: ocsf.class_uid,
  typeUid: ocsf.type_uid,
  severityId: ocsf.severity_id,
  eventCode: text(ocsf.metadata.event_code),
  correlationUid: text(ocsf.metadata.correlation_uid),
  principal: principalOf(ocsf),
  resource: resourceOf(ocsf),
  decision: decisionOf(ocsf),
});

/** Rows of entries that were just made. Of a template, all but three columns are known beforehand. */
export type RowMaker = { readonly of: (index: number, parts: EntryParts) => LedgerRow };

export const createRowMaker = (): RowMaker => {
  const known = new WeakMap<EventTemplate, LedgerRow>();
  return {
    of: (index, { class: eventClass, ocsf }) => {
      if (!(ocsf instanceof WrittenEvent)) return rowOf(index, eventClass, ocsf);
      const { template, timeMs, correlationUid } = ocsf;
      let row = known.get(template);
      if (row === undefined) {
        row = rowOf(index, eventClass, template.sample);
        known.set(template, row);
      }
      return { ...row, index, class: eventClass, timeMs, correlationUid: text(correlationUid) };
    },
  };
};

/** True when a row answers a query (limit and cursor aside); the same rule as the SQL in store.ts. */
export const rowMatches = (
  row: LedgerRow,
  query: Readonly<Partial<LedgerRow>> & { readonly fromMs?: number; readonly toMs?: number },
): boolean =>
  (query.fromMs === undefined || row.timeMs >= query.fromMs) &&
  (query.toMs === undefined || row.timeMs < query.toMs) &&
  (['classUid', 'principal', 'resource', 'decision', 'correlationUid', 'eventCode'] as const).every(
    (name) => query[name] === undefined || row[name] === query[name],
  );
