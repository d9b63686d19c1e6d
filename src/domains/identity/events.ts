/**
 * Ledger events of the identity room. Every change is one decisive Entity Management event, every
 * credential handed out one decisive Authentication event. Names go into the sealed fields only.
 */
import {
  buildAuthentication,
  buildEntityChange,
  type EntityChange,
  type EventBasics,
  type Party,
} from '../../engines/ocsf/index.ts';
import type { SpiffeId, TenantId } from '../../kernel/ids.ts';
import { type LedgerEvent, readEvent } from '../ledger/index.ts';
import type { StoredAuthority } from './authority-store.ts';
import type { Actor, ApiToken, Principal, PrincipalRef } from './types.ts';

/** Sallyport acting on its own, for example when it renews an authority. */
export const systemActor = (tenant: TenantId): Actor => ({
  principal: { type: 'System', id: 'sallyport' },
  tenant,
});

export const partyOf = (ref: { readonly type: string; readonly id: string }): Party => ({
  type: ref.type,
  uid: ref.id,
});

export const basicsOf = (actor: Actor, timeMs: number, eventCode: string): EventBasics => ({
  timeMs,
  eventCode,
  tenant: actor.tenant,
  status: { isSuccess: true },
  ...(actor.requestId === undefined ? {} : { correlationUid: actor.requestId }),
});

type Change = {
  readonly activity: EntityChange['activity'];
  readonly eventCode: string;
  readonly entity: EntityChange['entity'];
};

/** An Entity Management event about something that changed. */
export const entityChanged = (actor: Actor, timeMs: number, change: Change): LedgerEvent['ocsf'] =>
  buildEntityChange({
    ...basicsOf(actor, timeMs, change.eventCode),
    activity: change.activity,
    actor: partyOf(actor.principal),
    entity: change.entity,
  });

export const principalCreated = (
  actor: Actor,
  principal: Principal,
  groups: { readonly roles: readonly string[]; readonly teams: readonly string[] },
): LedgerEvent => ({
  class: 'decisive',
  ocsf: entityChanged(actor, principal.createdAtMs, {
    activity: 'create',
    eventCode: 'principal.created',
    entity: {
      ...partyOf(principal),
      data: {
        tenant: principal.tenant,
        ...(principal.spiffeId === undefined ? {} : { spiffe_id: principal.spiffeId }),
        ...groups,
      },
    },
  }),
  personal: { subject: principal.id, fields: { name: principal.name } },
});

export const principalSwitched = (
  actor: Actor,
  principal: Principal,
  change: { readonly disabled: boolean; readonly timeMs: number },
): LedgerEvent => ({
  class: 'decisive',
  ocsf: entityChanged(actor, change.timeMs, {
    activity: change.disabled ? 'disable' : 'enable',
    eventCode: change.disabled ? 'principal.disabled' : 'principal.enabled',
    entity: partyOf(principal),
  }),
});

export const tokenCreated = (actor: Actor, token: ApiToken): LedgerEvent => ({
  class: 'decisive',
  ocsf: entityChanged(actor, token.createdAtMs, {
    activity: 'create',
    eventCode: 'token.created',
    entity: {
      type: 'ApiToken',
      uid: token.id,
      data: {
        principal: `${token.principal.type}::${token.principal.id}`,
        expires_at_ms: token.expiresAtMs,
      },
    },
  }),
  personal: { subject: token.principal.id, fields: { name: token.name } },
});

export const tokenRevoked = (actor: Actor, token: ApiToken, timeMs: number): LedgerEvent => ({
  class: 'decisive',
  ocsf: entityChanged(actor, timeMs, {
    activity: 'delete',
    eventCode: 'token.revoked',
    entity: {
      type: 'ApiToken',
      uid: token.id,
      data: { principal: `${token.principal.type}::${token.principal.id}` },
    },
  }),
});

export const joinTokenCreated = (
  actor: Actor,
  token: { readonly id: string; readonly spiffeId: SpiffeId; readonly expiresAtMs: number },
  timeMs: number,
): LedgerEvent => ({
  class: 'decisive',
  ocsf: entityChanged(actor, timeMs, {
    activity: 'create',
    eventCode: 'join-token.created',
    entity: {
      type: 'JoinToken',
      uid: token.id,
      data: { spiffe_id: token.spiffeId, expires_at_ms: token.expiresAtMs },
    },
  }),
});

