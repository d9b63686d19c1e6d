/**
 * Whether certificates of a proven path are revoked (RFC 5280 section 6.3, complete lists signed by
 * the authority that issued the certificate). Of several lists of one authority the newest decides;
 * a list that is stale, or that holds something critical we do not know, refuses.
 */
import { type Refusal, refuse } from '../../kernel/errors.ts';
import type { Certificate } from './certificate.ts';
import type { Crl } from './crl.ts';
import { pkiErrors } from './errors.ts';
import { type ClockSkew, defaultClockSkew } from './skew.ts';

export type RevocationPolicy = {
  readonly nowMs: number;
  readonly skew?: ClockSkew;
  /**
   * For whom a fresh list must be at hand: for the leaf, or for every certificate below the anchor.
   * Without it a certificate passes when its issuer has no list here; a stale list refuses anyway.
   */
  readonly requireFresh?: 'leaf' | 'path';
};

const unknown = (what: string): Refusal =>
  refuse(pkiErrors.E_SVID_REVOCATION_UNKNOWN, `revocation unknown: ${what}`);

const isNewer = (one: Crl, than: Crl): boolean => {
  if (one.number !== undefined && than.number !== undefined && one.number !== than.number)
    return one.number > than.number;
  return one.thisUpdateMs > than.thisUpdateMs;
};

/** The newest list that `issuer` signed; lists of others (or forged ones) do not count. */
const newestOf = (issuer: Certificate, crls: readonly Crl[]): Crl | undefined => {
  let newest: Crl | undefined;
  for (const crl of crls)
    if (crl.isSignedBy(issuer) && (newest === undefined || isNewer(crl, newest))) newest = crl;
  return newest;
};

const checkFresh = (crl: Crl, nowMs: number, skew: ClockSkew): Refusal | undefined => {
  if (crl.thisUpdateMs - skew.beforeMs > nowMs) return unknown('the list is from the future');
  if (crl.nextUpdateMs === undefined) return unknown('the list names no next update');
  return nowMs >= crl.nextUpdateMs + skew.afterMs ? unknown('the list is stale') : undefined;
};

/**
 * Judges one certificate by the lists of its issuer: undefined when it is not revoked, otherwise
 * E_SVID_REVOKED or E_SVID_REVOCATION_UNKNOWN.
 */
export const checkRevokedBy = (
  certificate: Certificate,
  issuer: Certificate,
  given: Omit<RevocationPolicy, 'requireFresh'> & {
    readonly crls: readonly Crl[];
    readonly isRequired: boolean;
  },
): Refusal | undefined => {
  const crl = newestOf(issuer, given.crls);
  if (crl === undefined) return given.isRequired ? unknown('no list of the issuer') : undefined;
  const [oid] = crl.unknownCritical;
  if (oid !== undefined) return unknown(`unknown critical extension ${oid} in the list`);
  const entry = crl.find(certificate.serialNumber);
  if (entry !== undefined)
    return refuse(pkiErrors.E_SVID_REVOKED, `certificate is revoked (${entry.reason})`, {
      serialNumber: certificate.serialNumber,
      reason: entry.reason,
      revokedAtMs: entry.revokedAtMs,
    });
  return checkFresh(crl, given.nowMs, given.skew ?? defaultClockSkew);
};

/**
 * Judges a path that was proven before: leaf first, each certificate signed by the next, the anchor
 * last (which no list can revoke). Undefined when nothing on it is revoked. Signatures of lists are
 * checked once per list and issuer.
 */
export const checkRevocation = (
  path: readonly Certificate[],
  crls: readonly Crl[],
  policy: RevocationPolicy,
): Refusal | undefined => {
  const { requireFresh, ...times } = policy;
  for (const [depth, certificate] of path.entries()) {
    const issuer = path[depth + 1];
    if (issuer === undefined) break;
    const isRequired = requireFresh === 'path' || (requireFresh === 'leaf' && depth === 0);
    const problem = checkRevokedBy(certificate, issuer, { ...times, crls, isRequired });
    if (problem !== undefined) return problem;
  }
  return undefined;
};
