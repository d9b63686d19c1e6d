/** Endpoints: the registered upstreams. What is not registered here is never called. */
export { type AddressClass, classifyAddress } from './addresses.ts';
export { type CredentialKeys, credentialKeyName } from './credentials.ts';
export {
  allowedClasses,
  pinnedLookup,
  type ResolveAll,
  type ResolvedAddress,
  systemResolveAll,
} from './dial-rules.ts';
export type {
  CredentialHeader,
  Endpoint,
  EndpointAudit,
  EndpointLimits,
  EndpointMode,
  EndpointPrices,
  EndpointProtocol,
  EndpointSpec,
  EndpointTimeouts,
  EndpointTls,
  TensorDatatype,
  TensorSpec,
} from './endpoint.ts';
export { tensorDatatypes } from './endpoint.ts';
export { createEndpoints } from './endpoints.ts';
export { entityRefOf } from './entity.ts';
export { endpointErrors } from './errors.ts';
export {
  type EndpointInput,
  endpointInputSchema,
  endpointNamePattern,
  parseEndpoint,
} from './parse-endpoint.ts';
export { migrations } from './schema.ts';
export type { EndpointLog, Endpoints, EndpointsDeps } from './types.ts';
export { type EgressRules, parseUpstream, type Upstream } from './upstream-url.ts';
