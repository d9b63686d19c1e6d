/**
 * The server's side of seam 2 in memory: a real trust domain behind the interface the agent talks to.
 * Tests change entries, revoke, rotate, and cut the connection.
 */
import { systemClock } from '../../kernel/effects.ts';
import { isRefusal, orThrow, type Refusal, refuse } from '../../kernel/errors.ts';
import { parseSpiffeId, type SpiffeId, type TrustDomain } from '../../kernel/ids.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import { Secret } from '../../kernel/secret.ts';
import { agentErrors } from './errors.ts';
import { createFakeDomain, type FakeDomain } from './fake-authority.ts';
import type { AgentEntry, News, ServerApi, SvidAnswer } from './types.ts';

export { createFakeDomain, type FakeDomain } from './fake-authority.ts';

export type FakeServer = {
  readonly domain: FakeDomain;
  readonly api: ServerApi;
  readonly put: (...entries: readonly FakeEntry[]) => void;
  readonly remove: (...ids: readonly string[]) => void;
  /** Pushes a list that revokes this leaf. */
  readonly revoke: (leaf: Uint8Array) => void;
  /** A new intermediate, and the word that leaves of the old one are to be replaced. */
  readonly taint: () => void;
  readonly sayAlive: () => void;
  /** Down: every call fails, streams end. */
  readonly setDown: (isDown: boolean) => void;
  /** Refuses the agent's SVID until it attests again. */
  readonly evict: () => void;
  readonly calls: { attest: number; renew: number; svids: number; issued: number; listen: number };
  readonly listeners: () => number;
};

export type FakeEntry = Partial<Omit<AgentEntry, 'spiffeId'>> & {
  readonly id: string;
  readonly path: string;
};

export type FakeServerOptions = {
  readonly trustDomain?: string;
  readonly nowMs?: () => number;
  readonly agentLifeMs?: number;
  readonly isReattestable?: boolean;
};

const down = (): Refusal => refuse(agentErrors.E_AGENT_SERVER, 'connection refused');
const evicted = (): Refusal => refuse(agentErrors.E_AGENT_UNATTESTED, 'the agent was evicted');

type Listener = { readonly tell: (news: News) => void; readonly end: (why: Refusal) => void };

class Server {
  readonly domain: FakeDomain;
  readonly entries = new Map<string, AgentEntry>();
  readonly listeners = new Set<Listener>();
  readonly calls = { attest: 0, renew: 0, svids: 0, issued: 0, listen: 0 };
  readonly #options: Required<FakeServerOptions>;
  #revision = 1;
  #isDown = false;
  #isEvicted = false;
  #tainted: readonly string[] = [];
  #crl: Uint8Array;

