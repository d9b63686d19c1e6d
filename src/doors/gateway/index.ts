/** The data plane: OpenAI and Open Inference Protocol V2 behind identity, policy, budget, ledger. */
export type { Exchange, RequestFacts, Usage } from './exchange.ts';
export { gatewayErrors } from './errors.ts';
export { listenerTls } from './front/file-certificate.ts';
export { startListening } from './front/start-listening.ts';
export { createGateway } from './gateway.ts';
export type { EventVerdict, Inspection } from './inspection.ts';
export { gatewayLimits } from './limits.ts';
export { isGatewayPath } from './route.ts';
export { knownObligations } from './steps/carry-out-obligations.ts';
export type {
  Gateway,
  GatewayDeps,
  GatewayLimits,
  GatewayListener,
  GatewayServerOptions,
  RequestListener,
  RunningListener,
} from './types.ts';
export { contextHeaderName, contextKeyName, contextKeySet } from './upstream/context-header.ts';
