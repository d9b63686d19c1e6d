/**
 * What agents are told: the whole state when they connect, then every change that concerns them,
 * gathered for one turn of the event loop and pushed. Nobody polls tables for an agent.
 */
import type { Clock } from '../../../kernel/effects.ts';
import type { SpiffeId, TrustDomain } from '../../../kernel/ids.ts';
import { type EntryIndex, isFor, type NodeView } from '../entries/entry-index.ts';
import { type AgentEntry, type RegistrationEntry, toAgentEntry } from '../entries/types.ts';
import type { AgentNews, Subscription, TrustDomainBundle } from './types.ts';

export type FeedSources = {
  readonly index: () => EntryIndex;
  readonly revision: () => number;
  readonly clock: Clock;
  readonly leaseMs: number;
  /** Own bundle, and those of the named trust domains as far as they are known. */
  readonly bundles: (federated: ReadonlySet<TrustDomain>) => readonly TrustDomainBundle[];
  readonly crls: () => readonly Uint8Array[];
  readonly tainted: () => readonly string[];
};

export type Feed = {
  readonly subscribe: (node: NodeView, listener: (news: AgentNews) => void) => Subscription;
  /** An entry is new, different (`entry`) or gone. */
  readonly noteEntry: (id: string, entry: RegistrationEntry | undefined) => void;
  /** Trust has changed: bundles, lists of what is revoked, authorities. */
  readonly noteTrust: () => void;
  /** The selectors of a node are these from now on. */
  readonly noteNode: (node: NodeView) => void;
  readonly end: (agentId: SpiffeId, reason: string) => void;
  /** Says `alive` to whoever has heard nothing for a while. Call only on fresh knowledge. */
  readonly beat: () => void;
  readonly size: () => number;
};

type Subscriber = {
  node: NodeView;
  readonly tell: (news: AgentNews) => void;
  readonly known: Map<string, readonly TrustDomain[]>;
  readonly changed: Map<string, AgentEntry | undefined>;
  isTrustDue: boolean;
  toldAtMs: number;
};

/** Twice within the five seconds in which an agent must hear something. */
const silenceMs = 2500;

const federatedOf = ({ known }: Subscriber): ReadonlySet<TrustDomain> =>
  new Set([...known.values()].flat());

const stateFor = (sources: FeedSources, subscriber: Subscriber): AgentNews => {
  const entries: AgentEntry[] = [];
  subscriber.known.clear();
  for (const entry of sources.index().entriesFor(subscriber.node)) {
    subscriber.known.set(entry.id, entry.federatesWith);
    entries.push(toAgentEntry(entry));
  }
  return {
    type: 'state',
    revision: sources.revision(),
    entries,
    bundles: sources.bundles(federatedOf(subscriber)),
    crls: sources.crls(),
    tainted: sources.tainted(),
    ttlMs: sources.leaseMs,
  };
};

/** Notes what the change means to this subscriber; false when it means nothing. */
const note = (
  subscriber: Subscriber,
  id: string,
  entry: RegistrationEntry | undefined,
): boolean => {
  const before = subscriber.known.get(id);
  if (entry === undefined || !isFor(entry, subscriber.node)) {
    if (before === undefined) return false;
    subscriber.known.delete(id);
    subscriber.changed.set(id, undefined);
    return true;
  }
  if (entry.federatesWith.length > 0 || (before?.length ?? 0) > 0) subscriber.isTrustDue = true;
  subscriber.known.set(id, entry.federatesWith);
  subscriber.changed.set(id, toAgentEntry(entry));
  return true;
};

/** Compares everything: for a node whose selectors changed. */
const noteAll = (sources: FeedSources, subscriber: Subscriber): void => {
  const gone = new Set(subscriber.known.keys());
  for (const entry of sources.index().entriesFor(subscriber.node)) {
    if (!gone.delete(entry.id)) note(subscriber, entry.id, entry);
  }
  for (const id of gone) note(subscriber, id, undefined);
};

