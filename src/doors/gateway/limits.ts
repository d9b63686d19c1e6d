/** Bounds of the data plane from the configuration, with the ones nobody needs to configure. */
import type { Config } from '../../platform/config/index.ts';
import type { GatewayLimits } from './types.ts';

const megabyte = 1024 * 1024;

/** The limits for a configuration's `gateway` section. */
export const gatewayLimits = (gateway: Config['gateway']): GatewayLimits => ({
  maxHeaderBytes: gateway.maxHeaderBytes,
  headersTimeoutMs: gateway.headersTimeoutMs,
  requestTimeoutMs: gateway.requestTimeoutMs,
  keepAliveTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  maxConnections: 10_000,
  maxBodyBytes: gateway.maxBodyBytes,
  maxAnswerBytes: 32 * megabyte,
  maxConcurrentRequests: gateway.maxConcurrentRequests,
  maxConnectionsPerPeer: gateway.maxConnectionsPerPeer,
  maxAuthenticationFailures: 60,
  authenticationWindowMs: 60_000,
  upstreamTimeoutMs: gateway.upstreamTimeoutMs,
  writeTimeoutMs: 30_000,
});
