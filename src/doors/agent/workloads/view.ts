/** What one workload gets to see: its identities, the bundles it may trust, and the revocations. */
import type { Refusal } from '../../../kernel/errors.ts';
import { refuse } from '../../../kernel/errors.ts';
import type { TrustDomain } from '../../../kernel/ids.ts';
import type { DomainBundle, WorkloadState, X509Identity } from '../../workload-api/index.ts';
import { agentErrors } from '../errors.ts';
import type { Knowledge } from '../sync/knowledge.ts';
import type { HeldSvid, SlotKey, SvidCache } from '../svids/svid-cache.ts';
import type { AgentEntry } from '../types.ts';

/** One entry of a workload with its slot. */
export type Claim = {
  readonly entry: AgentEntry;
  readonly key: SlotKey;
  readonly instance?: string;
};

const maxHintBytes = 1024;

const toIdentity = (svid: HeldSvid, hint: string): X509Identity => {
  const { spiffeId, chain, privateKey, expiresAtMs } = svid;
  return { spiffeId, chain, privateKey, hint, expiresAtMs };
};

/** Non-empty hints are unique in one answer (WL-08): the first keeps its hint. */
const uniqueHint = (hint: string, seen: Set<string>): string => {
  if (hint === '' || seen.has(hint) || Buffer.byteLength(hint) > maxHintBytes) return '';
  seen.add(hint);
  return hint;
};

const identitiesOf = (claims: readonly Claim[], cache: SvidCache): readonly X509Identity[] => {
  const seen = new Set<string>();
  return claims.flatMap(({ entry, key }) => {
    const svid = cache.get(key);
    return svid === undefined ? [] : [toIdentity(svid, uniqueHint(entry.hint, seen))];
  });
};

const federatedOf = (claims: readonly Claim[], knowledge: Knowledge, own: TrustDomain) => {
  const names = new Set(claims.flatMap(({ entry }) => entry.federatesWith));
  names.delete(own);
  return [...names].sort().flatMap((name): readonly DomainBundle[] => {
    const known = knowledge.bundles().get(name);
    return known === undefined ? [] : [known.document];
  });
};

/** The state of a workload now; a refusal while the own bundle is not known. */
export const viewOf = (
  claims: readonly Claim[],
  facts: {
    readonly cache: SvidCache;
    readonly knowledge: Knowledge;
    readonly trustDomain: TrustDomain;
  },
): WorkloadState | Refusal => {
  const { cache, knowledge, trustDomain } = facts;
  const own = knowledge.bundles().get(trustDomain);
  if (own === undefined)
    return refuse(agentErrors.E_AGENT_NOT_READY, 'the bundle is not known yet');
  return {
    identities: identitiesOf(claims, cache),
    bundle: own.document,
    federated: federatedOf(claims, knowledge, trustDomain),
    crls: knowledge.crls(),
  };
};

/** True when a workload would notice the difference. */
export const differs = (left: WorkloadState, right: WorkloadState): boolean =>
  left.bundle !== right.bundle ||
  left.crls !== right.crls ||
  left.identities.length !== right.identities.length ||
  left.federated.length !== right.federated.length ||
  left.federated.some((bundle, at) => bundle !== right.federated[at]) ||
  left.identities.some(
    (identity, at) =>
      identity.chain !== right.identities[at]?.chain || identity.hint !== right.identities[at].hint,
  );
