/** The parts of certificates that never change, encoded once. */
import {
  derBoolean,
  derContext,
  derInteger,
  derNamedBits,
  derOctetString,
  derOid,
  derSequence,
} from '../../kernel/der-writer.ts';
import { oids } from './oids.ts';

/** Extension (RFC 5280 section 4.1): critical is left out when false, as DER wants. */
export const derExtension = (
  oid: string,
  value: Uint8Array,
  critical: 'critical' | 'normal' = 'normal',
): Uint8Array =>
  derSequence(
    derOid(oid),
    ...(critical === 'critical' ? [derBoolean(true)] : []),
    derOctetString(value),
  );

/** AlgorithmIdentifier of ECDSA with SHA-256. */
export const ecdsaWithSha256 = derSequence(derOid(oids.ecdsaWithSha256));

/** `version` of every certificate we make. */
export const version3 = derContext(0, derInteger(2));

const digitalSignature = 0;
const keyCertSign = 5;
const crlSign = 6;

/** cA=false, digitalSignature, serverAuth and clientAuth: the same for every leaf. */
export const leafExtensions: readonly Uint8Array[] = [
  derExtension(oids.basicConstraints, derSequence(), 'critical'),
  derExtension(oids.keyUsage, derNamedBits([digitalSignature]), 'critical'),
  derExtension(
    oids.extendedKeyUsage,
    derSequence(derOid(oids.serverAuth), derOid(oids.clientAuth)),
  ),
];

export const authorityKeyUsage = derExtension(
  oids.keyUsage,
  derNamedBits([keyCertSign, crlSign]),
  'critical',
);
