/**
 * The three kinds of SVID judged against a set of bundles: each only by the bundle of its own trust
 * domain, and by the keys that bundle publishes for its kind (WL-09, BU-10).
 */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { SpiffeId } from '../../kernel/ids.ts';
import {
  type JwtSvidPolicy,
  pkiErrors,
  type PresentedWitSvid,
  validateX509Svid as validateChain,
  type VerifiedJwtSvid,
  type VerifiedX509Svid,
  verifyJwtSvid,
  verifyWitPresentation,
  type WitSvidPolicy,
  type WorkloadProofPolicy,
  type X509SvidPolicy,
} from '../pki/index.ts';
import type { BundleSet } from './bundle-set.ts';

type Given<Policy> = Omit<Policy, 'bundleOf'> & {
  readonly bundles: BundleSet;
  /** Who it may be; everybody the bundles vouch for when absent. */
  readonly accept?: (id: SpiffeId) => boolean;
};

export type X509SvidChecks = Given<X509SvidPolicy>;
export type JwtSvidChecks = Given<JwtSvidPolicy>;
export type WitSvidChecks = Given<WitSvidPolicy & WorkloadProofPolicy>;

const accepted = <T extends { readonly spiffeId: SpiffeId }>(
  verified: T | Refusal,
  accept: ((id: SpiffeId) => boolean) | undefined,
): T | Refusal => {
  if (isRefusal(verified) || accept === undefined || accept(verified.spiffeId)) return verified;
  return refuse(pkiErrors.E_SVID_UNTRUSTED, `${verified.spiffeId} is not accepted here`);
};

const withBundles = <T extends { readonly bundles: BundleSet }>({ bundles, ...rest }: T) => ({
  ...rest,
  bundleOf: (trustDomain: string) => bundles.get(trustDomain),
});

/**
 * Validates a chain as TLS presents it, DER, leaf first (X509-SVID, RFC 5280). Possession of the
 * leaf's key is the handshake's matter. Total on all inputs.
 */
export const validateX509Svid = (
  chain: readonly Uint8Array[],
  { accept, ...checks }: X509SvidChecks,
): VerifiedX509Svid | Refusal => accepted(validateChain(chain, withBundles(checks)), accept);

/** Validates a compact JWT-SVID. A bearer token: whoever holds it passes. Total on all inputs. */
export const validateJwtSvid = (
  token: string,
  { accept, ...checks }: JwtSvidChecks,
): VerifiedJwtSvid | Refusal => accepted(verifyJwtSvid(token, withBundles(checks)), accept);

/**
 * Validates a WIT-SVID with the proof it was presented with; without one it refuses (WIT-23). Total
 * on all inputs.
 */
export const validateWitSvid = (
  presented: { readonly token: string; readonly proof: string | undefined },
  { accept, ...checks }: WitSvidChecks,
): PresentedWitSvid | Refusal =>
  accepted(verifyWitPresentation(presented, withBundles(checks)), accept);
