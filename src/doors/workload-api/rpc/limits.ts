/** Bounds of one gRPC listener. Times are milliseconds. */

export type RpcLimits = {
  /** Largest request message; ours are a few hundred bytes. */
  readonly maxRequestBytes: number;
  readonly maxConnections: number;
  /** Of one process. */
  readonly maxConnectionsPerPeer: number;
  /** Of one connection; Envoy opens one stream per secret. */
  readonly maxStreamsPerConnection: number;
  /** Until a request that is not a stream itself is complete. */
  readonly requestMs: number;
  /** Until the agent has attested the caller. */
  readonly openMs: number;
  /** Until a client has read a message; then its stream is cut. */
  readonly drainMs: number;
  /** A connection without any stream is closed after this. */
  readonly idleMs: number;
  /** Given to streams when the listener closes. */
  readonly closeMs: number;
  /** Changes are pushed after a random part of this, so that not all clients act at once. */
  readonly pushSpreadMs: number;
  /** How long a caller without identity waits for one before it is denied. */
  readonly identityGraceMs: number;
};

export const defaultRpcLimits: RpcLimits = Object.freeze({
  maxRequestBytes: 65_536,
  maxConnections: 16_384,
  maxConnectionsPerPeer: 64,
  maxStreamsPerConnection: 256,
  requestMs: 10_000,
  openMs: 15_000,
  drainMs: 30_000,
  idleMs: 300_000,
  closeMs: 2_000,
  pushSpreadMs: 20,
  identityGraceMs: 0,
});
