/** SVIDs: the pki engine proves the SPIFFE ID, the tables say whose it is. */
import { hash } from 'node:crypto';
import {
  type ClockSkew,
  defaultClockSkew,
  validateX509Svid,
  verifyJwtSvid,
} from '../../engines/pki/index.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { SpiffeId, TrustDomain } from '../../kernel/ids.ts';
import type { Authorities } from './authorities.ts';
import { identityErrors } from './errors.ts';
import type { AuthenticationMethod, Principal, VerifiedIdentity } from './types.ts';

/** A proven credential whose principal is still to be found. */
export type ProvenSvid = {
  readonly spiffeId: SpiffeId;
  readonly method: AuthenticationMethod;
  readonly credentialId: string;
  readonly expiresAtMs: number;
};

export type SvidPolicy = {
  readonly trustDomain: TrustDomain;
  readonly authorities: Authorities;
  readonly audiences: readonly string[];
  readonly nowMs: number;
};

const skew: ClockSkew = defaultClockSkew;

const bundleOf = (policy: SvidPolicy) => (trustDomain: string) =>
  trustDomain === policy.trustDomain ? policy.authorities.bundle : undefined;

export const proveJwt = (token: string, policy: SvidPolicy): ProvenSvid | Refusal => {
  const { audiences, nowMs } = policy;
  const svid = verifyJwtSvid(token, { bundleOf: bundleOf(policy), audiences, nowMs, skew });
  if (isRefusal(svid)) return svid;
  const id = svid.id ?? hash('sha256', token, 'base64url').slice(0, 22);
  const { spiffeId, expiresAtMs } = svid;
  return { spiffeId, method: 'jwt-svid', credentialId: `jwt:${id}`, expiresAtMs };
};

export const proveCertificate = (
  chain: readonly Uint8Array[],
  policy: SvidPolicy,
): ProvenSvid | Refusal => {
  const { nowMs, authorities } = policy;
  const { intermediates } = authorities;
  const svid = validateX509Svid(chain, { bundleOf: bundleOf(policy), nowMs, skew, intermediates });
  if (isRefusal(svid)) return svid;
  const { spiffeId, expiresAtMs, leaf } = svid;
  return { spiffeId, method: 'mtls', credentialId: `x509:${leaf.serialNumber}`, expiresAtMs };
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
  return {
    principal: { type: principal.type, id: principal.id },
    tenant: principal.tenant,
    ...proven,
    authenticatedAtMs: nowMs,
  };
};
