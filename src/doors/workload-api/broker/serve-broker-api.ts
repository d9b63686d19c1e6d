/** The agent's listener for brokers: SPIFFE Broker API with mutual TLS by X509-SVIDs. */
import type { Socket } from 'node:net';
import { Code, ConnectError, createConnectRouter } from '@connectrpc/connect';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { SpiffeId } from '../../../kernel/ids.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { Endpoint } from '../endpoint.ts';
import { workloadErrors } from '../errors.ts';
import { API } from '../generated/broker_pb.ts';
import { defaultRpcLimits, type RpcLimits } from '../rpc/limits.ts';
import { type Accepted, type Place, startListener } from '../rpc/listener.ts';
import { toRoutes } from '../rpc/routes.ts';
import type { WorkloadSource, X509Identity } from '../types.ts';
import { acceptTls, shownChain } from './accept-tls.ts';
import { createBrokerService } from './broker-service.ts';

export type BrokerApiOptions = {
  readonly source: WorkloadSource;
  readonly place: Place;
  /** The agent's own SVID, asked at every connection, so that a rotation shows at the next one. */
  readonly identity: () => X509Identity;
  /** Validates a certificate chain (DER, leaf first), revocation included. Asked at every call and push. */
  readonly verify: (chain: readonly Uint8Array[]) => SpiffeId | Refusal;
  /** The allow-list, and the only authorization of brokers (BR-04). */
  readonly isAllowed: (broker: SpiffeId) => boolean;
  readonly log: Log;
  readonly limits?: Partial<RpcLimits>;
};

export type BrokerApi = { readonly endpoint: Endpoint; readonly close: () => Promise<void> };

/** 401 without a valid certificate, 403 with one that is not on the list (BR-23). */
const judge = (
  { verify, isAllowed }: BrokerApiOptions,
  chain: readonly Uint8Array[],
): SpiffeId | Refusal => {
  if (chain.length === 0)
    return refuse(workloadErrors.E_WORKLOAD_BROKER, 'a broker must show its X509-SVID');
  const id = verify(chain);
  if (isRefusal(id)) return refuse(workloadErrors.E_WORKLOAD_BROKER, id.detail);
  if (isAllowed(id)) return id;
  return refuse(workloadErrors.E_WORKLOAD_IDENTITY, 'this broker is not on the allow-list');
};

const acceptFor =
  (options: BrokerApiOptions) =>
  async (socket: Socket): Promise<Accepted | Refusal> => {
    const secured = await acceptTls(socket, options.identity());
    if (isRefusal(secured)) return secured;
    const chain = shownChain(secured);
    const verify = () => judge(options, chain);
    const id = verify();
    const name = isRefusal(id) ? '(unknown broker)' : id;
    return {
      stream: secured,
      caller: { kind: 'broker', verify },
      peerKey: name,
      fields: { broker: name },
      release: () => undefined,
    };
  };

/**
 * Serves the Broker API at one place, apart from the workloads' sockets.
 *
 * @throws SallyportError E_WORKLOAD_SOCKET
 */
export const serveBrokerApi = async (options: BrokerApiOptions): Promise<BrokerApi> => {
  const { source, place, log } = options;
  const limits = { ...defaultRpcLimits, ...options.limits };
  const shutdown = new AbortController();
  const router = createConnectRouter({
    connect: false,
    grpcWeb: false,
    acceptCompression: [],
    readMaxBytes: limits.maxRequestBytes,
    shutdownSignal: shutdown.signal,
    binaryOptions: { readUnknownFields: false },
  });
  router.service(API, createBrokerService({ source, limits }));
  const routes = toRoutes(router, new Map([[API.typeName, 'broker.spiffe.io']]));
  const listener = await startListener({
    place,
    accept: acceptFor(options),
    routes,
    limits,
    log,
    shutdown: shutdown.signal,
  });
  return {
    endpoint: listener.endpoint,
    close: async () => {
      shutdown.abort(new ConnectError('the agent is stopping', Code.Unavailable));
      await listener.close();
    },
  };
};
