/** A whole agent process: trust, evidence, peer credentials, Workload API sockets, in one life. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isRefusal, orThrow, SallyportError } from '../../kernel/errors.ts';
import type { Log } from '../../platform/log/index.ts';
import { createMetrics, type Metrics } from '../../platform/metrics/index.ts';
import { openPeerCredentials } from '../../platform/peer-credentials/index.ts';
import { serveWorkloadApi, type SocketFile, type WorkloadApi } from '../workload-api/index.ts';
import { type Agent, createAgent } from './create-agent.ts';
import { agentErrors } from './errors.ts';
import type { ProveNode } from './node/prove-node.ts';
import { fetchUnprovenBundle } from './server/server-api.ts';
import {
  bundleFromPem,
  bundleFromPin,
  createServerTrust,
  type ServerTrust,
} from './server/trust.ts';
import { type ProxySpec, startAgentProxy } from './proxy/agent-proxy.ts';
import { systemEffects } from './system-effects.ts';
import type { Effects } from './types.ts';
import { createReferenceAttestor } from './workloads/attest-referenced.ts';
import { createWorkloadAttestor, ownUserName } from './workloads/attest-workload.ts';
import { identifyPeer } from './workloads/identify-peer.ts';
import type { ListPods } from './workloads/kubernetes.ts';
import { type BrokerSpec, serveBrokers } from './workloads/serve-brokers.ts';

/** How the server proves itself the first time; later the kept bundle does. */
export type FirstTrust =
  | { readonly kind: 'pem'; readonly text: string }
  /** `sha256:` and the hex digest of the root's DER. */
  | { readonly kind: 'pin'; readonly digest: string }
  /** Only what an earlier run kept. */
  | { readonly kind: 'kept' };

export type AgentProcessOptions = {
  readonly serverUrl: string;
  readonly firstTrust: FirstTrust;
  readonly prove: ProveNode;
  readonly stateDirectory: string;
  /** Sockets; the name of the file without `.sock` is the selector `socket:<name>`. */
  readonly sockets: readonly SocketFile[];
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly effects?: Effects;
  readonly listPods?: ListPods;
  /** A listener for brokers (SPIFFE Broker API). */
  readonly broker?: BrokerSpec;
  readonly graceMs?: number;
  /** Proxies inside the agent. */
  readonly proxies?: readonly ProxySpec[];
};

export type AgentProcess = {
  readonly agent: Agent;
  readonly workloadApi: WorkloadApi;
  readonly metrics: Metrics;
  readonly close: () => Promise<void>;
};

/** `/run/x/web.sock` is `web`. */
export const socketName = (path: string): string => basename(path, '.sock');

const startTrust = async (options: AgentProcessOptions): Promise<ServerTrust> => {
  const { firstTrust, serverUrl } = options;
  if (firstTrust.kind === 'kept') return createServerTrust();
  if (firstTrust.kind === 'pem') return createServerTrust(orThrow(bundleFromPem(firstTrust.text)));
  const document = orThrow(await fetchUnprovenBundle(serverUrl));
  return createServerTrust(orThrow(bundleFromPin(document, firstTrust.digest)));
};

const checkUrl = (url: string): string => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'https:' && parsed.pathname === '/') return parsed.origin;
  throw new SallyportError(
    agentErrors.E_AGENT_OPTIONS,
    'the server address must be https://host:port',
  );
};

/** Starts everything; what was started is closed again when something fails. */
export const startAgentProcess = async (options: AgentProcessOptions): Promise<AgentProcess> => {
  const { log, sockets, metrics = createMetrics(), effects = systemEffects } = options;
  const server = checkUrl(options.serverUrl);
  const credentials = await openPeerCredentials();
  if (isRefusal(credentials))
    log.warn({ detail: credentials.detail }, 'workloads are told apart by their sockets only');
  const known = isRefusal(credentials) ? undefined : credentials;
  const names = new Map(sockets.map(({ path }) => [path, socketName(path)]));
  const attest = createWorkloadAttestor({
    credentials: known,
    socketName: (path) => names.get(path),
    userName: ownUserName,
    ...(options.listPods === undefined ? {} : { listPods: options.listPods }),
  });
  const agent = await createAgent({
    server,
    trust: await startTrust(options),
    prove: options.prove,
    state: options.stateDirectory,
    attest,
    attestReferenced: createReferenceAttestor(
      options.listPods === undefined ? {} : { listPods: options.listPods },
    ),
    effects,
    log,
    metrics,
    ...(options.graceMs === undefined ? {} : { graceMs: options.graceMs }),
  });
  const stack = new AsyncDisposableStack();
  stack.defer(agent.close);
  try {
    const workloadApi = await serveWorkloadApi({
      source: agent.source,
      places: sockets.map((socket) => ({ kind: 'unix', ...socket })),
      identify: identifyPeer(credentials),
      log,
      ...(known === undefined ? {} : { release: known.release }),
    });
    stack.defer(workloadApi.close);
    await startProxies(agent, { ...options, metrics }, stack);
    if (options.broker !== undefined)
      stack.defer((await serveBrokers(agent, options.broker, log)).close);
    return { agent, workloadApi, metrics, close: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
};

/** A proxy has the identity of a socket: nobody but the agent itself can take it that way. */
const startProxies = async (
  agent: Agent,
  { proxies = [], log, metrics, sockets }: AgentProcessOptions & { readonly metrics: Metrics },
  stack: AsyncDisposableStack,
): Promise<void> => {
  const openNamed = (workload: string) => {
    const place = sockets.find(({ path }) => socketName(path) === workload);
    const { uid = process.getuid?.() ?? 0, gid = uid, path = '' } = place ?? {};
    return agent.source.open({ uid, gid, pid: 0, socket: path });
  };
  for (const spec of proxies) {
    const isKnown = sockets.some(({ path }) => socketName(path) === spec.workload);
    if (!isKnown)
      throw new SallyportError(
        agentErrors.E_AGENT_OPTIONS,
        `no socket ${spec.workload} for a proxy`,
      );
    stack.defer(await startAgentProxy(agent, spec, { log, metrics, openNamed }));
  }
};

/** A small text file, for evidence. */
export const readSmallText = async (path: string): Promise<string> => {
  const text = await readFile(path, 'utf8');
  if (text.length > 1 << 20) throw new RangeError(`${path} is too large`);
  return text;
};
