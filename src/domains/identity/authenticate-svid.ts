/** SVIDs: the pki engine proves the SPIFFE ID, the tables say whose it is. */
import { hash } from 'node:crypto';
import {
  type Certificate,
  type ClockSkew,
  defaultClockSkew,
  keyIdentifierOf,
  pkiErrors,
  type TrustBundle,
  validateX509Svid,
  verifyJwtSvid,
} from '../../engines/pki/index.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { encodeHex } from '../../kernel/hex.ts';
import type { SpiffeId, TrustDomain } from '../../kernel/ids.ts';
import type { Authorities } from './authorities.ts';
import { identityErrors } from './errors.ts';
import { backdateMs } from './issue-leaf.ts';
import type { AuthenticationMethod, Principal, VerifiedIdentity } from './types.ts';

/** A proven credential whose principal is still to be found. */
export type ProvenSvid = {
  readonly spiffeId: SpiffeId;
  readonly method: AuthenticationMethod;
  readonly credentialId: string;
  readonly expiresAtMs: number;
  /** Whole seconds; absent when the credential does not say. */
  readonly issuedAtMs?: number;
};

export type SvidPolicy = {
  readonly trustDomain: TrustDomain;
  readonly authorities: Authorities;
  /** Bundles of federated trust domains, none merged with another (FE-02). */
  readonly foreign: (trustDomain: string) => TrustBundle | undefined;
  readonly audiences: readonly string[];
  readonly nowMs: number;
};

const skew: ClockSkew = defaultClockSkew;

const bundleOf = (policy: SvidPolicy) => (trustDomain: string) =>
  trustDomain === policy.trustDomain ? policy.authorities.bundle : policy.foreign(trustDomain);

export const proveJwt = (token: string, policy: SvidPolicy): ProvenSvid | Refusal => {
  const { audiences, nowMs } = policy;
  const svid = verifyJwtSvid(token, { bundleOf: bundleOf(policy), audiences, nowMs, skew });
  if (isRefusal(svid)) return svid;
  const id = svid.id ?? hash('sha256', token, 'base64url').slice(0, 22);
  const { spiffeId, expiresAtMs, issuedAtMs } = svid;
  const issued = issuedAtMs === undefined ? {} : { issuedAtMs };
  return { spiffeId, method: 'jwt-svid', credentialId: `jwt:${id}`, expiresAtMs, ...issued };
};

const isRevokedAuthority = ({ publicKey }: Certificate, { revoked }: Authorities): boolean =>
  revoked.size > 0 && revoked.has(encodeHex(keyIdentifierOf(publicKey)));

export const proveCertificate = (
  chain: readonly Uint8Array[],
  policy: SvidPolicy,
): ProvenSvid | Refusal => {
  const { nowMs, authorities } = policy;
  const { intermediates } = authorities;
  const svid = validateX509Svid(chain, { bundleOf: bundleOf(policy), nowMs, skew, intermediates });
  if (isRefusal(svid)) return svid;
  if (svid.authorities.some((one) => isRevokedAuthority(one, authorities)))
    return refuse(pkiErrors.E_SVID_UNTRUSTED, 'an authority of the chain has been revoked');
  const { spiffeId, expiresAtMs, leaf } = svid;
  return {
    spiffeId,
    method: 'mtls',
    credentialId: `x509:${leaf.serialNumber}`,
    expiresAtMs,
    issuedAtMs: leaf.notBeforeMs + backdateMs,
  };
};

/** Joins proof and principal; an unknown or disabled principal is nobody. */
export const toIdentity = (
  proven: ProvenSvid,
  principal: Principal | undefined,
  nowMs: number,
): VerifiedIdentity | Refusal => {
  if (principal === undefined || principal.disabled)
    return refuse(
      identityErrors.E_IDENTITY_DISABLED,
      `${proven.spiffeId} belongs to no enabled principal`,
    );
  const { issuedAtMs: _, ...credential } = proven;
  return {
    principal: { type: principal.type, id: principal.id },
    tenant: principal.tenant,
    ...credential,
    authenticatedAtMs: nowMs,
  };
};
