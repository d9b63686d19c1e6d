/**
 * What the Workload API door asks of the agent behind it: it hands over who called (as the kernel
 * says) and gets back that workload's view, always as the full state.
 */
import type { Refusal } from '../../kernel/errors.ts';
import type { SpiffeId, TrustDomain } from '../../kernel/ids.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import type { Secret } from '../../kernel/secret.ts';

/** The caller as the kernel names it; nothing in here was said by the caller. */
export type WorkloadPeer = {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  /** Open pidfd where the kernel gives one; the door closes it when the connection ends. */
  readonly pidfd?: number;
  /** Which of the agent's sockets it came in by. */
  readonly socket: string;
};

export type X509Identity = {
  readonly spiffeId: SpiffeId;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** PKCS#8 DER, not encrypted. */
  readonly privateKey: Secret<Uint8Array>;
  /** Unique among the non-empty hints of one workload; at most 1,024 bytes. */
  readonly hint: string;
  readonly expiresAtMs: number;
};

export type DomainBundle = {
  readonly trustDomain: TrustDomain;
  /** DER. */
  readonly x509Authorities: readonly Uint8Array[];
  /** SPIFFE bundle JWKS, jwt-svid keys only. */
  readonly jwks: Uint8Array;
  /** SPIFFE bundle JWKS, wit-svid keys only. */
  readonly witJwks: string;
};

export type WorkloadState = {
  /** Default first; empty means PERMISSION_DENIED. */
  readonly identities: readonly X509Identity[];
  readonly bundle: DomainBundle;
  readonly federated: readonly DomainBundle[];
  /** DER. */
  readonly crls: readonly Uint8Array[];
};

export type JwtSvidAsk = { readonly audience: readonly string[]; readonly spiffeId?: SpiffeId };
export type IssuedJwtSvid = {
  readonly spiffeId: SpiffeId;
  readonly token: Secret;
  readonly hint: string;
};
export type WitSvidAsk = { readonly spiffeId?: SpiffeId };
export type IssuedWitSvid = IssuedJwtSvid & {
  readonly privateJwk: Secret;
  /** The stream asks anew, with jitter, well before this. */
  readonly expiresAtMs: number;
};
export type JwtSvidCheck = { readonly audience: string; readonly token: string };
export type ValidatedJwtSvid = { readonly spiffeId: SpiffeId; readonly claims: JsonObject };

/** One workload's view, open as long as a call of that workload runs. */
export type WorkloadSession = {
  readonly current: () => WorkloadState;
  /** Calls the listener with the full state on every change, never during the call itself. */
  readonly subscribe: (listener: (state: WorkloadState) => void) => () => void;
  /** A SPIFFE ID the workload is not entitled to is a refusal with status 403 (WL-13). */
  readonly jwtSvids: (ask: JwtSvidAsk) => Promise<readonly IssuedJwtSvid[] | Refusal>;
  readonly witSvids: (ask: WitSvidAsk) => Promise<readonly IssuedWitSvid[] | Refusal>;
  readonly validateJwt: (ask: JwtSvidCheck) => ValidatedJwtSvid | Refusal;
  readonly close: () => void;
};

/** A workload named by a broker instead of calling itself (Broker API). */
export type WorkloadReference =
  | { readonly kind: 'pid'; readonly pid: number }
  | {
      readonly kind: 'kubernetes';
      readonly plural: string;
      /** `core` for the core group. */
      readonly group: string;
      readonly key?: { readonly namespace?: string; readonly name: string };
      readonly uid?: string;
    };

/**
 * The agent: attests the peer (without any action of the workload) and opens its view. A refusal's
 * status becomes the gRPC code: 403 PERMISSION_DENIED, 404 NOT_FOUND, 429 RESOURCE_EXHAUSTED,
 * 501 UNIMPLEMENTED, 503 UNAVAILABLE (starting or overloaded).
 */
export type WorkloadSource = {
  readonly open: (peer: WorkloadPeer) => Promise<WorkloadSession | Refusal>;
  /** `broker` was authenticated and is on the allow-list; existence is checked by the agent. */
  readonly openReferenced: (
    broker: SpiffeId,
    reference: WorkloadReference,
  ) => Promise<WorkloadSession | Refusal>;
};
