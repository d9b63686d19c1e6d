/**
 * The words of the identity room: principals, credentials, verified identities and the interface
 * that doors and neighbouring domains use. Types only; nothing here runs.
 */
import type { Refusal } from '../../kernel/errors.ts';
import type { PrincipalId, SpiffeId, TenantId, TrustDomain } from '../../kernel/ids.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Agents } from './agents/types.ts';
import type { AuthorityVerbs } from './authorities/types.ts';
import type { Entries } from './entries/types.ts';
import type { Federation } from './federation/types.ts';
import type { Revocations } from './revocation/types.ts';

export type PrincipalType = 'User' | 'Service' | 'Agent';

/** A principal as policies see it; type and id are those of its Cedar entity. */
export type PrincipalRef = { readonly type: PrincipalType; readonly id: PrincipalId };

export type AuthenticationMethod = 'api-token' | 'jwt-svid' | 'mtls' | 'enrolment';

/**
 * Who stands at the gate, proven. Roles and teams are not here: they live in the access room.
 * `credentialId` names the credential in the ledger (`token:…`, `jwt:…`, `x509:…`, `enrolment:…`)
 * and is never the credential itself. `expiresAtMs` is when the credential stops being one.
 */
export type VerifiedIdentity = {
  readonly principal: PrincipalRef;
  readonly tenant: TenantId;
  readonly spiffeId?: SpiffeId;
  readonly method: AuthenticationMethod;
  readonly credentialId: string;
  readonly authenticatedAtMs: number;
  readonly expiresAtMs: number;
};

/** At once when the answer is cached or needs no storage, a promise otherwise. */
export type Authentication = VerifiedIdentity | Refusal | Promise<VerifiedIdentity | Refusal>;

/** On whose behalf a change is made; it is written into the ledger event of the change. */
export type Actor = {
  readonly principal: PrincipalRef | { readonly type: 'System'; readonly id: 'sallyport' };
  readonly tenant: TenantId;
  /** Address of the caller, for the event only. */
  readonly peer?: string;
  readonly requestId?: string;
};

export type Principal = PrincipalRef & {
  /** Display name, possibly personal: encrypted in the ledger, never logged. */
  readonly name: string;
  readonly spiffeId?: SpiffeId;
  readonly tenant: TenantId;
  readonly disabled: boolean;
  readonly createdAtMs: number;
};

export type NewPrincipal = {
  readonly type: PrincipalType;
  /** Drawn at random when absent. */
  readonly id?: PrincipalId;
  readonly name: string;
  /** Of the own trust domain or a federated one; has a path and belongs to nobody else. */
  readonly spiffeId?: SpiffeId;
  readonly tenant?: TenantId;
  /** Ids of `Role` and `Team` entities that become parents of the principal's entity. */
  readonly roles?: readonly string[];
  readonly teams?: readonly string[];
};

/** What may be shown of an API token. The token itself is shown once, when it is made. */
export type ApiToken = {
  readonly id: string;
  readonly principal: PrincipalRef;
  readonly name: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** Rounded to the hour, absent when never used. */
  readonly lastUsedAtMs?: number;
  readonly revokedAtMs?: number;
};

export type NewApiToken = {
  readonly principal: PrincipalId;
  readonly name?: string;
  /** 90 days when absent, 366 days at most. */
  readonly ttlSeconds?: number;
};

export type CreatedApiToken = { readonly token: Secret; readonly record: ApiToken };

export type X509SvidRequest = {
  readonly spiffeId: SpiffeId;
  /** Public key with proof of possession; its names are ignored. Give this or `publicKey`. */
  readonly csrPem?: string;
  /** SubjectPublicKeyInfo (DER) of a key whose possession the caller already proved. */
  readonly publicKey?: Uint8Array;
  /** 3600 when absent, which is also the most. */
  readonly ttlSeconds?: number;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
};

export type X509Svid = {
  readonly spiffeId: SpiffeId;
  readonly credentialId: string;
  /** DER, leaf first, then the intermediate; the root is in the bundle only. */
  readonly chain: readonly Uint8Array[];
  readonly chainPem: string;
  readonly notBeforeMs: number;
  readonly expiresAtMs: number;
};

export type JwtSvidRequest = {
  readonly spiffeId: SpiffeId;
  readonly audience: readonly string[];
  /** 300 when absent, 3600 at most. */
  readonly ttlSeconds?: number;
};

export type JwtSvid = {
  readonly spiffeId: SpiffeId;
  readonly credentialId: string;
  readonly token: Secret;
  readonly expiresAtMs: number;
};

export type NewJoinToken = {
  readonly spiffeId: SpiffeId;
  /** 600 when absent, 7 days at most. */
  readonly ttlSeconds?: number;
};

export type JoinToken = {
  readonly id: string;
  readonly token: Secret;
  readonly spiffeId: SpiffeId;
  readonly expiresAtMs: number;
};

export type JoinTokenRedemption = {
  readonly token: string;
  readonly csrPem: string;
  readonly ttlSeconds?: number;
  readonly peer?: string;
};

/** Where the one-time administrator code was left; absent code means an administrator exists. */
export type EnrolmentOffer =
  | { readonly kind: 'not-needed' }
  | { readonly kind: 'file'; readonly path: string; readonly expiresAtMs: number }
  | { readonly kind: 'terminal'; readonly expiresAtMs: number };

export type EnrolmentRedemption = {
  readonly code: string;
  /** Display name of the first administrator. */
  readonly name: string;
  readonly peer?: string;
};

export type Enrolment = {
  readonly principal: Principal;
  readonly identity: VerifiedIdentity;
  readonly apiToken: CreatedApiToken;
};

