/** Puts the agent together: server, own identity, knowledge, SVIDs, workloads. */
import { validateX509Svid } from '../../engines/pki/index.ts';
import { isRefusal, type Refusal, SallyportError } from '../../kernel/errors.ts';
import type { SpiffeId, TrustDomain } from '../../kernel/ids.ts';
import { Secret } from '../../kernel/secret.ts';
import type { Log } from '../../platform/log/index.ts';
import type { Metrics } from '../../platform/metrics/index.ts';
import type { WorkloadReference, WorkloadSource, X509Identity } from '../workload-api/index.ts';
import { agentErrors } from './errors.ts';
import { createIdentityFile, type IdentityFile } from './node/identity-file.ts';
import { createOwnIdentity, type OwnIdentityManager } from './node/own-identity.ts';
import type { ProveNode } from './node/prove-node.ts';
import { createServerApi } from './server/server-api.ts';
import type { ServerTrust } from './server/trust.ts';
import { createIssuer } from './svids/issuer.ts';
import { createKeyPool } from './svids/key-pool.ts';
import { createSvidCache, type SvidCache } from './svids/svid-cache.ts';
import { createTokens } from './svids/tokens.ts';
import { withdraw } from './svids/withdrawals.ts';
import type { KnownBundle } from './sync/bundles.ts';
import { createKnowledge, type Knowledge } from './sync/knowledge.ts';
import { createServerTime, type ServerTime } from './sync/server-time.ts';
import { startSync, type Sync } from './sync/sync-loop.ts';
import type { Effects, OwnIdentity, ServerApi } from './types.ts';
import type { AttestedWorkload, AttestWorkload } from './workloads/attest-workload.ts';
import { type AgentSource, createWorkloadSource } from './workloads/workload-source.ts';

export type AgentOptions = {
  /** `https://host:port` of the server, or an interface of it (tests). */
  readonly server: string | ((own: () => OwnIdentity | undefined) => ServerApi);
  readonly trust: ServerTrust;
  readonly prove: ProveNode;
  /** Directory of the agent's own key and SVID, or any other place for them. */
  readonly state: string | IdentityFile;
  readonly attest: AttestWorkload;
  readonly attestReferenced?: (reference: WorkloadReference) => Promise<AttestedWorkload | Refusal>;
  /** How long a workload may wait for its entry. 1,000 when absent. */
  readonly graceMs?: number;
  /** Keys made ahead. 256 when absent. */
  readonly keysAhead?: number;
  readonly effects: Effects;
  readonly log: Log;
  readonly metrics: Metrics;
};

export type AgentStatus = {
  readonly agentId: SpiffeId | undefined;
  readonly isConnected: boolean;
  readonly isStale: boolean;
  readonly problem: string | undefined;
  readonly entries: number;
  readonly svids: number;
  readonly sessions: number;
};

export type Agent = {
  /** For the Workload API door. */
  readonly source: WorkloadSource;
  readonly trustDomain: () => TrustDomain | undefined;
  /** True when nobody may be judged any more: the server was not heard for the lease. */
  readonly isStale: () => boolean;
  /** The agent's own SVID. Throws E_AGENT_UNATTESTED before it has one. */
  readonly identity: () => X509Identity;
  /** Validates a chain (DER, leaf first) by what the agent knows: bundles and revocations. */
  readonly verify: (chain: readonly Uint8Array[]) => SpiffeId | Refusal;
  readonly status: () => AgentStatus;
  /** Resolves once the full state was heard for the first time. */
  readonly ready: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const tickMs = 250;
const ownTickMs = 5_000;
const neverBefore = 0;

type Parts = {
  readonly api: ServerApi;
  readonly own: OwnIdentityManager;
  readonly time: ServerTime;
  readonly knowledge: Knowledge;
  readonly cache: SvidCache;
  readonly source: AgentSource;
  readonly sync: Sync;
};

const observe = (metrics: Metrics, { knowledge, cache, source, time }: Parts): void => {
  const { observed } = metrics;
  observed('sallyport_agent_entries', 'Entries known', () => knowledge.entries.size());
  observed('sallyport_agent_svids', 'SVIDs held or asked for', () => cache.size());
  observed('sallyport_agent_sessions', 'Open views of workloads', () => source.sessions());
  observed('sallyport_agent_silence_seconds', 'Time since the server was heard', () =>
    Math.min(time.silenceMs() / 1000, Number.MAX_SAFE_INTEGER),
  );
};

const startTicking = ({ cache, own }: Parts, { every }: Effects): (() => void) => {
  const stops = [every(tickMs, () => cache.tick()), every(ownTickMs, () => void own.tick())];
  return () => {
    for (const stop of stops) stop();
  };
};

const firstKnowledge = (knowledge: Knowledge): (() => Promise<void>) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = knowledge.onChange(() => {
    stop();
    resolve();
  });
  return () => (knowledge.isComplete() ? Promise.resolve() : promise);
};

