/**
 * The guard of every control-plane route: authenticate, decide, record, in that order. What changes
 * something, and what is denied, is durable in the ledger before anything happens; when the ledger
 * cannot write, changes are refused. Allowed reads are recorded once per caller and action in a while.
 */
import type { AccessRequest } from '../../domains/access/index.ts';
import type { VerifiedIdentity } from '../../domains/identity/index.ts';
import { type CedarValue, ipValue } from '../../engines/authorization/index.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { Authorize, HttpRequest } from '../../platform/http/index.ts';
import { authenticateRequest, chainOf } from './credentials.ts';
import type { ApiContext, ApiDeps } from './deps.ts';
import { apiErrors } from './errors.ts';
import { decisionEvent } from './events.ts';
import { resourceFor, theAgent } from './resources.ts';
import { createSightings, type Sightings } from './sightings.ts';

export type AuthorizeDeps = Pick<ApiDeps, 'identity' | 'access' | 'ledger' | 'clock'>;

/** Makes the `authorize` hook of the HTTP application. */
export const createAuthorize = (deps: AuthorizeDeps): Authorize<ApiContext> => {
  const sightings = createSightings(deps.clock);
  return async (request, guard) => {
    if (guard.resource.type === theAgent.type) {
      const agent = authenticateAgent(deps, request);
      if (agent !== undefined) return agent;
    }
    const identity = await authenticateRequest(deps.identity, request);
    if (isRefusal(identity)) return identity;
    const asked: AccessRequest = {
      principal: identity.principal,
      action: guard.action,
      resource: resourceFor(guard.resource, identity),
      context: contextOf(request, identity, deps.clock.nowMs()),
    };
    const refusal = await decideAndRecord({ deps, sightings, request, identity, asked });
    if (refusal !== undefined) return refusal;
    if (guard.resource.type === theAgent.type) return agentsOnly;
    return { identity, actor: actorOf(request, identity) };
  };
};

const agentsOnly = refuse(apiErrors.E_API_DENIED, 'this address is for attested agents');

/** Whoever shows a client certificate there is an agent or nobody; others are judged by policy. */
const authenticateAgent = (
  { identity, clock }: AuthorizeDeps,
  request: HttpRequest,
): ApiContext | Refusal | undefined => {
  const chain = request.headers.authorization === undefined ? chainOf(request) : [];
  if (chain.length === 0) return undefined;
  const agent = identity.agents.authenticate(chain, {
    requestId: request.id,
    ...(request.peerAddress === '' ? {} : { peer: request.peerAddress }),
  });
  if (isRefusal(agent)) return agent;
  const { actor, agentId, credentialId, expiresAtMs } = agent;
  const { principal, tenant } = actor;
  if (principal.type === 'System') return agentsOnly;
  const proven = { method: 'mtls', spiffeId: agentId, credentialId, expiresAtMs } as const;
  const verified = { principal, tenant, ...proven, authenticatedAtMs: clock.nowMs() };
  return { identity: verified, actor, agent };
};

type Call = {
  readonly deps: AuthorizeDeps;
  readonly sightings: Sightings;
  readonly request: HttpRequest;
  readonly identity: VerifiedIdentity;
  readonly asked: AccessRequest;
};

const decideAndRecord = async (call: Call): Promise<Refusal | undefined> => {
  const { deps, sightings, request, identity, asked } = call;
  const decision = deps.access.decide(asked);
  const isAllowed = decision.decision === 'allow';
  const facts = { timeMs: deps.clock.nowMs(), request, identity, asked, decision };
  if (isAllowed && request.method === 'GET') {
    if (sightings.isNew(`${identity.credentialId} ${asked.action} ${asked.resource.id}`))
      deps.ledger.record(decisionEvent({ ...facts, class: 'forensic' }));
    return undefined;
  }
  const { index } = await deps.ledger.append(decisionEvent({ ...facts, class: 'decisive' }));
  if (isAllowed) return undefined;
  const { principal, action, resource } = asked;
  return refuse(
    apiErrors.E_API_DENIED,
    `${principal.type} ${principal.id} may not ${action} on ${resource.type} ${resource.id}`,
    { ledgerIndex: index },
  );
};

const mappedPrefix = '::ffff:';

/** Facts of the call as `content/policies/schema.cedarschema` names them; unknown ones are absent. */
const contextOf = (
  request: HttpRequest,
  identity: VerifiedIdentity,
  nowMs: number,
): Readonly<Record<string, CedarValue>> => {
  const { peerAddress, raw } = request;
  const address = peerAddress.startsWith(mappedPrefix)
    ? peerAddress.slice(mappedPrefix.length)
    : peerAddress;
  return {
    tenant: identity.tenant,
    authentication: {
      methods: [identity.method],
      ageMs: Math.max(0, nowMs - identity.authenticatedAtMs),
    },
    network: {
      ...(address === '' ? {} : { peer: ipValue(address) }),
      encrypted: 'encrypted' in raw.socket,
    },
    request: { protocol: 'api' },
  };
};

const actorOf = (request: HttpRequest, identity: VerifiedIdentity): ApiContext['actor'] => ({
  principal: identity.principal,
  tenant: identity.tenant,
  requestId: request.id,
  ...(request.peerAddress === '' ? {} : { peer: request.peerAddress }),
});
