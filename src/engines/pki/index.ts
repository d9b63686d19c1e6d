/** X.509, SPIFFE credentials and their bundles, without I/O: `sallyport/pki`. */
export { isRefusal, orThrow, type Refusal } from '../../kernel/errors.ts';
export {
  parseSpiffeId,
  parseTrustDomain,
  type SpiffeId,
  type TrustDomain,
} from '../../kernel/ids.ts';
export {
  assembleCertificate,
  authorityToSign,
} from './authority-certificate.ts';
export type { NewAuthority } from './authority-certificate.ts';
export { parseIpAddress } from './alternative-names.ts';
export type { AlternativeNames } from './alternative-names.ts';
export { authorityKeyOf } from './authority-key.ts';
export {
  createCertificateRequest,
  parseCertificateRequest,
  parseCertificateRequestPem,
} from './certificate-request.ts';
export type { CertificateRequest, NewCertificateRequest } from './certificate-request.ts';
export {
  parseCertificate,
  parseCertificatesPem,
  splitCertificates,
} from './certificate.ts';
export type { Certificate } from './certificate.ts';
export { parseCrl, parseCrlPem } from './crl.ts';
export type { Crl } from './crl.ts';
export type { RevokedEntry } from './crl-entries.ts';
export { createCrlIssuer } from './crl-issuer.ts';
export type { CrlIssuer, CrlTimes } from './crl-issuer.ts';
export { isRevocationReason } from './crl-reason.ts';
export type { RevocationReason } from './crl-reason.ts';
export { pkiErrors } from './errors.ts';
export type { Extension, Extensions, KeyUsage, NameConstraints } from './extensions.ts';
export type { GeneralName } from './general-name.ts';
export {
  createHybridKey,
  hybridMessage,
  signHybrid,
  verifyHybrid,
} from './hybrid-signature.ts';
export type { HybridKey, HybridSigner, HybridStatement } from './hybrid-signature.ts';
export { fitsAlgorithm, isJoseAlgorithm, signJose, verifyJose } from './jose-algorithm.ts';
export type { JoseAlgorithm } from './jose-algorithm.ts';
export { exportPublicJwk, importPublicJwk, jwkThumbprint } from './jwk.ts';
export { signJwtSvid, verifyJwtSvid } from './jwt-svid.ts';
export type { JwtSigner, JwtSvidClaims, JwtSvidPolicy, VerifiedJwtSvid } from './jwt-svid.ts';
export { decodeOnePem, decodePem, encodePem } from './pem.ts';
export type { PemLabel } from './pem.ts';
export { importPublicKey, keyIdentifierOf, parsePublicKeyInfo } from './public-key.ts';
export type { KeyKind, PublicKeyInfo } from './public-key.ts';
export { ReplayCache } from './replay-cache.ts';
export type { ReplayCacheOptions, ReplayVerdict } from './replay-cache.ts';
export { checkRevocation } from './revocation.ts';
export type { RevocationPolicy } from './revocation.ts';
export { RevocationList } from './revocation-list.ts';
export type { RevokedSerial } from './revocation-list.ts';
export { serialBytes, toSerial } from './serial-number.ts';
export { verifySignature } from './signature-algorithm.ts';
export type { SignatureAlgorithm, SignedBytes } from './signature-algorithm.ts';
export { defaultClockSkew } from './skew.ts';
export type { ClockSkew } from './skew.ts';
export { checkLeafProfile, checkSigningProfile } from './svid-profile.ts';
export { createSvidIssuer, maxLeafLifeMs } from './svid-issuer.ts';
export type { LeafRequest, SvidIssuer } from './svid-issuer.ts';
export {
  formatTrustBundle,
  parseTrustBundle,
  readTrustBundle,
  toX509Authority,
} from './trust-bundle.ts';
export type {
  BundleDocument,
  BundleJwk,
  JwtAuthority,
  TrustBundle,
  X509Authority,
} from './trust-bundle.ts';
export { validateX509Svid } from './validate-x509-svid.ts';
export type { VerifiedX509Svid, X509SvidPolicy } from './validate-x509-svid.ts';
export {
  formatConfirmationJwk,
  parseConfirmationJwk,
  signWitSvid,
  verifyWitSvid,
} from './wit-svid.ts';
export type {
  ConfirmationKey,
  VerifiedWitSvid,
  WitSvidClaims,
  WitSvidPolicy,
} from './wit-svid.ts';
export {
  signWorkloadProof,
  verifyWitPresentation,
  verifyWorkloadProof,
} from './workload-proof.ts';
export type {
  PresentedWitSvid,
  WorkloadProofClaims,
  WorkloadProofPolicy,
  WorkloadProofSigner,
} from './workload-proof.ts';
