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
  type OcsfEvent,
  recordedPath,
  type WrittenEvent,
} from '../../engines/ocsf/index.ts';
import type { Refusal } from '../../kernel/errors.ts';
import { type AccessRequest, recordedDecision } from '../../domains/access/index.ts';
import type { VerifiedIdentity } from '../../domains/identity/index.ts';
import type { LedgerEvent } from '../../domains/ledger/index.ts';
import { type Exchange, filled } from './exchange.ts';

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
  const control = {
    decision: refusal === undefined ? ('allow' as const) : ('deny' as const),
    isEnforced: !exchange.isShadow,
    policies: (exchange.decision?.reasons ?? []).map(({ policyId }) => ({ uid: policyId })),
  };
  // In shadow mode the disposition says what was seen, the status what would have been answered.
  return exchange.isShadow ? control : { ...control, disposition: dispositionOf(refusal) };
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const aiOf = (exchange: Exchange): AiOperation | undefined => {
  const { endpoint, usage } = exchange;
  if (endpoint === undefined) return undefined;
  const version = exchange.match?.version;
  const model: Mutable<AiOperation['model']> = {
    name: endpoint.upstreamModel,
    provider: endpoint.upstream.hostname,
    uid: endpoint.name,
  };
  if (version !== undefined) model.version = version;
  if (usage === undefined) return { model };
  return {
    model,
    promptTokens: usage.inputTokens,
    completionTokens: usage.outputTokens,
    totalTokens: usage.inputTokens + usage.outputTokens,
  };
};

const httpOf = (exchange: Exchange, isFinal: boolean): HttpExchange => {
  const http: Mutable<HttpExchange> = {
    method: exchange.head?.method ?? '',
    path: exchange.head?.path ?? '/',
    requestBytes: exchange.requestBytes,
  };
  if (!isFinal || exchange.status === 0) return http;
  http.status = exchange.status;
  http.responseBytes = exchange.responseBytes;
  return http;
};

/** What policies were asked, so that a candidate set can be replayed over recorded decisions. */
const factsOf = (exchange: Exchange): Readonly<Record<string, unknown>> => {
  const { decision, shadowed, policyContext } = exchange;
  const facts: Record<string, unknown> = {};
  if (decision === undefined || policyContext === undefined) return facts;
  if (shadowed !== undefined) facts['shadow'] = shadowed.error.code;
  // The event's own decision is that of the whole pipeline; where it is not the policy's, both stand.
  const isAllowed = exchange.refusal === undefined && shadowed === undefined;
  if (isAllowed !== (decision.decision === 'allow'))
    return { ...facts, ...recordedDecision(askedOf(exchange, policyContext), decision) };
  facts['context'] = withoutAddress(policyContext);
  if (decision.obligations.length > 0)
    facts['obligations'] = decision.obligations.map(({ name, argument }) =>
      argument === undefined ? name : `${name}:${argument}`,
    );
  if (decision.errors.length > 0) facts['policy_errors'] = decision.errors.length;
  return facts;
};

type PolicyContext = AccessRequest['context'];

const askedOf = (exchange: Exchange, context: PolicyContext): AccessRequest => ({
  principal: filled(exchange.identity, 'identity').principal,
  action: filled(exchange.match, 'route').route.action,
  resource: filled(exchange.resource, 'resource'),
  context,
});

/** The address of the caller is personal; whether the connection was encrypted is not. */
const withoutAddress = (context: PolicyContext): object => {
  const network = context['network'] as { readonly encrypted?: boolean } | undefined;
  return { ...context, network: { encrypted: network?.encrypted === true } };
};

type Shared = Mutable<
  Omit<ApiActivity, 'activity' | 'service' | 'eventCode' | 'correlationUid'>
> & {
  correlationUid: string;
};

/** Built by assignment: two of these are made per request. */
const shared = (exchange: Exchange, timeMs: number): Shared => {
  const { identity, resource, refusal } = exchange;
  const facts: Shared = {
    timeMs,
    correlationUid: exchange.id,
    operation: exchange.match?.route.action ?? 'none',
    source: { uid: exchange.connection.uid },
  };
  if (identity !== undefined) {
    facts.tenant = identity.tenant;
    facts.actor = partyOf(identity);
    facts.session = { uid: identity.credentialId, issuer: identity.method };
  }
  if (resource !== undefined) facts.resources = [{ type: resource.type, uid: resource.id }];
  const ai = aiOf(exchange);
  if (ai !== undefined) facts.ai = ai;
  if (refusal !== undefined)
    facts.status = { isSuccess: false, code: refusal.error.code, detail: refusal.detail };
  return facts;
};

const buildDecision = (
  exchange: Exchange,
  unmapped: Readonly<Record<string, unknown>>,
): OcsfEvent => {
  const facts = shared(exchange, exchange.timeMs);
  facts.http = httpOf(exchange, false);
  facts.unmapped = unmapped;
  return buildGatewayDecision(Object.assign(facts, { control: controlOf(exchange) }));
};

/** The decision about an exchange; decisive. */
export const decisionEvent = (exchange: Exchange): LedgerEvent => {
  const unmapped = factsOf(exchange);
  const { connection, head, requestBytes, timeMs, id: correlationUid } = exchange;
  const written = exchange.gateway.eventTemplates.write('decision', exchange, {
    build: () => buildDecision(exchange, unmapped),
    identity: { timeMs, correlationUid },
    values: [connection.uid, recordedPath(head?.path ?? '/'), requestBytes, unmapped],
  });
  return { class: 'decisive', ocsf: written ?? buildDecision(exchange, unmapped) };
};

type Ending = { readonly timeMs: number; readonly durationMs: number };

const buildOutcome = (exchange: Exchange, { timeMs, durationMs }: Ending): OcsfEvent => {
  const facts = shared(exchange, timeMs);
  facts.http = httpOf(exchange, true);
  facts.durationMs = durationMs;
  return buildGatewayOutcome(facts);
};

const writeOutcome = (exchange: Exchange, ending: Ending): WrittenEvent | undefined => {
  const { connection, head, requestBytes, status, responseBytes, usage, id } = exchange;
  if (status === 0) return undefined;
  const values = [
    connection.uid,
    recordedPath(head?.path ?? '/'),
    requestBytes,
    status,
    responseBytes,
  ];
  values.push(Math.round(ending.durationMs));
  if (usage !== undefined) {
    const { inputTokens, outputTokens } = usage;
    values.push(inputTokens, outputTokens, inputTokens + outputTokens);
  }
  const kind = usage === undefined ? 'outcome' : 'usage';
  return exchange.gateway.eventTemplates.write(kind, exchange, {
    build: () => buildOutcome(exchange, ending),
    identity: { timeMs: ending.timeMs, correlationUid: id },
    values,
  });
};

/** How an allowed exchange ended; forensic. */
export const outcomeEvent = (exchange: Exchange): LedgerEvent => {
  const { clock } = exchange.gateway.deps;
  const durationMs = clock.monotonicMs() - exchange.startedMs;
  const ending = { timeMs: clock.nowMs(), durationMs };
  return {
    class: 'forensic',
    ocsf: writeOutcome(exchange, ending) ?? buildOutcome(exchange, ending),
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
