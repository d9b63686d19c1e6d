/**
 * Validates an X509-SVID: the SPIFFE profile, then RFC 5280 path validation up to an authority in
 * the bundle of the leaf's own trust domain, and of no other (X509-16). Search is bounded in
 * certificates, bytes and signature checks.
 */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { type SpiffeId, trustDomainOf } from '../../kernel/ids.ts';
import { authorityKeyOf } from './authority-key.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import type { Crl } from './crl.ts';
import { pkiErrors } from './errors.ts';
import { obeysNameConstraints } from './name-constraints.ts';
import { checkRevokedBy, type RevocationPolicy } from './revocation.ts';
import { verifySignature } from './signature-algorithm.ts';
import { type ClockSkew, defaultClockSkew } from './skew.ts';
import { checkLeafProfile, checkSigningProfile } from './svid-profile.ts';
import { toX509Authority, type TrustBundle, type X509Authority } from './trust-bundle.ts';

export type X509SvidPolicy = RevocationPolicy & {
  /** The bundle of a trust domain by its name; none means untrusted. */
  readonly bundleOf: (trustDomain: string) => TrustBundle | undefined;
  /** Revocation lists of authorities on the path, intermediates included; parsed once, kept. */
  readonly crls?: readonly Crl[];
  /** Keys of tainted or revoked authorities (`authorityKeyOf`): no path leads over them. */
  readonly distrusted?: ReadonlySet<string>;
  /** Intermediates to use when the peer left them out. Trusted no more than presented ones. */
  readonly intermediates?: readonly X509Authority[];
};

/** A proven chain. `expiresAtMs` is the earliest end of validity on the path. */
export type VerifiedX509Svid = {
  readonly spiffeId: SpiffeId;
  readonly leaf: Certificate;
  /** From the leaf's issuer to the anchor. */
  readonly authorities: readonly Certificate[];
  readonly expiresAtMs: number;
};

const maxChain = 8;
const maxChainBytes = 131_072;
const maxSignatureChecks = 24;

type Search = {
  readonly policy: X509SvidPolicy;
  readonly anchors: readonly X509Authority[];
  readonly others: readonly X509Authority[];
  readonly nowMs: number;
  readonly skew: ClockSkew;
  checksLeft: number;
  /** The most telling reason so far why no path holds. */
  problem: Refusal;
};

const equal = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

const checkValidity = (
  certificate: Certificate,
  { nowMs, skew }: Pick<Search, 'nowMs' | 'skew'>,
): Refusal | undefined => {
  if (nowMs < certificate.notBeforeMs - skew.beforeMs)
    return refuse(pkiErrors.E_SVID_NOT_YET_VALID, 'certificate is not valid yet');
  // RFC 5280 would admit the last second itself; ending with its beginning keeps one rule for all.
  if (nowMs >= certificate.notAfterMs + skew.afterMs)
    return refuse(pkiErrors.E_SVID_EXPIRED, 'certificate has expired');
  return undefined;
};

const checkCritical = (certificate: Certificate): Refusal | undefined => {
  const [oid] = certificate.extensions.unknownCritical;
  if (oid === undefined) return undefined;
  return refuse(pkiErrors.E_SVID_PROFILE, `unknown critical extension ${oid}`);
};

const checkTrusted = (
  authority: Certificate,
  { distrusted }: Pick<X509SvidPolicy, 'distrusted'>,
): Refusal | undefined => {
  if (distrusted === undefined || distrusted.size === 0) return undefined;
  return distrusted.has(authorityKeyOf(authority))
    ? refuse(pkiErrors.E_SVID_UNTRUSTED, 'an authority on the path is tainted or revoked')
    : undefined;
};

const isIssuerOf = (authority: Certificate, child: Certificate): boolean => {
  if (!equal(authority.subject, child.issuer)) return false;
  const wanted = child.extensions.authorityKeyId;
  const has = authority.extensions.subjectKeyId;
  return wanted === undefined || has === undefined || equal(wanted, has);
};

const isSelfIssued = ({ issuer, subject }: Certificate): boolean => equal(issuer, subject);

/** What RFC 5280 section 6.1.4 asks of an authority, given everything below it. */
const checkAuthority = (
  authority: Certificate,
  below: readonly Certificate[],
  search: Search,
): Refusal | undefined => {
  const problem =
    checkSigningProfile(authority) ??
    checkCritical(authority) ??
    checkValidity(authority, search) ??
    checkTrusted(authority, search.policy);
  if (problem !== undefined) return problem;
  const pathLength = authority.extensions.basicConstraints?.pathLength;
  const intermediates = below.slice(1).filter((certificate) => !isSelfIssued(certificate)).length;
  return pathLength !== undefined && intermediates > pathLength
    ? refuse(pkiErrors.E_SVID_PROFILE, 'path is longer than an authority allows')
    : undefined;
};

const isNamedBy = (path: readonly Certificate[], authority: Certificate, at: number): boolean =>
  path
    .slice(0, at)
    .every(
      (certificate, depth) =>
        (depth > 0 && isSelfIssued(certificate)) || obeysNameConstraints(certificate, authority),
    );

