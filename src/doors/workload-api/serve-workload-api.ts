/**
 * The listeners of the agent for workloads: Workload API, Envoy SDS and reflection on each socket.
 * One socket per registered workload, owned by its user, is the default; the kernel names the peer.
 */
import type { Socket } from 'node:net';
import { Code, ConnectError, createConnectRouter } from '@connectrpc/connect';
import { type Clock, systemClock } from '../../kernel/effects.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { Log } from '../../platform/log/index.ts';
import type { PeerCredentials } from '../../platform/peer-credentials/index.ts';
import type { Endpoint } from './endpoint.ts';
import { workloadErrors } from './errors.ts';
import { ServerReflection } from './generated/reflection_pb.ts';
import { SecretDiscoveryService } from './generated/sds_pb.ts';
import { SpiffeWorkloadAPI } from './generated/workload_pb.ts';
import { createReflectionService } from './reflection-service.ts';
import type { RpcRoutes } from './rpc/handle-stream.ts';
import { defaultRpcLimits, type RpcLimits } from './rpc/limits.ts';
import { type Accepted, type Listener, type Place, startListener } from './rpc/listener.ts';
import { toRoutes } from './rpc/routes.ts';
import { createSdsService } from './sds/sds-service.ts';
import type { WorkloadPeer, WorkloadSource } from './types.ts';
import { createWorkloadService } from './workload/workload-service.ts';

/** Says who is at the other end; a refusal closes the connection. */
export type IdentifyPeer = (
  socket: Socket,
  place: Place,
) => WorkloadPeer | Refusal | Promise<WorkloadPeer | Refusal>;

export type WorkloadApiOptions = {
  readonly source: WorkloadSource;
  readonly places: readonly Place[];
  /** `byCredentials(...)`, or for TCP what the network guarantees (EP-05). */
  readonly identify: IdentifyPeer;
  readonly log: Log;
  readonly limits?: Partial<RpcLimits>;
  readonly clock?: Clock;
  /** False: both WIT calls are UNIMPLEMENTED. */
  readonly hasWit?: boolean;
  /** Called when a connection has ended, e.g. to close its pidfd. */
  readonly release?: (peer: WorkloadPeer) => void;
};

export type WorkloadApi = {
  readonly endpoints: readonly Endpoint[];
  readonly connections: () => number;
  /** Adds a socket, e.g. for an entry registered meanwhile. */
  readonly listen: (place: Place) => Promise<Listener>;
  readonly close: () => Promise<void>;
};

const nameOf = (place: Place): string =>
  place.kind === 'unix' ? place.path : `${place.host}:${place.port}`;

/**
 * Peers by SO_PEERCRED. A socket made for one user admits that user (and root) only, whatever became
 * of the file's mode. Without credentials nobody is admitted.
 */
export const byCredentials =
  (credentials: PeerCredentials | Refusal): IdentifyPeer =>
  (socket, place) => {
    if (place.kind === 'tcp')
      return refuse(workloadErrors.E_WORKLOAD_IDENTITY, 'TCP has no peer credentials');
    if (isRefusal(credentials)) return credentials;
    const peer = credentials.peerOf(socket);
    if (isRefusal(peer)) return peer;
    const isAdmitted = place.uid === undefined || peer.uid === place.uid || peer.uid === 0;
    if (isAdmitted) return { ...peer, socket: place.path };
    credentials.release(peer);
    return refuse(workloadErrors.E_WORKLOAD_IDENTITY, 'this socket belongs to another user');
  };

const acceptAt =
  ({ identify, release }: WorkloadApiOptions, place: Place) =>
  async (socket: Socket): Promise<Accepted | Refusal> => {
    const peer = await identify(socket, place);
    if (isRefusal(peer)) return peer;
    return {
      stream: socket,
      caller: { kind: 'workload', peer },
      peerKey: `${peer.uid}/${peer.pid}`,
      fields: { uid: peer.uid, pid: peer.pid, socket: nameOf(place) },
      release: () => release?.(peer),
    };
  };

const routesOf = (options: WorkloadApiOptions, limits: RpcLimits, signal: AbortSignal) => {
  const { source, clock = systemClock, hasWit = true } = options;
  const router = createConnectRouter({
    connect: false,
    grpcWeb: false,
    acceptCompression: [],
    readMaxBytes: limits.maxRequestBytes,
    shutdownSignal: signal,
    binaryOptions: { readUnknownFields: false },
  });
  router.service(SpiffeWorkloadAPI, createWorkloadService({ source, limits, clock, hasWit }));
  router.service(SecretDiscoveryService, createSdsService({ source, limits, log: options.log }));
  router.service(
    ServerReflection,
    createReflectionService([SpiffeWorkloadAPI, SecretDiscoveryService, ServerReflection]),
  );
  return toRoutes(router, new Map([[SpiffeWorkloadAPI.typeName, 'workload.spiffe.io']]));
};

/**
 * Serves the Workload API at all places. When one cannot be opened, none is.
 *
 * @throws SallyportError E_WORKLOAD_SOCKET
 */
export const serveWorkloadApi = async (options: WorkloadApiOptions): Promise<WorkloadApi> => {
  const limits = { ...defaultRpcLimits, ...options.limits };
  const shutdown = new AbortController();
  const routes: RpcRoutes = routesOf(options, limits, shutdown.signal);
  const listeners: Listener[] = [];
  const close = async (): Promise<void> => {
    shutdown.abort(new ConnectError('the agent is stopping', Code.Unavailable));
    await Promise.all(listeners.splice(0).map((listener) => listener.close()));
  };
  const listen = async (place: Place): Promise<Listener> => {
    const accept = acceptAt(options, place);
    const { log } = options;
    const listener = await startListener({
      place,
      accept,
      routes,
      limits,
      log,
      shutdown: shutdown.signal,
    });
    listeners.push(listener);
    return listener;
  };
  try {
    for (const place of options.places) await listen(place);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    endpoints: listeners.map(({ endpoint }) => endpoint),
    connections: () => listeners.reduce((sum, listener) => sum + listener.connections(), 0),
    listen,
    close,
  };
};
