/** SPIFFE Workload API over unix sockets: see README.md. */
export {
  type BrokerApi,
  type BrokerApiOptions,
  serveBrokerApi,
} from './broker/serve-broker-api.ts';
export { createWorkloadClient, type WorkloadClient } from './client.ts';
export { type Endpoint, parseEndpoint } from './endpoint.ts';
export { workloadErrors } from './errors.ts';
export type { RpcLimits } from './rpc/limits.ts';
export type { Listener, Place } from './rpc/listener.ts';
export {
  byCredentials,
  type IdentifyPeer,
  serveWorkloadApi,
  type WorkloadApi,
  type WorkloadApiOptions,
} from './serve-workload-api.ts';
export type { SocketFile } from './socket-file.ts';
export type {
  DomainBundle,
  IssuedJwtSvid,
  IssuedWitSvid,
  JwtSvidAsk,
  JwtSvidCheck,
  ValidatedJwtSvid,
  WitSvidAsk,
  WorkloadPeer,
  WorkloadReference,
  WorkloadSession,
  WorkloadSource,
  WorkloadState,
  X509Identity,
} from './types.ts';