/**
 * Name constraints of all authorities on a path that reached its anchor: only then, so that no
 * stranger can make us compare long lists of names.
 */
const checkNames = (path: readonly Certificate[]): Refusal | undefined =>
  path.every((authority, at) => at === 0 || isNamedBy(path, authority, at))
    ? undefined
    : refuse(pkiErrors.E_SVID_PROFILE, 'a name is outside the constraints of an authority', {
        rule: 'X509-26',
      });

const checkRevoked = (
  path: readonly Certificate[],
  issuer: Certificate,
  search: Search,
): Refusal | undefined => {
  const child = path.at(-1);
  const { crls = [], requireFresh } = search.policy;
  const isRequired = requireFresh === 'path' || (requireFresh === 'leaf' && path.length === 1);
  const { nowMs, skew } = search;
  return child && checkRevokedBy(child, issuer, { crls, isRequired, nowMs, skew });
};

/** True when `authority` signed the top of `path` and may stand above it. */
const holds = (authority: X509Authority, path: readonly Certificate[], search: Search): boolean => {
  const child = path.at(-1);
  if (child === undefined || !isIssuerOf(authority.certificate, child)) return false;
  const problem = checkAuthority(authority.certificate, path, search);
  if (problem !== undefined) {
    search.problem = problem;
    return false;
  }
  if (search.checksLeft === 0) return false;
  search.checksLeft -= 1;
  const signed = { data: child.tbs, signature: child.signature };
  if (!verifySignature(child.signatureAlgorithm, authority.key, signed)) return false;
  const revoked = checkRevoked(path, authority.certificate, search);
  if (revoked !== undefined) search.problem = revoked;
  return revoked === undefined;
};

/** Depth-first from the leaf upwards; anchors end a path, others prolong it. */
const findPath = (
  path: readonly Certificate[],
  search: Search,
): readonly Certificate[] | undefined => {
  for (const anchor of search.anchors) {
    if (!holds(anchor, path, search)) continue;
    const whole = [...path, anchor.certificate];
    const problem = checkNames(whole);
    if (problem === undefined) return whole;
    search.problem = problem;
  }
  if (path.length >= maxChain) return undefined;
  for (const other of search.others) {
    if (path.includes(other.certificate) || !holds(other, path, search)) continue;
    const found = findPath([...path, other.certificate], search);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Presented intermediates that parse and whose key we know; junk in a chain is not a reason to fail. */
const readPresented = (
  chain: readonly Uint8Array[],
  known: readonly X509Authority[],
): readonly X509Authority[] => {
  const found: X509Authority[] = [...known];
  for (const der of chain) {
    if (found.some(({ certificate }) => equal(certificate.raw, der))) continue;
    const certificate = parseCertificate(der);
    const authority = isRefusal(certificate) ? certificate : toX509Authority(certificate);
    if (!isRefusal(authority)) found.push(authority);
  }
  return found;
};

const readLeaf = (chain: readonly Uint8Array[]): Certificate | Refusal => {
  const [leaf] = chain;
  const size = chain.reduce((sum, der) => sum + der.length, 0);
  if (leaf === undefined || chain.length > maxChain || size > maxChainBytes)
    return refuse(pkiErrors.E_SVID_MALFORMED, `chain must have 1 to ${maxChain} certificates`);
  const parsed = parseCertificate(leaf);
  if (isRefusal(parsed)) return refuse(pkiErrors.E_SVID_MALFORMED, parsed.detail, parsed.data);
  return parsed;
};

/**
 * Validates a chain as TLS presents it, leaf first. Possession of the leaf's key is not checked
 * here: the handshake did. Total on all inputs.
 */
export const validateX509Svid = (
  chain: readonly Uint8Array[],
  policy: X509SvidPolicy,
): VerifiedX509Svid | Refusal => {
  const leaf = readLeaf(chain);
  if (isRefusal(leaf)) return leaf;
  const spiffeId = checkLeafProfile(leaf);
  if (isRefusal(spiffeId)) return spiffeId;
  const time = { nowMs: policy.nowMs, skew: policy.skew ?? defaultClockSkew };
  const problem = checkCritical(leaf) ?? checkValidity(leaf, time);
  if (problem !== undefined) return problem;
  const search: Search = {
    ...time,
    policy,
    anchors: policy.bundleOf(trustDomainOf(spiffeId))?.x509Authorities ?? [],
    others: readPresented(chain.slice(1), policy.intermediates ?? []),
    checksLeft: maxSignatureChecks,
    problem: refuse(pkiErrors.E_SVID_UNTRUSTED, 'no path to an authority of the trust domain'),
  };
  const path = search.anchors.length === 0 ? undefined : findPath([leaf], search);
  if (path === undefined) return search.problem;
  return {
    spiffeId,
    leaf,
    authorities: path.slice(1),
    expiresAtMs: Math.min(...path.map(({ notAfterMs }) => notAfterMs)),
  };
};
