/** Issues revocation lists (RFC 5280 section 5): complete, version 2, signed by the authority itself. */
import {
  derBitString,
  derContext,
  derContextPrimitive,
  derInteger,
  derSequence,
  derTime,
} from '../../kernel/der-writer.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import type { Certificate } from './certificate.ts';
import { maxCrlBytes } from './crl.ts';
import { pkiErrors } from './errors.ts';
import { oids } from './oids.ts';
import { keyIdentifierOf } from './public-key.ts';
import type { RevocationList } from './revocation-list.ts';
import { derExtension, ecdsaWithSha256 } from './templates.ts';

export type CrlTimes = {
  /** Must grow with every list of this authority (RFC 5280 section 5.2.3); at most 20 octets. */
  readonly number: number | bigint;
  readonly thisUpdateMs: number;
  /** Verifiers refuse what they check with this list from then on. */
  readonly nextUpdateMs: number;
};

/** DER list or E_PKI_REQUEST. */
export type CrlIssuer = (list: RevocationList, times: CrlTimes) => Uint8Array | Refusal;

const version2 = derInteger(1);
const maxNumber = 1n << 159n;
/** What stands around the entries stays far below this. */
const frameBytes = 4096;

const checkTimes = (times: CrlTimes, size: number): Refusal | undefined => {
  const { number, thisUpdateMs, nextUpdateMs } = times;
  const bad = (what: string): Refusal => refuse(pkiErrors.E_PKI_REQUEST, what);
  if (typeof number === 'number' && !Number.isSafeInteger(number)) return bad('bad CRL number');
  if (number < 0 || number >= maxNumber) return bad('bad CRL number');
  if (!(nextUpdateMs > thisUpdateMs)) return bad('the next update must come after this one');
  if (size > maxCrlBytes - frameBytes) return bad('too many entries for one list');
  return undefined;
};

/**
 * Prepares lists of `issuer`, whose key usage must have cRLSign.
 *
 * @param sign ECDSA with SHA-256 by the issuer's P-256 key, DER encoded
 */
export const createCrlIssuer = (
  issuer: Certificate,
  sign: (toSign: Uint8Array) => Uint8Array,
): CrlIssuer => {
  const keyId = issuer.extensions.subjectKeyId ?? keyIdentifierOf(issuer.publicKey);
  const authority = derExtension(
    oids.authorityKeyIdentifier,
    derSequence(derContextPrimitive(0, keyId)),
  );
  const mayIssue = issuer.extensions.keyUsage?.crlSign !== false;
  return (list, times) => {
    if (!mayIssue) return refuse(pkiErrors.E_PKI_REQUEST, 'the authority lacks cRLSign');
    const entries = list.encoded();
    const problem = checkTimes(times, entries.length);
    if (problem !== undefined) return problem;
    const toSign = derSequence(
      version2,
      ecdsaWithSha256,
      issuer.subject,
      derTime(times.thisUpdateMs),
      derTime(times.nextUpdateMs),
      // An empty list has no list (RFC 5280 section 5.1.2.6).
      ...(entries.length === 0 ? [] : [derSequence(entries)]),
      derContext(0, derSequence(authority, derExtension(oids.crlNumber, derInteger(times.number)))),
    );
    return derSequence(toSign, ecdsaWithSha256, derBitString(sign(toSign)));
  };
};
