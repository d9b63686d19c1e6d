/**
 * Ledger events of the control plane: OCSF API Activity (6003) with the decision. The caller's
 * address is personal and stands only in the sealed fields.
 */
import { type AccessRequest, recordedDecision } from '../../domains/access/index.ts';
import type { VerifiedIdentity } from '../../domains/identity/index.ts';
import type { EventClass, LedgerEvent } from '../../domains/ledger/index.ts';
import type { Decision } from '../../engines/authorization/index.ts';
import { type ApiActivity, buildApiActivity, eventCodes } from '../../engines/ocsf/index.ts';
import type { HttpRequest } from '../../platform/http/index.ts';

export type DecidedCall = {
  readonly class: EventClass;
  readonly timeMs: number;
  readonly request: HttpRequest;
  readonly identity: VerifiedIdentity;
  readonly asked: AccessRequest;
  readonly decision: Decision;
};

const activities: Readonly<Record<string, ApiActivity['activity']>> = {
  GET: 'read',
  POST: 'create',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
};

/** The decision about one call of the control plane. */
export const decisionEvent = (call: DecidedCall): LedgerEvent => {
  const { request, identity, asked, decision } = call;
  return {
    class: call.class,
    ocsf: buildApiActivity({
      timeMs: call.timeMs,
      tenant: identity.tenant,
      correlationUid: request.id,
      requestUid: request.id,
      eventCode: eventCodes.accessDecision,
      activity: activities[request.method] ?? 'read',
      operation: asked.action,
      service: 'api',
      actor: { type: identity.principal.type, uid: identity.principal.id },
      session: { uid: identity.credentialId, issuer: identity.method },
      resources: [{ type: asked.resource.type, uid: asked.resource.id }],
      control: {
        decision: decision.decision,
        policies: decision.reasons.map(({ policyId }) => ({ uid: policyId })),
      },
      http: { method: request.method, path: request.url },
      unmapped: recordedDecision(asked, decision),
    }),
    personal: { subject: identity.principal.id, fields: { address: request.peerAddress } },
  };
};
