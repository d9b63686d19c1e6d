/** From evidence to an agent: a verdict of the attestor, a record, an SVID. And renewal. */
import { parseCertificateRequest, type PublicKeyInfo } from '../../../engines/pki/index.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { SpiffeId } from '../../../kernel/ids.ts';
import { activeAt, type Authorities } from '../authorities.ts';
import { carryOut, type IdentityContext } from '../context.ts';
import { presentedSet } from '../entries/selectors.ts';
import { identityErrors } from '../errors.ts';
import type { FailedProofs } from '../failed-proofs.ts';
import { issueLeaf, type Leaf } from '../issue-leaf.ts';
import { noAuthority } from '../minting.ts';
import type { Actor } from '../types.ts';
import { agentIdFor, agentPrincipal } from './agent-id.ts';
import type {
  AttestationContext,
  NodeAttestor,
  NodeAttestors,
  NodeChallenge,
  NodeVerdict,
} from './attestor.ts';
import { agentProven } from './events.ts';
import type { RateLimit } from './rate-limit.ts';
import type { AgentRegistry } from './registry.ts';
import { insertIssuance, putAgent, writeAgentCredential } from './store.ts';
import type { AgentRecord, AgentSvid, Attestation, AttestedAgent } from './types.ts';

export type Attesting = {
  readonly context: IdentityContext;
  readonly authorities: () => Authorities;
  readonly attestors: NodeAttestors;
  readonly registry: AgentRegistry;
  readonly failures: FailedProofs;
  readonly limit: RateLimit;
};

const agentLifeMs = 3_600_000;
const unknownPeer = 'unknown';
const noExtensions = { dnsNames: [], ipAddresses: [] };

const unavailable = refuse(
  identityErrors.E_IDENTITY_UNAVAILABLE,
  'the evidence cannot be checked at present',
);
const banned = refuse(identityErrors.E_AGENT_BANNED, 'this node was banned by an administrator');

const ask = async (
  { context }: Attesting,
  attestor: NodeAttestor,
  {
    evidence,
    about,
  }: { readonly evidence: Attestation['evidence']; readonly about: AttestationContext },
): Promise<NodeVerdict | NodeChallenge | Refusal> => {
  try {
    return await attestor.attest(evidence, about);
  } catch (error) {
    context.log.error({ error }, 'an attestor failed');
    return unavailable;
  }
};

const sign = (
  { context, authorities }: Attesting,
  agentId: SpiffeId,
  key: PublicKeyInfo,
): Leaf | Refusal => {
  const problem = context.clockProblem();
  if (problem !== undefined) return problem;
  const signer = activeAt(authorities().x509Signers, context.clock.nowMs());
  if (signer === undefined) return noAuthority();
  return issueLeaf(context, signer, {
    ...noExtensions,
    spiffeId: agentId,
    key,
    lifeMs: agentLifeMs,
  });
};

const actorFor = (context: IdentityContext, id: SpiffeId, peer: string): Actor => ({
  principal: agentPrincipal(id),
  tenant: context.config.tenant,
  peer,
});

const toSvid = (record: AgentRecord, { chain }: Leaf): AgentSvid => ({
  agentId: record.id,
  chain,
  credentialId: record.credentialId,
  expiresAtMs: record.expiresAtMs,
  isReattestable: record.isReattestable,
});

const issuanceOf = (context: IdentityContext, agentId: SpiffeId, leaf: Leaf) =>
  ({
    id: context.newUuid(),
    agentId,
    credentials: [['', leaf.credentialId, leaf.issuer, leaf.expiresAtMs]],
  }) as const;

type Admission = {
  readonly attestor: string;
  readonly verdict: NodeVerdict;
  readonly key: PublicKeyInfo;
  readonly peer: string;
};

const recordFor = (
  { context, registry }: Attesting,
  { attestor, verdict }: Admission,
): Omit<AgentRecord, 'credentialId' | 'expiresAtMs'> | Refusal => {
  const id = agentIdFor(context.config.trustDomain, attestor, verdict.nodeId);
  if (isRefusal(id)) return id;
  const selectors = presentedSet(verdict.selectors);
  if (isRefusal(selectors)) return selectors;
  const before = registry.get(id);
  if (before?.status === 'banned') return banned;
  if (before !== undefined && !verdict.reattestable)
    return refuse(identityErrors.E_AGENT_REATTEST, `${id} has attested already`);
  const nowMs = context.clock.nowMs();
  return {
    id,
    attestor,
    nodeId: verdict.nodeId,
    selectors: [...selectors],
    attestedAtMs: nowMs,
    lastSeenAtMs: nowMs,
    isReattestable: verdict.reattestable,
    status: 'active',
  };
};

