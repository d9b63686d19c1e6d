/**
 * The agent behind the Workload API door: attests the peer, finds its entries, and keeps its view
 * current. A workload that calls a moment before its entry arrives waits for it instead of being
 * turned away; how many may wait, and how long, is bounded.
 */
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { SpiffeId, TrustDomain } from '../../../kernel/ids.ts';
import type {
  WorkloadPeer,
  WorkloadReference,
  WorkloadSession,
  WorkloadSource,
  WorkloadState,
} from '../../workload-api/index.ts';
import { agentErrors } from '../errors.ts';
import type { Knowledge, KnowledgeChange } from '../sync/knowledge.ts';
import type { ServerTime } from '../sync/server-time.ts';
import type { SlotKey, SvidCache } from '../svids/svid-cache.ts';
import type { Tokens } from '../svids/tokens.ts';
import type { AgentEntry, Effects } from '../types.ts';
import type { AttestedWorkload, AttestWorkload } from './attest-workload.ts';
import { issueTokens } from './issue-tokens.ts';
import { validateJwt } from './validate-jwt.ts';
import { type Claim, differs, viewOf } from './view.ts';

export type SourceParts = {
  readonly knowledge: Knowledge;
  readonly cache: SvidCache;
  readonly tokens: Tokens;
  readonly time: ServerTime;
  readonly effects: Effects;
  readonly trustDomain: () => TrustDomain | undefined;
  readonly attest: AttestWorkload;
  /** Attests a workload that a broker named; absent: no broker is served. */
  readonly attestReferenced?: (reference: WorkloadReference) => Promise<AttestedWorkload | Refusal>;
  /** How long a workload without an entry is kept waiting for one. */
  readonly graceMs: number;
};

export type AgentSource = WorkloadSource & { readonly sessions: () => number };

const maxWaiting = 4096;
const maxSessions = 100_000;
const maxCompared = 16;

type Session = {
  readonly workload: AttestedWorkload;
  claims: readonly Claim[];
  state: WorkloadState;
  /** A state without identities was not told, because a new one is on its way. */
  isOwed: boolean;
  readonly listeners: Set<(state: WorkloadState) => void>;
};

const concerns = ({ id, selectors }: AgentEntry, { workload, claims }: Session): boolean =>
  selectors.every((selector) => workload.selectors.has(selector)) ||
  claims.some(({ entry }) => entry.id === id);

/** What all open sessions share, and what wakes them. */
class Source implements AgentSource {
  readonly #parts: SourceParts;
  readonly #sessions = new Set<Session>();
  readonly #bySlot = new Map<SlotKey, Set<Session>>();
  readonly #waiting = new Set<() => void>();

  constructor(parts: SourceParts) {
    this.#parts = parts;
    parts.knowledge.onChange((change) => this.#onKnowledge(change));
    parts.cache.onChange((key) => this.#onSvid(key));
  }

  sessions(): number {
    return this.#sessions.size;
  }

  async open(peer: WorkloadPeer): Promise<WorkloadSession | Refusal> {
    const workload = await this.#parts.attest(peer);
    return isRefusal(workload) ? workload : this.#openFor(workload, this.#parts.graceMs);
  }

  async openReferenced(
    _broker: SpiffeId,
    reference: WorkloadReference,
  ): Promise<WorkloadSession | Refusal> {
    const { attestReferenced } = this.#parts;
    if (attestReferenced === undefined)
      return refuse(agentErrors.E_AGENT_WORKLOAD_GONE, 'this agent resolves no references');
    const workload = await attestReferenced(reference);
    return isRefusal(workload) ? workload : this.#openFor(workload, 0);
  }

  async #openFor(workload: AttestedWorkload, graceMs: number): Promise<WorkloadSession | Refusal> {
    if (this.#sessions.size >= maxSessions)
      return refuse(agentErrors.E_AGENT_BUSY, 'too many workloads have sessions');
    const claims = await this.#awaitClaims(workload, graceMs);
    if (isRefusal(claims)) return claims;
    const answers = await Promise.all(claims.map(({ key }) => this.#parts.cache.settled(key)));
    const [first] = answers;
    // With one identity at least the workload starts; the others follow as updates.
    if (isRefusal(first) && answers.every(isRefusal)) return this.#unready(claims, first);
    return this.#start(workload);
  }

  #unready(claims: readonly Claim[], refusal: Refusal): Refusal {
    this.#release(claims, undefined);
    return refusal;
  }

  #match({ selectors, instance }: AttestedWorkload): readonly Claim[] {
    const { knowledge, cache } = this.#parts;
    return knowledge.entries.matching(selectors).map((entry) => {
      const name = entry.isGroup ? instance : undefined;
      const key = cache.want(entry, name);
      return { entry, key, ...(name === undefined ? {} : { instance: name }) };
    });
  }

  async #awaitClaims(
    workload: AttestedWorkload,
    graceMs: number,
  ): Promise<readonly Claim[] | Refusal> {
    const { effects, knowledge } = this.#parts;
    const untilMs = effects.clock.monotonicMs() + graceMs;
    for (;;) {
      const claims = knowledge.isComplete() ? this.#match(workload) : [];
      if (claims.length > 0) return claims;
      const leftMs = untilMs - effects.clock.monotonicMs();
      if (leftMs <= 0 || this.#waiting.size >= maxWaiting)
        return knowledge.isComplete()
          ? refuse(agentErrors.E_AGENT_WORKLOAD, 'no entry matches its selectors')
          : refuse(agentErrors.E_AGENT_NOT_READY, 'the agent has not heard from its server yet');
      await this.#nextChange(leftMs);
    }
  }

  async #nextChange(mostMs: number): Promise<void> {
    const stop = new AbortController();
    const wake = (): void => stop.abort();
    this.#waiting.add(wake);
    await this.#parts.effects.sleep(mostMs, stop.signal);
    this.#waiting.delete(wake);
  }

  #view(claims: readonly Claim[]): WorkloadState | Refusal {
    const { cache, knowledge, trustDomain } = this.#parts;
    const own = trustDomain();
    if (own === undefined) return refuse(agentErrors.E_AGENT_NOT_READY, 'not attested yet');
    return viewOf(claims, { cache, knowledge, trustDomain: own });
  }

