/**
 * Everything about workloads beside principals: entries, agents, revocation, authorities by hand,
 * federation. Puts these parts together and keeps them equal to what other replicas write.
 */
import { formatTrustBundle } from '../../engines/pki/index.ts';
import type { TrustDomain } from '../../kernel/ids.ts';
import { createAgents, type AgentParts } from './agents/agents.ts';
import { createFeed, type Feed } from './agents/feed.ts';
import { createRateLimit } from './agents/rate-limit.ts';
import { type AgentRegistry, openRegistry } from './agents/registry.ts';
import type { Agents, TrustDomainBundle } from './agents/types.ts';
import type { AuthorityVerbs } from './authorities/types.ts';
import { createAuthorityVerbs } from './authorities/verbs.ts';
import type { SvidPolicy } from './authenticate-svid.ts';
import { removedEntry } from './changes.ts';
import type { IdentityContext } from './context.ts';
import { createEntries } from './entries/entries.ts';
import { type EntryKeeper, openEntries } from './entries/keep-entries.ts';
import type { Entries } from './entries/types.ts';
import type { FailedProofs } from './failed-proofs.ts';
import type { FederationKeeper } from './federation/federation.ts';
import type { Federation } from './federation/types.ts';
import type { AppliedChanges, Freshness } from './freshness.ts';
import { type Crls, openCrls } from './revocation/crls.ts';
import type { RevocationKnowledge } from './revocation/knowledge.ts';
import { createRevocations } from './revocation/revocations.ts';
import type { Revocations } from './revocation/types.ts';
import type { TrustDomainKeeper } from './trust-domain.ts';
import type { Identity } from './types.ts';

export type WorkloadParts = {
  readonly context: IdentityContext;
  readonly keeper: TrustDomainKeeper;
  readonly freshness: Freshness;
  readonly knowledge: RevocationKnowledge;
  readonly policy: () => SvidPolicy;
  readonly createPrincipal: Identity['createPrincipal'];
  readonly leaseMs: number;
  /** Wrong evidence of one peer. */
  readonly failures: FailedProofs;
  /** Our own listeners get certificates of an authority in force. */
  readonly renewServers: () => Promise<void>;
  readonly federation: FederationKeeper;
};

export type Workloads = {
  readonly entries: Entries;
  readonly agents: Agents;
  readonly revocations: Revocations;
  readonly authorities: AuthorityVerbs;
  readonly federation: Federation;
  /** What other replicas changed. */
  readonly applied: (news: AppliedChanges) => Promise<void>;
  /** Before other replicas' changes are applied: proofs that may have become untrue are forgotten. */
  readonly noteForeign: (kind: string) => void;
  /** What was changed here, beside what the parts do themselves. */
  readonly noteOwn: (kind: string) => void;
  /** Every poll: what has ended, what is due, who has heard nothing. */
  readonly due: () => Promise<void>;
  /** Every minute. */
  readonly upkeep: () => Promise<void>;
};

const usualIssueLimit = { perSecond: 2000, burst: 10_000 };
const attestLimit = { perSecond: 20, burst: 600 };

/** Changes after which every agent proves itself again. */
const voiding: ReadonlySet<string> = new Set(['svid', 'subject', 'authority', 'agent']);

type Open = WorkloadParts & {
  readonly entryKeeper: EntryKeeper;
  readonly registry: AgentRegistry;
  readonly crls: Crls;
  readonly feed: Feed;
};

const bundlesOf =
  ({ context, keeper, federation }: WorkloadParts) =>
  (federated: ReadonlySet<TrustDomain>): readonly TrustDomainBundle[] => [
    { trustDomain: context.config.trustDomain, jwks: formatTrustBundle(keeper.current().bundle) },
    ...[...federated].flatMap((trustDomain) => {
      const jwks = federation.document(trustDomain);
      return jwks === undefined ? [] : [{ trustDomain, jwks }];
    }),
  ];

