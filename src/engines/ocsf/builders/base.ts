/** What all event builders share: identity of the event, severity, status, parties, controls. */
import type { OcsfEvent, OcsfMetadata } from '../event.ts';
import { ocsfVersion, sallyportProduct } from '../product.ts';

export const severities = {
  unknown: 0,
  informational: 1,
  low: 2,
  medium: 3,
  high: 4,
  critical: 5,
  fatal: 6,
} as const;
export type Severity = keyof typeof severities;

/** Longest free text put into an event; the rest is cut off. */
const maxTextLength = 1024;

export const clip = (text: string): string =>
  text.length <= maxTextLength ? text : text.slice(0, maxTextLength);

export type EventStatus = {
  readonly isSuccess: boolean;
  /** For example an error code. */
  readonly code?: string;
  readonly detail?: string;
};

/** Facts any event may carry. Names, e-mail addresses and client addresses do not belong here. */
export type EventBasics = {
  readonly timeMs: number;
  /** Identity of this event. */
  readonly uid?: string;
  /** Shared by the events of one exchange. */
  readonly correlationUid?: string;
  /** What the event means to Sallyport: one of `eventCodes`, or another dotted name. */
  readonly eventCode?: string;
  readonly tenant?: string;
  /** `informational` when absent. */
  readonly severity?: Severity;
  readonly message?: string;
  readonly status?: EventStatus;
  /** Facts without a place in OCSF; plain JSON. */
  readonly unmapped?: Readonly<Record<string, unknown>>;
};

/** A principal: `{type: 'Service', uid: 'trainer'}`. The uid must not be a name or an address. */
export type Party = { readonly type: string; readonly uid: string };

export type MutableEvent = Record<string, unknown> & OcsfEvent;

const metadataOf = (basics: EventBasics, profiles: readonly string[]): OcsfMetadata => {
  const metadata: Record<string, unknown> & OcsfMetadata = {
    version: ocsfVersion,
    product: sallyportProduct,
  };
  const fields = metadata as Record<string, unknown>;
  if (profiles.length > 0) fields.profiles = profiles;
  if (basics.uid !== undefined) fields.uid = basics.uid;
  if (basics.correlationUid !== undefined) fields.correlation_uid = basics.correlationUid;
  if (basics.eventCode !== undefined) fields.event_code = basics.eventCode;
  if (basics.tenant !== undefined) fields.tenant_uid = basics.tenant;
  return metadata;
};

/** Starts an event of a class; the builder adds what is particular to it. */
export const startEvent = (
  basics: EventBasics,
  kind: { readonly classUid: number; readonly activityId: number },
  profiles: readonly string[] = [],
): Record<string, unknown> & OcsfEvent => {
  const event: Record<string, unknown> & OcsfEvent = {
    class_uid: kind.classUid,
    category_uid: Math.floor(kind.classUid / 1000),
    activity_id: kind.activityId,
    type_uid: kind.classUid * 100 + kind.activityId,
    severity_id: severities[basics.severity ?? 'informational'],
    time: basics.timeMs,
    metadata: metadataOf(basics, profiles),
  };
  const fields = event as Record<string, unknown>;
  if (basics.message !== undefined) fields.message = clip(basics.message);
  if (basics.unmapped !== undefined) fields.unmapped = basics.unmapped;
  if (basics.status !== undefined) addStatus(fields, basics.status);
  return event;
};

const addStatus = (fields: Record<string, unknown>, status: EventStatus): void => {
  fields.status_id = status.isSuccess ? 1 : 2;
  if (status.code !== undefined) fields.status_code = status.code;
  if (status.detail !== undefined) fields.status_detail = clip(status.detail);
};

const userTypeIds: Readonly<Record<string, number>> = { User: 1, System: 3, Service: 4 };

/** OCSF `user` object of a party; unknown types (agents, devices) become 99 with the text. */
export const userOf = (party: Party): Readonly<Record<string, unknown>> => ({
  uid: party.uid,
  type: party.type,
  type_id: Object.hasOwn(userTypeIds, party.type) ? userTypeIds[party.type] : 99,
});

/** OCSF `actor`; an exchange without proven identity names the application "anonymous". */
export const actorOf = (party: Party | undefined): Readonly<Record<string, unknown>> =>
  party === undefined ? { app_name: 'anonymous' } : { user: userOf(party) };

/** Adds an optional attribute. */
export const put = (fields: Record<string, unknown>, name: string, value: unknown): void => {
  if (value !== undefined) fields[name] = value;
};
