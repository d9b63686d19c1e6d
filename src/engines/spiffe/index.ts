/** SPIFFE for verifiers and clients, without I/O: `sallyport/spiffe`. */
export { isRefusal, orThrow, type Refusal } from '../../kernel/errors.ts';
export {
  parseSpiffeId,
  parseTrustDomain,
  type SpiffeId,
  type TrustDomain,
  trustDomainOf,
} from '../../kernel/ids.ts';
export {
  formatTrustBundle,
  parseCrl,
  parseTrustBundle,
  ReplayCache,
  signWorkloadProof,
  splitCertificates,
} from '../pki/index.ts';
export type {
  BundleDocument,
  Crl,
  PresentedWitSvid,
  ReplayCacheOptions,
  TrustBundle,
  VerifiedJwtSvid,
  VerifiedX509Svid,
  WorkloadProofClaims,
  WorkloadProofSigner,
} from '../pki/index.ts';
export { createBundleSet, formatBundleMap, parseBundleMap } from './bundle-set.ts';
export type { BundleMapDocument, BundleSet } from './bundle-set.ts';
export { formatEndpointAddress, parseEndpointAddress } from './endpoint-address.ts';
export type { EndpointAddress } from './endpoint-address.ts';
export { isMemberOf, isWithin, pathOf, spiffeIdOf } from './spiffe-id.ts';
export { validateJwtSvid, validateWitSvid, validateX509Svid } from './validate.ts';
export type { JwtSvidChecks, WitSvidChecks, X509SvidChecks } from './validate.ts';
