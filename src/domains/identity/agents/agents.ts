/** The agents' side of the room: who they are, what they may have, what they are told. */
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { SpiffeId } from '../../../kernel/ids.ts';
import type { SvidPolicy } from '../authenticate-svid.ts';
import type { IdentityContext } from '../context.ts';
import { carryOut } from '../context.ts';
import type { EntryKeeper } from '../entries/keep-entries.ts';
import { identityErrors } from '../errors.ts';
import type { FailedProofs } from '../failed-proofs.ts';
import type { Freshness } from '../freshness.ts';
import type { RevocationKnowledge } from '../revocation/knowledge.ts';
import type { TrustDomainKeeper } from '../trust-domain.ts';
import type { Actor } from '../types.ts';
import { agentPrincipal } from './agent-id.ts';
import { type AgentProofs, createAgentProofs } from './agent-proofs.ts';
import { attest, type Attesting, renew } from './attest.ts';
import { agentSwitched } from './events.ts';
import type { Feed } from './feed.ts';
import { issueJwtSvid, issueWitSvid } from './issue-token.ts';
import { type Issuing, issueX509Svids } from './issue-x509.ts';
import {
  createAgentJoinToken,
  createJoinTokenAttestor,
  joinTokenAttestorName,
} from './join-token-attestor.ts';
import type { RateLimit } from './rate-limit.ts';
import type { AgentRegistry } from './registry.ts';
import { readAgentPage, writeAgentStatus } from './store.ts';
import type { AgentFilter, AgentPage, AgentRecord, Agents, AttestedAgent } from './types.ts';

export type AgentParts = {
  readonly context: IdentityContext;
  readonly keeper: TrustDomainKeeper;
  readonly freshness: Freshness;
  readonly knowledge: RevocationKnowledge;
  readonly policy: () => SvidPolicy;
  readonly failures: FailedProofs;
  readonly entryKeeper: EntryKeeper;
  readonly registry: AgentRegistry;
  readonly feed: Feed;
  readonly issueLimit: RateLimit;
  readonly attestLimit: RateLimit;
};

const maxPage = 1000;
const usualPage = 100;
const unknownPeer = 'unknown';

type Caller = { readonly peer?: string; readonly requestId?: string };

const notActive = (id: SpiffeId): Refusal =>
  refuse(identityErrors.E_AGENT_UNKNOWN, `${id} is no agent in force`);

const authenticate = (
  { context, registry }: AgentParts,
  proofs: AgentProofs,
  { chain, caller }: { readonly chain: readonly Uint8Array[]; readonly caller: Caller },
): AttestedAgent | Refusal => {
  const proven = proofs.prove(chain, caller.peer ?? unknownPeer);
  if (isRefusal(proven)) return proven;
  const record = registry.get(proven.spiffeId);
  if (record?.status !== 'active') return notActive(proven.spiffeId);
  registry.seen(record.id);
  const { credentialId, expiresAtMs } = proven;
  return {
    agentId: record.id,
    selectors: new Set(record.selectors),
    credentialId,
    expiresAtMs,
    actor: { principal: agentPrincipal(record.id), tenant: context.config.tenant, ...caller },
  };
};

const list = async ({ context }: AgentParts, filter: AgentFilter): Promise<AgentPage> => {
  const limit = Math.min(Math.max(Math.trunc(filter.limit ?? usualPage), 1), maxPage);
  const rows = await readAgentPage(context.db, { limit: limit + 1, after: filter.after ?? '' });
  const agents = rows.slice(0, limit);
  const last = agents.at(-1);
  return rows.length > limit && last !== undefined ? { agents, next: last.id } : { agents };
};

const readmit = async (
  { context, registry }: AgentParts,
  actor: Actor,
  id: SpiffeId,
): Promise<AgentRecord | Refusal> => {
  const record = registry.get(id);
  if (record === undefined)
    return refuse(identityErrors.E_AGENT_NOT_FOUND, `there is no agent ${id}`);
  if (record.status !== 'banned') return record;
  const timeMs = context.clock.nowMs();
  // Its SVIDs stay refused: it comes back by attesting, like any other node.
  const readmitted: AgentRecord = { ...record, status: 'evicted' };
  const events = [agentSwitched(actor, record, { status: 'active', timeMs })];
  await carryOut(context, { actor, events, change: { kind: 'agent', subject: id } }, (trx) =>
    writeAgentStatus(trx, id, 'evicted'),
  );
  registry.put(readmitted);
  return readmitted;
};

export const createAgents = (parts: AgentParts): Agents & Pick<AgentProofs, 'forget'> => {
  const { context, keeper, freshness, registry, feed, entryKeeper, failures } = parts;
  const proofs = createAgentProofs({ ...parts, isFresh: freshness.isFresh });
  const common = { context, authorities: keeper.current, registry };
  const issuing: Issuing = { ...common, index: () => entryKeeper.index, limit: parts.issueLimit };
  const joinToken = createJoinTokenAttestor(context);
  const attestors = new Map([...(context.attestors ?? []), [joinTokenAttestorName, joinToken]]);
  const attesting: Attesting = { ...common, attestors, failures, limit: parts.attestLimit };
  return {
    forget: proofs.forget,
    attest: (attestation) => attest(attesting, attestation),
    createJoinToken: (actor, wish) => createAgentJoinToken(context, actor, wish),
    authenticate: (chain, caller = {}) => authenticate(parts, proofs, { chain, caller }),
    renew: (agent, csr) => renew(attesting, agent, csr),
    subscribe: ({ agentId, selectors }, listener) =>
      feed.subscribe({ agentId, selectors }, listener),
    issueX509Svids: (agent, requests) => issueX509Svids(issuing, agent, requests),
    issueJwtSvid: (agent, request) => issueJwtSvid(issuing, agent, request),
    issueWitSvid: (agent, request) => issueWitSvid(issuing, agent, request),
    list: (filter = {}) => list(parts, filter),
    readmit: (actor, id) => readmit(parts, actor, id),
    connected: feed.size,
  };
};