  #start(workload: AttestedWorkload): WorkloadSession | Refusal {
    // Matched again: entries may have changed while the SVIDs were on their way.
    const claims = this.#match(workload);
    const state = this.#view(claims);
    if (isRefusal(state)) return state;
    const session: Session = { workload, claims, state, isOwed: false, listeners: new Set() };
    this.#sessions.add(session);
    this.#watch(session);
    return this.#handleOf(session);
  }

  #handleOf(session: Session): WorkloadSession {
    const { tokens, knowledge, time } = this.#parts;
    return {
      current: () => session.state,
      subscribe: (listener) => {
        session.listeners.add(listener);
        return () => session.listeners.delete(listener);
      },
      jwtSvids: ({ audience, spiffeId }) =>
        issueTokens(session.claims, {
          wanted: spiffeId,
          issue: (wish) => tokens.jwt(wish, audience),
        }),
      witSvids: ({ spiffeId }) =>
        issueTokens(session.claims, { wanted: spiffeId, issue: (wish) => tokens.wit(wish) }),
      validateJwt: (ask) => validateJwt(ask, { knowledge, time }),
      close: () => this.#end(session),
    };
  }

  #end(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    session.listeners.clear();
    this.#release(session.claims, session);
  }

  #watch(session: Session): void {
    for (const { key } of session.claims) {
      const sessions = this.#bySlot.get(key) ?? new Set();
      this.#bySlot.set(key, sessions.add(session));
    }
  }

  /** Instances nobody uses any more are not renewed; entries for everybody stay at hand. */
  #release(claims: readonly Claim[], session: Session | undefined): void {
    for (const { key, instance } of claims) {
      const sessions = this.#bySlot.get(key);
      if (session !== undefined) sessions?.delete(session);
      if (sessions !== undefined && sessions.size > 0) continue;
      this.#bySlot.delete(key);
      if (instance !== undefined) this.#parts.cache.release(key);
    }
  }

  #refresh(session: Session): void {
    const state = this.#view(session.claims);
    if (isRefusal(state) || !(session.isOwed || differs(session.state, state))) return;
    session.state = state;
    // Nothing at all would end the workload's stream; a moment later it has its new identity.
    const { cache } = this.#parts;
    session.isOwed =
      state.identities.length === 0 && session.claims.some(({ key }) => cache.isPending(key));
    if (session.isOwed) return;
    for (const listener of session.listeners) listener(state);
  }

  #onSvid(key: SlotKey): void {
    for (const session of this.#bySlot.get(key) ?? []) this.#refresh(session);
  }

  #rematch(session: Session): void {
    const before = session.claims;
    session.claims = this.#match(session.workload);
    const kept = new Set(session.claims.map(({ key }) => key));
    this.#release(
      before.filter(({ key }) => !kept.has(key)),
      session,
    );
    this.#watch(session);
  }

  #onKnowledge({ put, removed, hasNewTrust }: KnowledgeChange): void {
    const changed = [...put, ...removed];
    // Matching anew costs a few look-ups; beyond this many changes it is cheaper than asking each.
    const isMuch = changed.length > maxCompared;
    for (const session of this.#sessions) {
      const isTouched = isMuch || changed.some((entry) => concerns(entry, session));
      if (isTouched) this.#rematch(session);
      if (isTouched || hasNewTrust) this.#refresh(session);
    }
    for (const wake of this.#waiting) wake();
  }
}

/** Creates the source of one agent. */
export const createWorkloadSource = (parts: SourceParts): AgentSource => new Source(parts);