/** The feed is made before what it reads from; it is read only when somebody subscribes. */
const openAll = async (parts: WorkloadParts): Promise<Open> => {
  const { context, keeper, freshness, knowledge, leaseMs } = parts;
  const wiring: { entryKeeper?: EntryKeeper } = {};
  const crls = await openCrls({
    context,
    authorities: keeper.current,
    stored: keeper.stored,
    knowledge,
  });
  const index = () => {
    if (wiring.entryKeeper === undefined) throw new Error('entries are not read yet');
    return wiring.entryKeeper.index;
  };
  const feed = createFeed({
    index,
    revision: freshness.revision,
    clock: context.clock,
    leaseMs,
    bundles: bundlesOf(parts),
    crls: crls.current,
    tainted: () => keeper.current().tainted,
  });
  const registry = await openRegistry(context, (record) => {
    if (record.status !== 'active') feed.end(record.id, record.status);
    else feed.noteNode({ agentId: record.id, selectors: new Set(record.selectors) });
  });
  wiring.entryKeeper = await openEntries(context, feed.noteEntry);
  return { ...parts, entryKeeper: wiring.entryKeeper, registry, crls, feed };
};

const applied = async (open: Open, { kinds, changes }: AppliedChanges): Promise<void> => {
  const subjects = (kind: string): readonly string[] =>
    (changes ?? []).filter((change) => change.kind === kind).map(({ subject }) => subject);
  const { entryKeeper, registry, federation, crls, feed } = open;
  const isGap = changes === undefined;
  if (isGap) await entryKeeper.reloadAll();
  else if (kinds.has('entry')) {
    const ids = subjects('entry').map((id) => (id.startsWith(removedEntry) ? id.slice(1) : id));
    await entryKeeper.reload([...new Set(ids)]);
  }
  if (isGap) await registry.reloadAll();
  else if (kinds.has('agent')) await registry.reload([...new Set(subjects('agent'))]);
  if (kinds.has('federation')) await federation.reload();
  if (!kinds.has('svid') && !kinds.has('authority') && !kinds.has('federation')) return;
  await crls.renew();
  feed.noteTrust();
};

const limitsOf = ({ context }: WorkloadParts): Pick<AgentParts, 'issueLimit' | 'attestLimit'> => ({
  issueLimit: createRateLimit(context.clock, context.config.issueLimit ?? usualIssueLimit),
  attestLimit: createRateLimit(context.clock, attestLimit),
});

/** Opens entries, agents and lists with what is stored. */
export const openWorkloads = async (parts: WorkloadParts): Promise<Workloads> => {
  const open = await openAll(parts);
  const { context, keeper, federation, entryKeeper, registry, crls, feed } = open;
  const onTrustChanged = async (): Promise<void> => {
    await crls.renew();
    feed.noteTrust();
  };
  const agents = createAgents({ ...open, ...limitsOf(parts) });
  const authorities = createAuthorityVerbs({
    context,
    keeper,
    onChanged: async () => {
      await onTrustChanged();
      await parts.renewServers();
    },
  });
  const onRevoked = onTrustChanged;
  return {
    agents,
    authorities,
    federation,
    entries: createEntries({ ...parts, keeper: entryKeeper }),
    revocations: createRevocations({ ...open, keeper: entryKeeper, onRevoked, authorities }),
    applied: (news) => applied(open, news),
    noteForeign: (kind) => {
      if (voiding.has(kind)) agents.forget();
    },
    noteOwn: (kind) => {
      if (voiding.has(kind)) agents.forget();
      if (kind === 'svid') void crls.renew().then(feed.noteTrust, () => undefined);
      if (kind === 'federation') feed.noteTrust();
    },
    due: async () => {
      entryKeeper.endDue();
      if (await crls.renewDue()) feed.noteTrust();
      feed.beat();
    },
    upkeep: async () => {
      await registry.writeSeen();
    },
  };
};