class Banned extends Error {}

/** Signed first: whatever can go wrong goes wrong before one-time evidence is used up. */
const admit = async (attesting: Attesting, admission: Admission): Promise<AgentSvid | Refusal> => {
  const { context, registry } = attesting;
  const draft = recordFor(attesting, admission);
  if (isRefusal(draft)) return draft;
  const leaf = sign(attesting, draft.id, admission.key);
  if (isRefusal(leaf)) return leaf;
  const spent = await admission.verdict.consume?.();
  if (spent !== undefined) return spent;
  const { credentialId, expiresAtMs } = leaf;
  const record: AgentRecord = { ...draft, credentialId, expiresAtMs };
  const actor = actorFor(context, record.id, admission.peer);
  const timeMs = record.attestedAtMs;
  const events = [agentProven(actor, record, { kind: 'attested', timeMs })];
  try {
    const change = { kind: 'agent', subject: record.id } as const;
    await carryOut(context, { actor, events, change }, async (trx) => {
      if (!(await putAgent(trx, record))) throw new Banned();
      await insertIssuance(trx, issuanceOf(context, record.id, leaf));
    });
  } catch (error) {
    if (error instanceof Banned) return banned;
    throw error;
  }
  registry.put(record);
  return toSvid(record, leaf);
};

/** See `Agents.attest`. */
export const attest = async (
  attesting: Attesting,
  attestation: Attestation,
): Promise<AgentSvid | NodeChallenge | Refusal> => {
  const { context, attestors, failures, limit } = attesting;
  const { attestor: name, evidence, csr, challengeResponse, peer = unknownPeer } = attestation;
  if (failures.isExhausted(peer))
    return refuse(identityErrors.E_IDENTITY_ATTEMPTS, 'too much evidence that proves nothing');
  const excess = limit(peer, 1);
  if (excess !== undefined) return excess;
  const attestor = attestors.get(name);
  if (attestor === undefined)
    return refuse(
      identityErrors.E_AGENT_ATTESTOR,
      `no attestor ${JSON.stringify(name.slice(0, 32))}`,
    );
  const request = parseCertificateRequest(csr);
  if (isRefusal(request)) return request;
  const about: AttestationContext = {
    nowMs: context.clock.nowMs(),
    publicKey: request.key,
    peer,
    ...(challengeResponse === undefined ? {} : { challengeResponse }),
  };
  const verdict = await ask(attesting, attestor, { evidence, about });
  const admitted =
    isRefusal(verdict) || 'challenge' in verdict
      ? verdict
      : await admit(attesting, { attestor: name, verdict, key: request.publicKey, peer });
  const isBad =
    isRefusal(admitted) && (admitted.error.status === 401 || admitted.error.status === 403);
  return isBad ? failures.note(admitted, { method: name, peer }) : admitted;
};

/** See `Agents.renew`. */
export const renew = async (
  attesting: Attesting,
  agent: AttestedAgent,
  csr: Uint8Array,
): Promise<AgentSvid | Refusal> => {
  const { context, registry, limit } = attesting;
  const excess = limit(agent.agentId, 1);
  if (excess !== undefined) return excess;
  const request = parseCertificateRequest(csr);
  if (isRefusal(request)) return request;
  const before = registry.get(agent.agentId);
  const gone = refuse(identityErrors.E_AGENT_UNKNOWN, `${agent.agentId} is no agent in force`);
  if (before?.status !== 'active') return gone;
  const leaf = sign(attesting, before.id, request.publicKey);
  if (isRefusal(leaf)) return leaf;
  const timeMs = context.clock.nowMs();
  const { credentialId, expiresAtMs } = leaf;
  const record = { ...before, credentialId, expiresAtMs, lastSeenAtMs: timeMs };
  await context.ledger.append(agentProven(agent.actor, record, { kind: 'renewed', timeMs }));
  await insertIssuance(context.db, issuanceOf(context, record.id, leaf));
  if (!(await writeAgentCredential(context.db, record))) return gone;
  registry.put({ ...record, selectors: before.selectors });
  return toSvid(record, leaf);
};
