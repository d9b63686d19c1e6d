/**
 * Certificates of authorities: the self-signed root and intermediates below it. Made in two halves
 * because the root's key may live where signing takes time: first what is to be signed, then the
 * whole.
 */
import {
  derBitString,
  derBoolean,
  derContext,
  derContextPrimitive,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derTime,
  derUnsignedInteger,
  derUtf8String,
} from '../../kernel/der-writer.ts';
import type { TrustDomain } from '../../kernel/ids.ts';
import type { Certificate } from './certificate.ts';
import { oids } from './oids.ts';
import { keyIdentifierOf, type PublicKeyInfo } from './public-key.ts';
import { authorityKeyUsage, derExtension, ecdsaWithSha256, version3 } from './templates.ts';

export type NewAuthority = {
  readonly trustDomain: TrustDomain;
  /** Shown in the subject together with the key identifier, which makes it unique. */
  readonly name: string;
  readonly publicKey: PublicKeyInfo;
  readonly serial: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** How many authorities may stand between this one and a leaf. */
  readonly pathLength: number;
  /** Absent for a self-signed root. */
  readonly issuer?: Certificate;
  /** URI hosts (trust domains) below this authority; all others are then forbidden (X509-26). */
  readonly permittedDomains?: readonly string[];
};

const attribute = (oid: string, text: string): Uint8Array =>
  derSetOf(derSequence(derOid(oid), derUtf8String(text)));

/** Organization and common name; unique because the key identifier is part of it. */
const subjectOf = (name: string, keyId: Uint8Array): Uint8Array =>
  derSequence(
    attribute(oids.organization, 'Sallyport'),
    attribute(oids.commonName, `${name} ${Buffer.from(keyId.subarray(0, 8)).toString('hex')}`),
  );

const uriName = (uri: string): Uint8Array => derContextPrimitive(6, Buffer.from(uri));

const nameConstraints = (domains: readonly string[]): Uint8Array =>
  derExtension(
    oids.nameConstraints,
    derSequence(derContext(0, ...domains.map((domain) => derSequence(uriName(domain))))),
    'critical',
  );

const extensionsOf = (authority: NewAuthority, keyId: Uint8Array): readonly Uint8Array[] => {
  const { issuer, pathLength, trustDomain, permittedDomains = [] } = authority;
  const issuerKeyId = issuer === undefined ? keyId : issuer.extensions.subjectKeyId;
  return [
    derExtension(
      oids.basicConstraints,
      derSequence(derBoolean(true), derInteger(pathLength)),
      'critical',
    ),
    authorityKeyUsage,
    derExtension(oids.subjectKeyIdentifier, derOctetString(keyId)),
    ...(issuerKeyId === undefined
      ? []
      : [
          derExtension(
            oids.authorityKeyIdentifier,
            derSequence(derContextPrimitive(0, issuerKeyId)),
          ),
        ]),
    derExtension(oids.subjectAltName, derSequence(uriName(`spiffe://${trustDomain}`))),
    ...(permittedDomains.length === 0 ? [] : [nameConstraints(permittedDomains)]),
  ];
};

/** The part that the issuer's key (or, for a root, its own) has to sign with ECDSA and SHA-256. */
export const authorityToSign = (authority: NewAuthority): Uint8Array => {
  const keyId = keyIdentifierOf(authority.publicKey);
  const subject = subjectOf(authority.name, keyId);
  return derSequence(
    version3,
    derUnsignedInteger(authority.serial),
    ecdsaWithSha256,
    authority.issuer?.subject ?? subject,
    derSequence(derTime(authority.notBeforeMs), derTime(authority.notAfterMs)),
    subject,
    authority.publicKey.spki,
    derContext(3, derSequence(...extensionsOf(authority, keyId))),
  );
};

/** The certificate from the signed part and its DER-encoded ECDSA signature. */
export const assembleCertificate = (toSign: Uint8Array, signature: Uint8Array): Uint8Array =>
  derSequence(toSign, ecdsaWithSha256, derBitString(signature));