/** One JWK of a SPIFFE bundle: `x509-svid` with `x5c`, `jwt-svid` or `wit-svid` with `kid`. */
export type BundleKey = {
  readonly kty: string;
  readonly use: 'x509-svid' | 'jwt-svid' | 'wit-svid';
  readonly kid?: string;
  readonly x5c?: readonly [string];
  readonly [parameter: string]: unknown;
};

/** SPIFFE bundle of the own trust domain, ready for `JSON.stringify`. */
export type Bundle = {
  readonly keys: readonly BundleKey[];
  readonly spiffe_sequence: number;
  readonly spiffe_refresh_hint: number;
};

/** Everything `tls.createServer` or `setSecureContext` needs for one of our own listeners. */
export type TlsMaterial = {
  /** PKCS#8 in PEM. */
  readonly key: Secret;
  /** Leaf and intermediate in PEM. */
  readonly cert: string;
  /** Trust anchors of the own trust domain in PEM. */
  readonly ca: string;
  readonly spiffeId: SpiffeId;
  readonly expiresAtMs: number;
};

export type ServerTlsOptions = {
  /** Path below the trust domain; `/sallyport` when absent. */
  readonly path?: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
};

/** A server identity that renews itself at half its life. */
export type ServerTls = {
  readonly current: () => TlsMaterial;
  /** Calls back after each renewal; returns the way to stop. */
  readonly onRenewed: (listener: (material: TlsMaterial) => void) => () => void;
  readonly close: () => void;
};

export type Page = { readonly limit?: number; readonly after?: string };
export type PrincipalPage = { readonly principals: readonly Principal[]; readonly next?: string };

/**
 * Principals, their credentials and the trust domain. Authorisation is not decided here: the door
 * asks the access room before it calls anything that takes an `Actor`.
 *
 * Changes are durable in the ledger before they take effect and reject with E_LEDGER_UNAVAILABLE
 * when they cannot be recorded. Everything that checks a credential refuses once its knowledge of
 * revocations is older than the lease.
 */
export type Identity = {
  readonly trustDomain: TrustDomain;

  /**
   * Verifies an API token (`spt_…`) or a JWT-SVID. Never throws, whatever the text; a failure is
   * recorded, bounded per peer.
   *
   * @param peer address of the caller, for the record of failures and their bound
   */
  readonly authenticateBearer: (token: string, peer?: string) => Authentication;

  /**
   * Verifies an X509-SVID against the own bundle. The caller must have proven possession of the
   * key (TLS did); intermediates of the own trust domain may be missing from the chain.
   *
   * @param chain DER certificates, leaf first
   */
  readonly authenticateCertificate: (chain: readonly Uint8Array[], peer?: string) => Authentication;

  /** E_PRINCIPAL_EXISTS when the id or the SPIFFE ID is taken. */
  readonly createPrincipal: (actor: Actor, principal: NewPrincipal) => Promise<Principal | Refusal>;
  readonly getPrincipal: (id: PrincipalId) => Promise<Principal | Refusal>;
  /** Ordered by id; at most 1,000 a page. */
  readonly listPrincipals: (page?: Page) => Promise<PrincipalPage>;
  /** A disabled principal is refused with every credential it has, on all replicas within 1 s. */
  readonly setPrincipalDisabled: (
    actor: Actor,
    id: PrincipalId,
    disabled: boolean,
  ) => Promise<Principal | Refusal>;

  readonly createToken: (actor: Actor, token: NewApiToken) => Promise<CreatedApiToken | Refusal>;
  /** Revoking twice is the same as once; E_TOKEN_NOT_FOUND for an unknown id. */
  readonly revokeToken: (actor: Actor, tokenId: string) => Promise<ApiToken | Refusal>;
  readonly listTokens: (principal: PrincipalId) => Promise<readonly ApiToken[]>;

  /** The SPIFFE ID must belong to an enabled principal. */
  readonly mintX509Svid: (actor: Actor, request: X509SvidRequest) => Promise<X509Svid | Refusal>;
  readonly mintJwtSvid: (actor: Actor, request: JwtSvidRequest) => Promise<JwtSvid | Refusal>;
  /** Refuses one X509-SVID or JWT-SVID by its `credentialId` until it would have expired anyway. */
  readonly revokeSvid: (actor: Actor, credentialId: string) => Promise<void | Refusal>;

  readonly createJoinToken: (actor: Actor, token: NewJoinToken) => Promise<JoinToken | Refusal>;
  /** Exchanges a join token and a CSR for an X509-SVID, once. A bad CSR does not use it up. */
  readonly redeemJoinToken: (redemption: JoinTokenRedemption) => Promise<X509Svid | Refusal>;

  /** Leaves a one-time code when no administrator exists; keeps one that is still good. */
  readonly ensureEnrolmentCode: () => Promise<EnrolmentOffer>;
  /** Creates the first administrator; exactly one of any number of concurrent callers succeeds. */
  readonly redeemEnrolmentCode: (redemption: EnrolmentRedemption) => Promise<Enrolment | Refusal>;

  /** Registration: which workloads get which SPIFFE ID, and where. */
  readonly entries: Entries;
  /** Nodes: attestation, what is issued through them, what they are told. */
  readonly agents: Agents;
  readonly revocations: Revocations;
  readonly authorities: AuthorityVerbs;
  readonly federation: Federation;

  readonly bundle: () => Bundle;
  readonly serverTls: (options?: ServerTlsOptions) => Promise<ServerTls>;

  /** Grows with every change; equal revisions mean equal answers. */
  readonly revision: () => number;
  /** Reads changes made by other replicas now instead of at the next poll. */
  readonly refresh: () => Promise<void>;
  readonly close: () => Promise<void>;
};
