/** What the agent has heard from its server: entries, bundles, CRLs. Changed only by its news. */
import { type Crl, parseCrl } from '../../../engines/pki/index.ts';
import { isRefusal } from '../../../kernel/errors.ts';
import type { TrustDomain } from '../../../kernel/ids.ts';
import type { AgentEntry, News } from '../types.ts';
import { type KnownBundle, toKnownBundles } from './bundles.ts';
import { createEntryIndex, type EntryIndex } from './entry-index.ts';
import type { ServerTime } from './server-time.ts';

export type KnowledgeChange = {
  readonly put: readonly AgentEntry[];
  /** Entries that are gone or had another SPIFFE ID before. */
  readonly removed: readonly AgentEntry[];
  readonly hasNewTrust: boolean;
};

export type Knowledge = {
  readonly entries: EntryIndex;
  readonly bundles: () => ReadonlyMap<TrustDomain, KnownBundle>;
  /** DER, as they go to workloads; the parsed ones stand beside. */
  readonly crls: () => readonly Uint8Array[];
  readonly parsedCrls: () => readonly Crl[];
  readonly tainted: () => ReadonlySet<string>;
  readonly revision: () => number;
  /** True once the full state was heard. */
  readonly isComplete: () => boolean;
  readonly apply: (news: News) => void;
  /** Listeners are called after each change, in the order of their subscription. */
  readonly onChange: (listener: (change: KnowledgeChange) => void) => () => void;
};

type Held = {
  bundles: ReadonlyMap<TrustDomain, KnownBundle>;
  crls: readonly Uint8Array[];
  parsed: readonly Crl[];
  tainted: ReadonlySet<string>;
  revision: number;
  isComplete: boolean;
};

type StateNews = Extract<News, { readonly type: 'state' | 'change' }>;

const takeFacts = (held: Held, news: StateNews): boolean => {
  const { bundles, crls, tainted } = news;
  if (bundles !== undefined) held.bundles = toKnownBundles(bundles);
  if (crls !== undefined) {
    held.crls = crls;
    held.parsed = crls.flatMap((der) => {
      const crl = parseCrl(der);
      return isRefusal(crl) ? [] : [crl];
    });
  }
  if (tainted !== undefined) held.tainted = new Set(tainted);
  return bundles !== undefined || crls !== undefined || tainted !== undefined;
};

const isSame = (left: AgentEntry, right: AgentEntry): boolean =>
  left.revision === right.revision && left.spiffeId === right.spiffeId;

/** Ids that this news takes away: named ones of a change, unnamed ones of a full state. */
const idsToRemove = (entries: EntryIndex, news: StateNews): readonly string[] => {
  if (news.type === 'change') return news.removed;
  const kept = new Set(news.entries.map(({ id }) => id));
  return [...entries.all()].flatMap(({ id }) => (kept.has(id) ? [] : [id]));
};

const takeEntries = (entries: EntryIndex, news: StateNews) => {
  const removed = idsToRemove(entries, news).flatMap((id) => entries.remove(id) ?? []);
  const put: AgentEntry[] = [];
  for (const entry of news.entries) {
    const before = entries.get(entry.id);
    if (before !== undefined && isSame(before, entry)) continue;
    if (before !== undefined && before.spiffeId !== entry.spiffeId) removed.push(before);
    entries.put(entry);
    put.push(entry);
  }
  return { put, removed };
};

/** Creates empty knowledge; `time` hears of every word. */
export const createKnowledge = (time: ServerTime): Knowledge => {
  const entries = createEntryIndex();
  const listeners = new Set<(change: KnowledgeChange) => void>();
  const held: Held = {
    bundles: new Map(),
    crls: [],
    parsed: [],
    tainted: new Set(),
    revision: 0,
    isComplete: false,
  };
  const apply = (news: News): void => {
    if (news.type === 'end') return;
    time.hear(news.type === 'alive' ? news.timeMs : undefined);
    if (news.type === 'alive') return;
    if (news.type === 'state') time.setLease(news.ttlMs);
    // A change without the state it changes would leave holes.
    if (news.type === 'change' && !held.isComplete) return;
    const change = takeEntries(entries, news);
    const hasNewTrust = takeFacts(held, news);
    held.revision = news.revision;
    held.isComplete = true;
    if (change.put.length + change.removed.length === 0 && !hasNewTrust) return;
    for (const listener of listeners) listener({ ...change, hasNewTrust });
  };
  return {
    entries,
    bundles: () => held.bundles,
    crls: () => held.crls,
    parsedCrls: () => held.parsed,
    tainted: () => held.tainted,
    revision: () => held.revision,
    isComplete: () => held.isComplete,
    apply,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
