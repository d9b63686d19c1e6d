/**
 * A proxy inside the agent: it knows at once what the agent knows, also that the server was not heard
 * for the lease, and then admits nobody and cuts whoever is connected.
 */
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { Metrics } from '../../../platform/metrics/index.ts';
import type { WorkloadSession, WorkloadState } from '../../workload-api/index.ts';
import { type SvidState, toSvidState } from '../client/svid-state.ts';
import type { Agent } from '../create-agent.ts';
import { agentErrors } from '../errors.ts';
import { systemEffects } from '../system-effects.ts';
import { createBackoff } from '../sync/backoff.ts';
import { parseAddress } from './addresses.ts';
import { allowPeers } from './judge-peer.ts';
import { startProxy } from './proxy.ts';
import type { Address, Direction } from './types.ts';

export type ProxySpec = {
  /** Name of the socket whose identity the proxy has. */
  readonly workload: string;
  readonly direction: Direction;
  readonly listen: Address;
  readonly target: Address;
  readonly peers: readonly string[];
  readonly requirePq: boolean;
};

const wrong = (what: string): Refusal => refuse(agentErrors.E_AGENT_OPTIONS, `--proxy: ${what}`);

const collect = (text: string): ReadonlyMap<string, readonly string[]> | Refusal => {
  const found = new Map<string, string[]>();
  for (const part of text.split(',', 64)) {
    const at = part.indexOf('=');
    const name = at < 0 ? part : part.slice(0, at);
    if (!['workload', 'direction', 'listen', 'target', 'peer', 'require-pq'].includes(name))
      return wrong(`unknown setting ${name.slice(0, 32)}`);
    found.set(name, [...(found.get(name) ?? []), at < 0 ? '' : part.slice(at + 1)]);
  }
  return found;
};

/** Parses `workload=web,direction=in,listen=…,target=…,peer=…`. Never throws. */
export const parseProxySpec = (text: string): ProxySpec | Refusal => {
  const found = collect(text);
  if (isRefusal(found)) return found;
  const one = (name: string): string => found.get(name)?.[0] ?? '';
  const direction = one('direction');
  const listen = parseAddress(one('listen'));
  const target = parseAddress(one('target'));
  const peers = found.get('peer') ?? [];
  if (isRefusal(listen)) return listen;
  if (isRefusal(target)) return target;
  if (direction !== 'in' && direction !== 'out') return wrong('direction must be in or out');
  if (one('workload') === '' || peers.length === 0) return wrong('workload and peer are missing');
  const requirePq = found.has('require-pq');
  return { workload: one('workload'), direction, listen, target, peers, requirePq };
};

export type ProxyHost = {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Opens the view of a workload by the name of its socket. */
  readonly openNamed: (workload: string) => Promise<WorkloadSession | Refusal>;
};

const bounds = { firstMs: 100, mostMs: 5_000 };

/** Waits for the identity; the proxy's listener is open meanwhile and refuses. */
const follow = async (
  spec: ProxySpec,
  host: ProxyHost,
  { onState, signal }: { onState: (state: WorkloadState) => void; signal: AbortSignal },
): Promise<void> => {
  const backoff = createBackoff(systemEffects.random, bounds);
  while (!signal.aborted) {
    const session = await host.openNamed(spec.workload);
    if (!isRefusal(session)) {
      const close = (): void => session.close();
      if (signal.aborted) return close();
      signal.addEventListener('abort', close);
      session.subscribe(onState);
      onState(session.current());
      return;
    }
    await systemEffects.sleep(backoff.next(), signal);
  }
};

/** Starts one proxy; returns the way to stop it. @throws SallyportError E_PROXY_LISTEN */
export const startAgentProxy = async (
  agent: Pick<Agent, 'isStale'>,
  spec: ProxySpec,
  host: ProxyHost,
): Promise<() => Promise<void>> => {
  const held: { state?: SvidState } = {};
  const stop = new AbortController();
  const proxy = await startProxy({
    ...spec,
    authorize: allowPeers(spec.peers),
    state: () => held.state,
    isStale: agent.isStale,
    clock: systemEffects.clock,
    log: host.log,
    metrics: host.metrics,
  });
  const onState = (state: WorkloadState): void => {
    held.state = toSvidState(state);
    void proxy.recheck();
  };
  void follow(spec, host, { onState, signal: stop.signal });
  return async () => {
    stop.abort();
    await proxy.close();
  };
};
