/**
 * Path validation (RFC 5280 section 6) for certificates of machines, which carry no SPIFFE ID:
 * validity, signatures, CA flags, key usage, path length, critical extensions. Authorities with name
 * constraints are refused, never passed over. Bounded in certificates and signature checks.
 */
import type { KeyObject } from 'node:crypto';
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import {
  type Certificate,
  importPublicKey,
  parseCertificate,
  verifySignature,
} from '../pki/index.ts';
import { expired, untrusted } from './reading.ts';

export type PathPolicy = {
  /** Authorities that end a path; their own signatures are not looked at. */
  readonly anchors: readonly Certificate[];
  /** Certificates that may prolong a path; trusted for nothing. */
  readonly others: readonly Certificate[];
  readonly nowMs: number;
};

const maxPath = 6;
const maxSignatureChecks = 16;
const skewMs = 10_000;

type Search = PathPolicy & { checksLeft: number; problem: Refusal };

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

const checkTime = (certificate: Certificate, nowMs: number): Refusal | undefined => {
  if (nowMs < certificate.notBeforeMs - skewMs) return expired('a certificate is not valid yet');
  return nowMs >= certificate.notAfterMs ? expired('a certificate has expired') : undefined;
};

/** What must hold for every certificate on a path. */
const checkAny = (certificate: Certificate, nowMs: number): Refusal | undefined => {
  const [oid] = certificate.extensions.unknownCritical;
  if (oid !== undefined) return untrusted(`unknown critical extension ${oid}`);
  return checkTime(certificate, nowMs);
};

const checkAuthority = (
  authority: Certificate,
  below: readonly Certificate[],
  nowMs: number,
): Refusal | undefined => {
  const { basicConstraints, keyUsage, nameConstraints } = authority.extensions;
  if (basicConstraints?.isCa !== true) return untrusted('a certificate that is no authority signs');
  if (keyUsage?.keyCertSign === false) return untrusted('an authority may not sign certificates');
  if (nameConstraints !== undefined) return untrusted('an authority has name constraints');
  const between = below.slice(1).filter(({ issuer, subject }) => !same(issuer, subject)).length;
  if (basicConstraints.pathLength !== undefined && between > basicConstraints.pathLength)
    return untrusted('the path is longer than an authority allows');
  return checkAny(authority, nowMs);
};

const isIssuerOf = (authority: Certificate, child: Certificate): boolean => {
  if (!same(authority.subject, child.issuer)) return false;
  const wanted = child.extensions.authorityKeyId;
  const has = authority.extensions.subjectKeyId;
  return wanted === undefined || has === undefined || same(wanted, has);
};

const holds = (authority: Certificate, path: readonly Certificate[], search: Search): boolean => {
  const child = path.at(-1);
  if (child === undefined || !isIssuerOf(authority, child) || search.checksLeft === 0) return false;
  const problem = checkAuthority(authority, path, search.nowMs);
  if (problem !== undefined) {
    search.problem = problem;
    return false;
  }
  search.checksLeft -= 1;
  const key: KeyObject | Refusal = importPublicKey(authority.publicKey);
  if (isRefusal(key)) return false;
  const signed = { data: child.tbs, signature: child.signature };
  return verifySignature(child.signatureAlgorithm, key, signed);
};

const reaches = (path: readonly Certificate[], search: Search): boolean => {
  if (search.anchors.some((anchor) => holds(anchor, path, search))) return true;
  if (path.length >= maxPath) return false;
  return search.others.some(
    (other) =>
      !path.includes(other) && holds(other, path, search) && reaches([...path, other], search),
  );
};

/** Undefined when a path leads from the leaf to an anchor; the leaf itself may not be an authority. */
export const checkPath = (leaf: Certificate, policy: PathPolicy): Refusal | undefined => {
  const { basicConstraints, keyUsage } = leaf.extensions;
  if (basicConstraints?.isCa === true) return untrusted('an authority is no node');
  if (keyUsage?.digitalSignature === false) return untrusted('the key is not for signatures');
  const problem = checkAny(leaf, policy.nowMs);
  if (problem !== undefined) return problem;
  const search: Search = {
    ...policy,
    checksLeft: maxSignatureChecks,
    problem: untrusted('no path to a configured authority'),
  };
  return reaches([leaf], search) ? undefined : search.problem;
};

/** Certificates that parse; junk beside them is not a reason to fail. */
export const readCertificates = (ders: readonly Uint8Array[]): readonly Certificate[] =>
  ders.flatMap((der) => {
    const certificate = parseCertificate(der);
    return isRefusal(certificate) ? [] : [certificate];
  });
