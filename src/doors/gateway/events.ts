/**
 * Ledger events of the gateway: OCSF API Activity (6003) with the profiles security_control and
 * ai_operation. The decision and the outcome of an exchange share the request id. The address of
 * the caller is personal and stands only in the sealed fields of the connection's logon event.
 */
import {
  type AiOperation,
  type ApiActivity,
  buildApiActivity,
  buildAuthentication,
  buildGatewayDecision,
  buildGatewayOutcome,
  type ControlOutcome,
  type Disposition,
  type HttpExchange,
} from '../../engines/ocsf/index.ts';
import type { Refusal } from '../../kernel/errors.ts';
import type { VerifiedIdentity } from '../../domains/identity/index.ts';
import type { LedgerEvent } from '../../domains/ledger/index.ts';
import type { Exchange } from './exchange.ts';

const partyOf = (identity: VerifiedIdentity): { readonly type: string; readonly uid: string } => ({
  type: identity.principal.type,
  uid: identity.principal.id,
});

const dispositionOf = (refusal: Refusal | undefined): Disposition => {
  if (refusal === undefined) return 'allowed';
  const { status } = refusal.error;
  if (status === 401) return 'challenge';
  if (status === 403) return 'unauthorized';
  return status >= 500 ? 'error' : 'rejected';
};

/** The control's word: `deny` also when something after the policy (a budget) said no. */
const controlOf = (exchange: Exchange): ControlOutcome => {
  const refusal = exchange.refusal ?? exchange.shadowed;
  const { decision, isShadow } = exchange;
  const control: ControlOutcome = {
    decision: refusal === undefined ? 'allow' : 'deny',
    isEnforced: !isShadow,
    policies: (decision?.reasons ?? []).map(({ policyId }) => ({ uid: policyId })),
  };
  // In shadow mode the disposition says what was seen, the status what would have been answered.
  return isShadow ? control : { ...control, disposition: dispositionOf(refusal) };
};

const aiOf = (exchange: Exchange): AiOperation | undefined => {
  const { endpoint, usage, match } = exchange;
  if (endpoint === undefined) return undefined;
  const model = {
    name: endpoint.upstreamModel,
    provider: endpoint.upstream.hostname,
    uid: endpoint.name,
    ...(match?.version === undefined ? {} : { version: match.version }),
  };
  if (usage === undefined) return { model };
  return {
    model,
    promptTokens: usage.inputTokens,
    completionTokens: usage.outputTokens,
    totalTokens: usage.inputTokens + usage.outputTokens,
  };
};

const httpOf = (exchange: Exchange, isFinal: boolean): HttpExchange => {
  const request = {
    method: exchange.head?.method ?? '',
    path: exchange.head?.path ?? '/',
    requestBytes: exchange.requestBytes,
  };
  if (!isFinal || exchange.status === 0) return request;
  return { ...request, status: exchange.status, responseBytes: exchange.responseBytes };
};

/** What policies were asked, so that a candidate set can be replayed over recorded decisions. */
const factsOf = (exchange: Exchange): Readonly<Record<string, unknown>> => {
  const { decision, shadowed, policyContext } = exchange;
  const facts: Record<string, unknown> = {};
  if (policyContext !== undefined) facts['context'] = policyContext;
  const { obligations = [], errors = [] } = decision ?? {};
  if (obligations.length > 0)
    facts['obligations'] = obligations.map(({ name, argument }) =>
      argument === undefined ? name : `${name}:${argument}`,
    );
  if (errors.length > 0) facts['policy_errors'] = errors.length;
  if (shadowed !== undefined) facts['shadow'] = shadowed.error.code;
  return facts;
};

type Shared = Omit<ApiActivity, 'activity' | 'service' | 'eventCode' | 'correlationUid'> & {
  readonly correlationUid: string;
};

const shared = (exchange: Exchange, timeMs: number): Shared => {
  const { identity, resource, refusal, connection, match } = exchange;
  const ai = aiOf(exchange);
  return {
    timeMs,
    correlationUid: exchange.id,
    operation: match?.route.action ?? 'none',
    requestUid: exchange.id,
    source: { uid: connection.uid },
    ...(identity === undefined
      ? {}
      : {
          tenant: identity.tenant,
          actor: partyOf(identity),
          session: { uid: identity.credentialId, issuer: identity.method },
        }),
    ...(resource === undefined ? {} : { resources: [{ type: resource.type, uid: resource.id }] }),
    ...(ai === undefined ? {} : { ai }),
    ...(refusal === undefined
      ? {}
      : { status: { isSuccess: false, code: refusal.error.code, detail: refusal.detail } }),
  };
};

/** The decision about an exchange; decisive. */
export const decisionEvent = (exchange: Exchange): LedgerEvent => ({
  class: 'decisive',
  ocsf: buildGatewayDecision({
    ...shared(exchange, exchange.timeMs),
    control: controlOf(exchange),
    http: httpOf(exchange, false),
    unmapped: factsOf(exchange),
  }),
});

/** How an allowed exchange ended; forensic. */
export const outcomeEvent = (exchange: Exchange): LedgerEvent => {
  const { clock } = exchange.gateway.deps;
  return {
    class: 'forensic',
    ocsf: buildGatewayOutcome({
      ...shared(exchange, clock.nowMs()),
      http: httpOf(exchange, true),
      durationMs: clock.monotonicMs() - exchange.startedMs,
    }),
  };
};

/** A request that was refused before there was anything to decide; forensic. */
export const attemptEvent = (exchange: Exchange): LedgerEvent => ({
  class: 'forensic',
  ocsf: buildApiActivity({
    ...shared(exchange, exchange.timeMs),
    activity: 'create',
    service: 'gateway',
    eventCode: 'gateway.attempt',
    http: httpOf(exchange, true),
  }),
});

/** The first use of an identity on a connection: ties the opaque source to the sealed address. */
export const logonEvent = (exchange: Exchange, identity: VerifiedIdentity): LedgerEvent => ({
  class: 'forensic',
  ocsf: buildAuthentication({
    timeMs: exchange.timeMs,
    tenant: identity.tenant,
    activity: 'logon',
    eventCode: 'gateway.logon',
    user: partyOf(identity),
    protocol: identity.method,
    service: 'gateway',
    logonType: 'network',
    session: { uid: identity.credentialId },
    source: { uid: exchange.connection.uid },
    status: { isSuccess: true },
  }),
  personal: {
    subject: identity.principal.id,
    fields: { address: exchange.connection.address },
  },
});
