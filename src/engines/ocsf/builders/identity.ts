/** Authentication (3002), Authorize Session (3003) and Entity Management (3004). */
import type { OcsfEvent } from '../event.ts';
import { actorOf, clip, type EventBasics, type Party, put, startEvent, userOf } from './base.ts';
import { addControl, type ControlOutcome } from './control.ts';

const authenticationActivities = {
  logon: 1,
  logoff: 2,
  ticket: 3,
  serviceTicket: 4,
  ticketRenewal: 5,
  preauthentication: 6,
} as const;

const protocolIds: Readonly<Record<string, number>> = {
  Kerberos: 2,
  OpenID: 4,
  SAML: 5,
  'OAUTH 2.0': 6,
  Basic: 11,
  LDAP: 12,
};

const logonTypes = { interactive: 2, network: 3, service: 5 } as const;

export type Authentication = EventBasics & {
  readonly activity: keyof typeof authenticationActivities;
  /** Who authenticated, or who was claimed. */
  readonly user: Party;
  readonly actor?: Party;
  /** For example `mTLS`, `JWT-SVID`, `OpenID`; unknown ones are written as text. */
  readonly protocol: string;
  /** Part of Sallyport that checked, for example `gateway`. */
  readonly service: string;
  readonly logonType?: keyof typeof logonTypes;
  readonly isMfa?: boolean;
  readonly session?: { readonly uid: string; readonly issuer?: string };
  readonly source?: { readonly uid: string };
  readonly control?: ControlOutcome;
};

/** Builds an Authentication event: a logon, a token issued, a failed proof of identity. */
export const buildAuthentication = (facts: Authentication): OcsfEvent => {
  const activityId = authenticationActivities[facts.activity];
  const profiles = facts.control === undefined ? [] : ['security_control'];
  const event = startEvent(facts, { classUid: 3002, activityId }, profiles);
  const fields: Record<string, unknown> = event;
  fields.user = userOf(facts.user);
  fields.service = { name: facts.service };
  fields.auth_protocol = facts.protocol;
  fields.auth_protocol_id = Object.hasOwn(protocolIds, facts.protocol)
    ? protocolIds[facts.protocol]
    : 99;
  if (facts.actor !== undefined) fields.actor = actorOf(facts.actor);
  if (facts.logonType !== undefined) fields.logon_type_id = logonTypes[facts.logonType];
  put(fields, 'is_mfa', facts.isMfa);
  put(fields, 'session', facts.session);
  put(fields, 'src_endpoint', facts.source);
  if (facts.control !== undefined) addControl(fields, facts.control);
  return event;
};

export type SessionAuthorization = EventBasics & {
  readonly user: Party;
  readonly actor?: Party;
  readonly session?: { readonly uid: string; readonly issuer?: string };
  /** Exactly one of the two. */
  readonly grant:
    | { readonly privileges: readonly string[] }
    | { readonly group: { readonly uid: string; readonly type?: string } };
};

/** Builds an Authorize Session event: privileges or a group given to a new session. */
export const buildSessionAuthorization = (facts: SessionAuthorization): OcsfEvent => {
  const activityId = 'privileges' in facts.grant ? 1 : 2;
  const event = startEvent(facts, { classUid: 3003, activityId });
  const fields: Record<string, unknown> = event;
  fields.user = userOf(facts.user);
  if (facts.actor !== undefined) fields.actor = actorOf(facts.actor);
  put(fields, 'session', facts.session);
  if ('privileges' in facts.grant) fields.privileges = facts.grant.privileges;
  else fields.group = facts.grant.group;
  return event;
};

const entityActivities = {
  create: 1,
  read: 2,
  update: 3,
  delete: 4,
  move: 5,
  enroll: 6,
  unenroll: 7,
  enable: 8,
  disable: 9,
  activate: 10,
  deactivate: 11,
  suspend: 12,
  resume: 13,
} as const;

export type EntityChange = EventBasics & {
  readonly activity: keyof typeof entityActivities;
  /** Who changed it; absent: Sallyport itself. */
  readonly actor?: Party;
  /** What was changed: `{type: 'Endpoint', uid: 'digits'}`. `data` must hold no personal facts. */
  readonly entity: Party & { readonly data?: unknown; readonly version?: string };
  readonly comment?: string;
  readonly control?: ControlOutcome;
};

/** Builds an Entity Management event: a policy, endpoint, token, principal or budget changed. */
export const buildEntityChange = (facts: EntityChange): OcsfEvent => {
  const activityId = entityActivities[facts.activity];
  const profiles = facts.control === undefined ? [] : ['security_control'];
  const event = startEvent(facts, { classUid: 3004, activityId }, profiles);
  const fields: Record<string, unknown> = event;
  const entity: Record<string, unknown> = { uid: facts.entity.uid, type: facts.entity.type };
  put(entity, 'data', facts.entity.data);
  put(entity, 'version', facts.entity.version);
  fields.entity = entity;
  fields.actor = actorOf(facts.actor ?? { type: 'System', uid: 'sallyport' });
  if (facts.comment !== undefined) fields.comment = clip(facts.comment);
  if (facts.control !== undefined) addControl(fields, facts.control);
  return event;
};