const flush = (sources: FeedSources, subscriber: Subscriber): void => {
  const { changed, isTrustDue } = subscriber;
  const entries = [...changed.values()].filter((entry) => entry !== undefined);
  const removed = [...changed].filter(([, entry]) => entry === undefined).map(([id]) => id);
  changed.clear();
  subscriber.isTrustDue = false;
  subscriber.toldAtMs = sources.clock.monotonicMs();
  subscriber.tell({
    type: 'change',
    revision: sources.revision(),
    entries,
    removed,
    ...(isTrustDue
      ? {
          bundles: sources.bundles(federatedOf(subscriber)),
          crls: sources.crls(),
          tainted: sources.tainted(),
        }
      : {}),
  });
};

class Feeding {
  readonly #sources: FeedSources;
  readonly #byAgent = new Map<SpiffeId, Set<Subscriber>>();
  readonly #due = new Set<Subscriber>();
  #isScheduled = false;

  constructor(sources: FeedSources) {
    this.#sources = sources;
  }

  *all(): IterableIterator<Subscriber> {
    for (const set of this.#byAgent.values()) yield* set;
  }

  of(agentId: SpiffeId): Iterable<Subscriber> {
    return this.#byAgent.get(agentId) ?? [];
  }

  add(subscriber: Subscriber): Subscription {
    const { agentId } = subscriber.node;
    const set = this.#byAgent.get(agentId) ?? new Set();
    this.#byAgent.set(agentId, set.add(subscriber));
    return {
      close: () => {
        set.delete(subscriber);
        this.#due.delete(subscriber);
        if (set.size === 0 && this.#byAgent.get(agentId) === set) this.#byAgent.delete(agentId);
      },
    };
  }

  end(agentId: SpiffeId): void {
    for (const subscriber of this.of(agentId)) this.#due.delete(subscriber);
    this.#byAgent.delete(agentId);
  }

  /** Everything that happens in this turn goes out together, in the next. */
  wake(subscriber: Subscriber): void {
    this.#due.add(subscriber);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const due = [...this.#due];
      this.#due.clear();
      for (const one of due) flush(this.#sources, one);
    });
  }
}

export const createFeed = (sources: FeedSources): Feed => {
  const feeding = new Feeding(sources);
  const { clock } = sources;
  return {
    subscribe: (node, listener) => {
      const subscriber: Subscriber = {
        node,
        tell: listener,
        known: new Map(),
        changed: new Map(),
        isTrustDue: false,
        toldAtMs: clock.monotonicMs(),
      };
      const subscription = feeding.add(subscriber);
      listener(stateFor(sources, subscriber));
      return subscription;
    },
    noteEntry: (id, entry) => {
      const mine = entry?.parent.kind === 'agent' ? feeding.of(entry.parent.agentId) : [];
      // A changed parent takes the entry from others, so whoever knows it is asked as well.
      const others = entry?.parent.kind === 'agent' && entry.version === 1 ? [] : feeding.all();
      for (const subscriber of new Set([...mine, ...others]))
        if (note(subscriber, id, entry)) feeding.wake(subscriber);
    },
    noteTrust: () => {
      for (const subscriber of feeding.all()) {
        subscriber.isTrustDue = true;
        feeding.wake(subscriber);
      }
    },
    noteNode: (node) => {
      for (const subscriber of feeding.of(node.agentId)) {
        subscriber.node = node;
        noteAll(sources, subscriber);
        if (subscriber.changed.size > 0) feeding.wake(subscriber);
      }
    },
    end: (agentId, reason) => {
      const ended = [...feeding.of(agentId)];
      feeding.end(agentId);
      for (const { tell } of ended) tell({ type: 'end', reason });
    },
    beat: () => {
      const atMs = clock.monotonicMs();
      const revision = sources.revision();
      for (const subscriber of feeding.all()) {
        if (atMs - subscriber.toldAtMs < silenceMs) continue;
        subscriber.toldAtMs = atMs;
        subscriber.tell({ type: 'alive', revision, timeMs: clock.nowMs() });
      }
    },
    size: () => [...feeding.all()].length,
  };
};
