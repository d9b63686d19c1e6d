/** Client certificates of agents: proven once, remembered by digest until something is revoked. */
import { hash } from 'node:crypto';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import { type ProvenSvid, proveCertificate, type SvidPolicy } from '../authenticate-svid.ts';
import { identityErrors } from '../errors.ts';
import type { FailedProofs } from '../failed-proofs.ts';
import type { RevocationKnowledge } from '../revocation/knowledge.ts';

export type AgentProofs = {
  /** Never throws. */
  readonly prove: (chain: readonly Uint8Array[], peer: string) => ProvenSvid | Refusal;
  /** Something was revoked: everybody proves again. */
  readonly forget: () => void;
};

export type AgentProofDeps = {
  readonly policy: () => SvidPolicy;
  readonly isFresh: () => boolean;
  readonly knowledge: RevocationKnowledge;
  readonly failures: FailedProofs;
};

const maxRemembered = 8192;
const unknown = refuse(identityErrors.E_AGENT_UNKNOWN, 'no client certificate of an agent');
const revoked = refuse(identityErrors.E_AGENT_UNKNOWN, 'the SVID of the agent has been revoked');
const stale = refuse(
  identityErrors.E_IDENTITY_STALE,
  'storage has not been readable for longer than the lease',
);
const tooMany = refuse(
  identityErrors.E_IDENTITY_ATTEMPTS,
  'this peer presented too many bad credentials',
);

export const createAgentProofs = (deps: AgentProofDeps): AgentProofs => {
  const { policy, isFresh, knowledge, failures } = deps;
  const proven = new Map<string, ProvenSvid>();
  const note = (refusal: Refusal, peer: string): Refusal =>
    failures.note(refusal, { method: 'mtls', peer });

  const proveAnew = (chain: readonly Uint8Array[], peer: string): ProvenSvid | Refusal => {
    if (failures.isExhausted(peer)) return tooMany;
    const fresh = proveCertificate(chain, policy());
    if (isRefusal(fresh)) return note(fresh, peer);
    return knowledge.isRevoked(fresh) ? note(revoked, peer) : fresh;
  };

  return {
    prove: (chain, peer) => {
      const [leaf] = chain;
      if (leaf === undefined) return unknown;
      if (!isFresh()) return stale;
      const key = hash('sha256', leaf, 'base64');
      const known = proven.get(key);
      if (known !== undefined && policy().nowMs < known.expiresAtMs) return known;
      const fresh = proveAnew(chain, peer);
      if (isRefusal(fresh)) return fresh;
      if (proven.size >= maxRemembered) proven.clear();
      proven.set(key, fresh);
      return fresh;
    },
    forget: () => proven.clear(),
  };
};
