/**
 * Step 8: the policies decide, from the proven identity, the resolved endpoint and the facts of
 * the call. In shadow mode a denial is remembered and the request goes on.
 */
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import type { CedarValue, Decision, EntityRef } from '../../../domains/access/index.ts';
import { gatewayErrors } from '../errors.ts';
import { type Exchange, filled } from '../exchange.ts';
import type { Connection } from '../front/connections.ts';
import type { StepResult } from '../types.ts';

type Context = Readonly<Record<string, CedarValue>>;

const mappedPrefix = '::ffff:';

const addressOf = (address: string): string =>
  address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address;

const requestFacts = (exchange: Exchange): CedarValue => {
  const { match, facts, requestBytes, endpoint } = exchange;
  const { protocol } = filled(match, 'route').route;
  if (facts === undefined || endpoint === undefined) return { protocol, bytes: requestBytes };
  return {
    protocol,
    bytes: requestBytes,
    model: endpoint.name,
    stream: facts.isStream,
    tools: facts.isTool,
    messages: facts.messages,
    elements: facts.elements,
    inputTokens: facts.inputTokens,
    outputTokens: facts.outputPerChoice * facts.choices,
  };
};

/** The same for every request of a connection, so it is made once. */
const networkFacts = (connection: Connection): CedarValue => {
  const { address, isTls: encrypted } = connection;
  if (address === 'unknown') return { encrypted };
  return { encrypted, peer: { __extn: { fn: 'ip', arg: addressOf(address) } } };
};

/** Facts of the call as `content/policies/schema.cedarschema` names them; unknown ones are absent. */
export const contextOf = (exchange: Exchange): Context => {
  const { tenant, method, authenticatedAtMs } = filled(exchange.identity, 'identity');
  const { connection, timeMs } = exchange;
  connection.networkFacts ??= networkFacts(connection);
  return {
    tenant,
    authentication: { methods: [method], ageMs: Math.max(0, timeMs - authenticatedAtMs) },
    network: connection.networkFacts,
    time: { __extn: { fn: 'datetime', arg: new Date(timeMs).toISOString() } },
    request: requestFacts(exchange),
  };
};

/** Asks the policies once, with the context of this exchange. */
export const ask = (exchange: Exchange, resource: EntityRef): Decision => {
  exchange.policyContext ??= contextOf(exchange);
  return exchange.gateway.deps.access.decide({
    principal: filled(exchange.identity, 'identity').principal,
    action: filled(exchange.match, 'route').route.action,
    resource,
    context: exchange.policyContext,
  });
};

/** Says who was denied what; not why: the reasons stand in the ledger under the request id. */
export const denied = (exchange: Exchange): Refusal => {
  const { principal } = filled(exchange.identity, 'identity');
  const { action } = filled(exchange.match, 'route').route;
  const what = `${principal.type} ${principal.id} may not ${action}`;
  const where = exchange.endpoint === undefined ? '' : ` on ${exchange.endpoint.name}`;
  return refuse(gatewayErrors.E_POLICY_DENIED, what + where);
};

export const decide = (exchange: Exchange): StepResult => {
  const decision = ask(exchange, filled(exchange.resource, 'resource'));
  exchange.decision = decision;
  if (decision.decision === 'allow') return undefined;
  if (!exchange.isShadow) return denied(exchange);
  exchange.shadowed = denied(exchange);
  return undefined;
};