export const svidRevoked = (actor: Actor, credentialId: string, timeMs: number): LedgerEvent => ({
  class: 'decisive',
  ocsf: entityChanged(actor, timeMs, {
    activity: 'delete',
    eventCode: 'svid.revoked',
    entity: { type: 'Svid', uid: credentialId },
  }),
});

export const authorityCreated = (actor: Actor, authority: StoredAuthority): LedgerEvent => ({
  class: 'decisive',
  ocsf: entityChanged(actor, authority.createdAtMs, {
    activity: 'create',
    eventCode: 'authority.created',
    entity: {
      type: 'Authority',
      uid: authority.id,
      data: {
        kind: authority.kind,
        sequence: authority.sequence,
        activates_at_ms: authority.activatesAtMs,
        expires_at_ms: authority.expiresAtMs,
      },
    },
  }),
});

export type IssuedCredential = {
  readonly principal: { readonly type: string; readonly id: string };
  readonly protocol: 'X509-SVID' | 'JWT-SVID';
  readonly credentialId: string;
  readonly spiffeId: SpiffeId;
  readonly expiresAtMs: number;
  readonly timeMs: number;
  readonly audience?: readonly string[];
};

export const svidIssued = (actor: Actor, issued: IssuedCredential): LedgerEvent => ({
  class: 'decisive',
  ocsf: buildAuthentication({
    ...basicsOf(actor, issued.timeMs, 'svid.issued'),
    activity: 'serviceTicket',
    user: partyOf(issued.principal),
    actor: partyOf(actor.principal),
    protocol: issued.protocol,
    service: 'identity',
    session: { uid: issued.credentialId },
    unmapped: {
      spiffe_id: issued.spiffeId,
      expires_at_ms: issued.expiresAtMs,
      ...(issued.audience === undefined ? {} : { audience: issued.audience }),
    },
  }),
});

/** The first administrator stepped in, or a workload joined with a token. */
export const enrolled = (
  actor: Actor,
  facts: {
    readonly principal: PrincipalRef;
    readonly protocol: 'enrolment-code' | 'join-token';
    readonly credentialId: string;
    readonly timeMs: number;
  },
): LedgerEvent => ({
  class: 'decisive',
  ocsf: buildAuthentication({
    ...basicsOf(actor, facts.timeMs, `${facts.protocol}.redeemed`),
    activity: 'logon',
    user: partyOf(facts.principal),
    protocol: facts.protocol,
    service: 'identity',
    session: { uid: facts.credentialId },
  }),
});

export type FailedProof = {
  readonly method: string;
  readonly code: string;
  /** Opaque identity of the peer; its address is in `peer`. */
  readonly source: string;
  readonly peer: string;
  /** Like failures since the last event that were not written. */
  readonly suppressed: number;
  readonly timeMs: number;
  readonly tenant: TenantId;
};

/** One subject a day: erasable, and no peer can make the key store grow. */
const peersSubject = (timeMs: number): string =>
  `peers:${new Date(timeMs).toISOString().slice(0, 10)}`;

export const authenticationFailed = (failure: FailedProof): LedgerEvent => ({
  class: 'forensic',
  ocsf: buildAuthentication({
    timeMs: failure.timeMs,
    eventCode: 'authentication.failed',
    tenant: failure.tenant,
    severity: 'low',
    status: { isSuccess: false, code: failure.code },
    activity: 'logon',
    user: { type: 'Unknown', uid: 'unknown' },
    protocol: failure.method,
    service: 'identity',
    source: { uid: failure.source },
    unmapped: { suppressed: failure.suppressed },
  }),
  personal: { subject: peersSubject(failure.timeMs), fields: { peer: failure.peer } },
});

/** A change was recorded but could not be carried out; takes the earlier event back. */
export const changeFailed = (actor: Actor, event: LedgerEvent, timeMs: number): LedgerEvent => ({
  class: 'forensic',
  ocsf: buildEntityChange({
    ...basicsOf(actor, timeMs, 'identity.change-failed'),
    status: { isSuccess: false, code: 'E_IDENTITY_UNAVAILABLE' },
    severity: 'medium',
    activity: 'update',
    actor: partyOf(actor.principal),
    entity: { type: 'IdentityChange', uid: readEvent(event.ocsf).metadata.event_code ?? 'unknown' },
    comment: 'The change recorded before this event did not take effect.',
  }),
});
