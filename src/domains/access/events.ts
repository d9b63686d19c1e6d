/**
 * Ledger events of the access room, and the facts that make a recorded decision replayable: they
 * stand under `unmapped.decision` of whichever event records it.
 */
import { buildApiActivity, buildEntityChange, eventCodes } from '../../engines/ocsf/index.ts';
import type { Decision, EntityRef } from '../../engines/authorization/index.ts';
import type { LedgerEvent } from '../ledger/index.ts';
import type { AccessRequest, AccessSearch, PolicySetInfo } from './types.ts';

type Facts = Readonly<Record<string, unknown>>;

const maxRecordedLength = 16_384;

/** Plain JSON: integers beyond 2^53 become text, which every reader keeps. */
const toPlain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'bigint' ? item.toString() : item,
    ),
  );

/** A network address is personal; it belongs into sealed fields only. */
const withoutAddress = (context: AccessRequest['context']): Facts => {
  const network = context['network'];
  if (typeof network !== 'object' || network === null || !('peer' in network)) return context;
  const { peer: _peer, ...rest } = network as Readonly<Record<string, unknown>>;
  return { ...context, network: rest };
};

const reasonText = ({ policyId, file, line }: Decision['reasons'][number]): Facts => ({
  policyId,
  ...(file === undefined ? {} : { file }),
  ...(line === undefined ? {} : { line }),
});

/**
 * The facts of one decision for the `unmapped` member of an OCSF event: `{decision: {…}}`, at most
 * about 16 KB. Without the caller's address. A context that is too large is left out, and such a
 * decision cannot be replayed.
 */
export const recordedDecision = (request: AccessRequest, decision: Decision): Facts => {
  const { principal, action, resource, context, claims } = request;
  const asked = { context: withoutAddress(context), ...(claims === undefined ? {} : { claims }) };
  const answer = {
    principal,
    action,
    resource,
    decision: decision.decision,
    reasons: decision.reasons.slice(0, 32).map(reasonText),
    obligations: decision.obligations,
    errors: decision.errors.slice(0, 8),
  };
  const isLarge = JSON.stringify(toPlain(asked)).length > maxRecordedLength;
  return { decision: toPlain({ ...answer, ...(isLarge ? { omitted: true } : asked) }) };
};

const partyOf = ({ type, id }: EntityRef): { readonly type: string; readonly uid: string } => ({
  type,
  uid: id,
});

export type AskedDecision = {
  readonly request: AccessRequest;
  readonly decision: Decision;
  readonly timeMs: number;
  /** Who asked, when it is not the principal itself. */
  readonly asker?: EntityRef;
  readonly tenant?: string;
  readonly requestId?: string;
  /** Part of Sallyport that was asked, for example `authzen`. */
  readonly service: string;
};

/** A decision given to somebody who enforces it elsewhere; forensic. */
export const decisionAsked = (asked: AskedDecision): LedgerEvent => {
  const { request, decision, timeMs, asker, tenant, requestId, service } = asked;
  return {
    class: 'forensic',
    ocsf: buildApiActivity({
      timeMs,
      activity: 'read',
      eventCode: eventCodes.accessDecision,
      operation: request.action,
      service,
      actor: partyOf(asker ?? request.principal),
      resources: [partyOf(request.resource)],
      control: {
        decision: decision.decision,
        policies: decision.reasons.map(({ policyId }) => ({ uid: policyId })),
      },
      ...(tenant === undefined ? {} : { tenant }),
      ...(requestId === undefined ? {} : { requestUid: requestId, correlationUid: requestId }),
      unmapped: recordedDecision(request, decision),
    }),
  };
};

export type AskedSearch = {
  readonly search: AccessSearch;
  /** Number of answers given. */
  readonly found: number;
  readonly timeMs: number;
  readonly asker: EntityRef;
  readonly tenant: string;
  readonly requestId: string;
};

/** A search was answered; forensic. What was found follows from policies and entities. */
export const searchAsked = (asked: AskedSearch): LedgerEvent => {
  const { search, found, timeMs, asker, tenant, requestId } = asked;
  const { find, principal, action, resource } = search;
  return {
    class: 'forensic',
    ocsf: buildApiActivity({
      timeMs,
      activity: 'read',
      eventCode: 'access.search',
      operation: `search:${find}`,
      service: 'authzen',
      actor: partyOf(asker),
      tenant,
      requestUid: requestId,
      correlationUid: requestId,
      unmapped: { search: { find, principal, action: action ?? null, resource, found } },
    }),
  };
};

export type PolicyReplacement = {
  readonly before: PolicySetInfo;
  readonly after: PolicySetInfo;
  readonly actor: EntityRef;
  readonly timeMs: number;
  /** False: another replica was faster, and the set announced before never came into force. */
  readonly isSuccess?: boolean;
};

/** Another policy set comes into force; decisive, appended before it does. */
export const policiesReplaced = (replacement: PolicyReplacement): LedgerEvent => {
  const { before, after, actor, timeMs, isSuccess = true } = replacement;
  return {
    class: 'decisive',
    ocsf: buildEntityChange({
      timeMs,
      activity: 'update',
      eventCode: 'policy.replaced',
      severity: 'medium',
      actor: partyOf(actor),
      entity: {
        type: 'PolicySet',
        uid: 'access',
        version: String(after.version),
        data: {
          digestBefore: before.digest,
          digestAfter: after.digest,
          versionBefore: before.version,
          files: after.files.map(({ file }) => file).slice(0, 64),
          policies: after.policyIds.length,
        },
      },
      status: { isSuccess },
    }),
  };
};