  constructor(options: FakeServerOptions) {
    this.#options = {
      trustDomain: 'fake.test',
      nowMs: systemClock.nowMs,
      agentLifeMs: 3_600_000,
      isReattestable: true,
      ...options,
    };
    const { trustDomain, nowMs } = this.#options;
    this.domain = createFakeDomain(trustDomain, nowMs);
    this.#crl = this.domain.crl();
  }

  idOf(path: string): SpiffeId {
    return orThrow(parseSpiffeId(`spiffe://${this.#options.trustDomain}${path}`));
  }

  problem(): Refusal | undefined {
    if (this.#isDown) return down();
    return this.#isEvicted ? evicted() : undefined;
  }

  attest(csr: Uint8Array, attestor: string) {
    this.calls.attest += 1;
    if (this.#isDown) return down();
    if (this.calls.attest > 1 && !this.#options.isReattestable) return evicted();
    const agentId = this.idOf(`/sallyport/agent/${attestor}/node-1`);
    const svid = this.domain.issue(csr, agentId, this.#options.agentLifeMs);
    if (isRefusal(svid)) return svid;
    this.#isEvicted = false;
    const { isReattestable } = this.#options;
    return { agentId, chain: svid.chain, bundle: this.domain.bundle, isReattestable };
  }

  state(): News {
    const { trustDomain } = this.#options;
    return {
      type: 'state',
      revision: this.#revision,
      entries: [...this.entries.values()],
      bundles: [{ trustDomain: trustDomain as TrustDomain, jwks: this.domain.bundle }],
      crls: [this.#crl],
      tainted: this.#tainted,
      ttlMs: 30_000,
    };
  }

  alive(): News {
    return { type: 'alive', revision: this.#revision, timeMs: this.#options.nowMs() };
  }

  tell(news: News): void {
    if (!this.#isDown) for (const listener of this.listeners) listener.tell(news);
  }

  change(facts: Partial<Extract<News, { readonly type: 'change' }>>): void {
    this.#revision += 1;
    this.tell({ type: 'change', revision: this.#revision, entries: [], removed: [], ...facts });
  }

  put(entries: readonly FakeEntry[]): void {
    const made = entries.map((entry): AgentEntry => {
      const before = this.entries.get(entry.id);
      const { path, ...rest } = entry;
      return {
        selectors: [`socket:${entry.id}`],
        x509TtlSeconds: 3600,
        jwtTtlSeconds: 300,
        federatesWith: [],
        hint: '',
        isGroup: false,
        revision: (before?.revision ?? 0) + 1,
        ...rest,
        spiffeId: this.idOf(path),
      };
    });
    for (const entry of made) this.entries.set(entry.id, entry);
    this.change({ entries: made });
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) this.entries.delete(id);
    this.change({ removed: ids });
  }

  pushCrl(crl: Uint8Array): void {
    this.#crl = crl;
    this.change({ crls: [crl] });
  }

  taint(): void {
    this.#tainted = [...this.#tainted, this.domain.rotate()];
    this.change({ tainted: this.#tainted });
  }

  endAll(why: Refusal): void {
    for (const { end } of this.listeners) end(why);
    this.listeners.clear();
  }

  setDown(isDown: boolean): void {
    this.#isDown = isDown;
    if (isDown) this.endAll(down());
  }

  evict(): void {
    this.#isEvicted = true;
    this.endAll(evicted());
  }

  issue(entryId: string, csr: Uint8Array, instance?: string): SvidAnswer {
    const entry = this.entries.get(entryId);
    if (entry === undefined) return refuse(agentErrors.E_AGENT_WORKLOAD, 'no such entry');
    this.calls.issued += 1;
    const id = instance === undefined ? entry.spiffeId : `${entry.spiffeId}/${instance}`;
    return this.domain.issue(csr, id as SpiffeId, entry.x509TtlSeconds * 1000);
  }

  token(entryId: string, audience: readonly string[], instance?: string) {
    const entry = this.entries.get(entryId);
    if (entry === undefined) return refuse(agentErrors.E_AGENT_WORKLOAD, 'no such entry');
    const id = (
      instance === undefined ? entry.spiffeId : `${entry.spiffeId}/${instance}`
    ) as SpiffeId;
    const lifeMs = entry.jwtTtlSeconds * 1000;
    const token = new Secret(this.domain.issueJwt(id, audience, lifeMs));
    return { token, expiresAtMs: this.#options.nowMs() + lifeMs };
  }

  listen(onNews: (news: News) => void, signal: AbortSignal): Promise<Refusal> {
    this.calls.listen += 1;
    const problem = this.problem();
    if (problem !== undefined) return Promise.resolve(problem);
    return new Promise((resolve) => {
      const listener: Listener = { tell: onNews, end: resolve };
      this.listeners.add(listener);
      signal.addEventListener('abort', () => {
        this.listeners.delete(listener);
        resolve(down());
      });
      onNews(this.state());
      onNews(this.alive());
    });
  }
}

const apiOf = (server: Server): ServerApi => ({
  attest: ({ csr, attestor }) => {
    const answer = server.attest(csr, attestor);
    return Promise.resolve(isRefusal(answer) ? answer : { kind: 'credentials', ...answer });
  },
  renew: (csr) => {
    server.calls.renew += 1;
    return Promise.resolve(server.problem() ?? server.attest(csr, 'renewed'));
  },
  issueSvids: (requests) => {
    server.calls.svids += 1;
    const answers = requests.map(({ entryId, csr, instance }) =>
      server.issue(entryId, csr, instance),
    );
    return Promise.resolve(server.problem() ?? answers);
  },
  issueJwt: ({ entryId, audience, instance }) =>
    Promise.resolve(server.problem() ?? server.token(entryId, audience, instance)),
  issueWit: ({ entryId, instance }) =>
    Promise.resolve(server.problem() ?? server.token(entryId, ['wit'], instance)),
  listen: (_revision, onNews, signal) => server.listen(onNews, signal),
  close: () => Promise.resolve(),
});

/** Bundle of the fake trust domain, for `createServerTrust`. */
export const bundleOfFake = ({ domain }: FakeServer): JsonObject => domain.bundle;

/** Creates the server's side in memory. */
export const createFakeServer = (options: FakeServerOptions = {}): FakeServer => {
  const server = new Server(options);
  return {
    domain: server.domain,
    api: apiOf(server),
    put: (...entries) => server.put(entries),
    remove: (...ids) => server.remove(ids),
    revoke: (leaf) => server.pushCrl(server.domain.revoke(leaf)),
    taint: () => server.taint(),
    sayAlive: () => server.tell(server.alive()),
    setDown: (isDown) => server.setDown(isDown),
    evict: () => server.evict(),
    calls: server.calls,
    listeners: () => server.listeners.size,
  };
};
