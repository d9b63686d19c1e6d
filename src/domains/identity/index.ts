/** Identity: principals, credentials, the trust domain, and who stands at the gate. */
export { createIdentity } from './create-identity.ts';
export type { IdentityConfig, IdentityDependencies, IdentityKeys } from './dependencies.ts';
export { identityErrors } from './errors.ts';
export type {
  AttestationContext,
  NodeAttestor,
  NodeAttestors,
  NodeChallenge,
  NodeVerdict,
} from './agents/attestor.ts';
export { createNodeAttestors } from './attestors/create-attestors.ts';
export type { AttestorOptions, FetchedProvider, FetchJwks } from './attestors/create-attestors.ts';
export type {
  AgentNews,
  AgentRecord,
  Agents,
  AgentSvid,
  AttestedAgent,
  SvidAnswer,
  TrustDomainBundle,
} from './agents/types.ts';
export type { Authority, AuthorityState, AuthorityVerbs } from './authorities/types.ts';
export type {
  AgentEntry,
  Entries,
  EntryParent,
  NewEntry,
  RegistrationEntry,
} from './entries/types.ts';
export { matches } from './entries/selectors.ts';
export type {
  BundleClient,
  BundleRequest,
  FederatedDomain,
  Federation,
  FederationSource,
  FetchBundle,
  NewFederation,
} from './federation/types.ts';
export type { Revocation, Revocations, RevocationTarget } from './revocation/types.ts';
export { systemActor } from './events.ts';
export { migrations } from './schema.ts';
export { serverNamesFor } from './server-names.ts';
export type {
  Actor,
  ApiToken,
  Authentication,
  AuthenticationMethod,
  Bundle,
  BundleKey,
  CreatedApiToken,
  Enrolment,
  EnrolmentOffer,
  EnrolmentRedemption,
  Identity,
  JoinToken,
  JoinTokenRedemption,
  JwtSvid,
  JwtSvidRequest,
  NewApiToken,
  NewJoinToken,
  NewPrincipal,
  Page,
  Principal,
  PrincipalPage,
  PrincipalRef,
  PrincipalType,
  ServerTls,
  ServerTlsOptions,
  TlsMaterial,
  VerifiedIdentity,
  X509Svid,
  X509SvidRequest,
} from './types.ts';