const statusOf = ({ own, sync, time, knowledge, cache, source }: Parts): AgentStatus => {
  const problem = sync.problem();
  return {
    agentId: own.current()?.agentId,
    isConnected: problem === undefined && knowledge.revision() > neverBefore,
    isStale: time.isStale(),
    problem: problem && `${problem.error.code}: ${problem.detail}`,
    entries: knowledge.entries.size(),
    svids: cache.size(),
    sessions: source.sessions(),
  };
};

const serverOf = (
  { server, trust }: AgentOptions,
  own: () => OwnIdentity | undefined,
  time: ServerTime,
): ServerApi =>
  typeof server === 'string'
    ? createServerApi({ url: server, trust, own, clock: time })
    : server(own);

/** Everything that serves workloads from what is known. */
const createServing = (options: AgentOptions, api: ServerApi, time: ServerTime) => {
  const { effects, trust } = options;
  const knowledge = createKnowledge(time);
  const keys = createKeyPool(options.keysAhead ?? 256);
  const issuer = createIssuer(api, keys);
  const cache = createSvidCache({ issuer, time, random: effects.random });
  const tokens = createTokens(api, time);
  // Before the source listens: what is withdrawn must be gone when views are made anew.
  knowledge.onChange((change) => {
    withdraw(change, { cache, knowledge });
    for (const { id } of [...change.removed, ...change.put]) tokens.forget(id);
    const own = trust.trustDomain();
    const bundle = own && knowledge.bundles().get(own);
    if (change.hasNewTrust && bundle !== undefined) trust.update(bundle.trust);
  });
  const source = createWorkloadSource({
    knowledge,
    cache,
    tokens,
    time,
    effects,
    trustDomain: trust.trustDomain,
    attest: options.attest,
    ...(options.attestReferenced === undefined
      ? {}
      : { attestReferenced: options.attestReferenced }),
    graceMs: options.graceMs ?? 1_000,
  });
  return { knowledge, keys, issuer, cache, source };
};

const identityOf = (own: OwnIdentity | undefined): X509Identity => {
  if (own === undefined)
    throw new SallyportError(agentErrors.E_AGENT_UNATTESTED, 'the agent has no SVID yet');
  const { agentId: spiffeId, chain, expiresAtMs } = own;
  const der = own.privateKey.export({ type: 'pkcs8', format: 'der' });
  return { spiffeId, chain, privateKey: new Secret<Uint8Array>(der), hint: '', expiresAtMs };
};

const verifyPeer = (
  { knowledge, time }: Parts,
  chain: readonly Uint8Array[],
): SpiffeId | Refusal => {
  const bundles: ReadonlyMap<string, KnownBundle> = knowledge.bundles();
  const verified = validateX509Svid(chain, {
    bundleOf: (name) => bundles.get(name)?.trust,
    crls: knowledge.parsedCrls(),
    nowMs: time.nowMs(),
  });
  return isRefusal(verified) ? verified : verified.spiffeId;
};

/** Starts an agent. It serves what it has from then on, and gets the rest by itself. */
export const createAgent = async (options: AgentOptions): Promise<Agent> => {
  const { effects, log, metrics, trust, prove, state } = options;
  const time = createServerTime(effects.clock);
  const file = typeof state === 'string' ? createIdentityFile(state) : state;
  const held: { own?: OwnIdentityManager } = {};
  const api = serverOf(options, () => held.own?.current(), time);
  const identity = createOwnIdentity({ api, prove, trust, time, file, log });
  held.own = identity;
  await identity.restore();
  const { keys, issuer, ...serving } = createServing(options, api, time);
  const ready = firstKnowledge(serving.knowledge);
  const sync = startSync({
    api,
    knowledge: serving.knowledge,
    effects,
    log,
    ensureIdentity: identity.ensure.bind(identity),
  });
  const parts: Parts = { api, own: identity, time, sync, ...serving };
  serving.knowledge.onChange(({ hasNewTrust }) => {
    if (hasNewTrust) void identity.leave(serving.knowledge.tainted());
  });
  observe(metrics, parts);
  const stopTicking = startTicking(parts, effects);
  return {
    source: serving.source,
    trustDomain: trust.trustDomain,
    isStale: time.isStale,
    identity: () => identityOf(identity.current()),
    verify: (chain) => verifyPeer(parts, chain),
    status: () => statusOf(parts),
    ready,
    close: async () => {
      stopTicking();
      issuer.close();
      keys.close();
      await sync.close();
      await api.close();
    },
  };
};
