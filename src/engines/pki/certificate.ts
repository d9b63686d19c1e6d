/**
 * Certificates (RFC 5280) parsed from hostile bytes: strict DER, bounded, everything read once.
 * Parsing says nothing about trust; see validate-x509-svid.ts.
 */
import { contextPrimitiveTag, type DerReader, derTags, parseDer } from '../../kernel/der-reader.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { encodeHex } from '../../kernel/hex.ts';
import { asMalformed, insideOf } from './der-inside.ts';
import { pkiErrors } from './errors.ts';
import { type Extensions, readExtensions } from './extensions.ts';
import { decodePem } from './pem.ts';
import { type PublicKeyInfo, readPublicKeyInfo } from './public-key.ts';
import { readSignatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.ts';

/** A parsed certificate. Byte fields are views of `raw`. Times are epoch milliseconds. */
export type Certificate = {
  readonly raw: Uint8Array;
  /** The signed part. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** Lower-case hex of the INTEGER's octets. */
  readonly serialNumber: string;
  /** DER of the Name. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly isSubjectEmpty: boolean;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly publicKey: PublicKeyInfo;
  readonly extensions: Extensions;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
};

/** Largest certificate that is looked at. */
export const maxCertificateBytes = 65_536;
const maxSerialBytes = 20;
const maxRelativeNames = 64;

const noExtensions: Extensions = { all: new Map(), unknownCritical: [] };

const readVersion = (reader: DerReader): 1 | 2 | 3 => {
  const version = reader.optionalExplicit(0)?.smallInteger();
  if (version === undefined) return 1;
  // Version 1 is the DEFAULT and must be absent in DER.
  if (version === 1) return 2;
  return version === 2 ? 3 : reader.fail('unknown version');
};

const readSerial = (reader: DerReader): string => {
  const bytes = reader.integerBytes();
  if (bytes.length > maxSerialBytes || (bytes[0] ?? 0) >= 0x80) reader.fail('bad serial number');
  return encodeHex(bytes);
};

/** Checks the structure of a Name and returns its bytes. */
export const readName = (reader: DerReader): { raw: Uint8Array; isEmpty: boolean } => {
  const element = reader.expect(derTags.sequence);
  const name = insideOf(element);
  const isEmpty = name.isAtEnd;
  for (let count = 0; !name.isAtEnd; count++) {
    if (count === maxRelativeNames) name.fail('name has too many parts');
    const relative = name.set();
    do {
      const attribute = relative.sequence();
      attribute.oid();
      attribute.element();
      attribute.expectEnd();
    } while (!relative.isAtEnd);
  }
  return { raw: element.raw, isEmpty };
};

const readValidity = (reader: DerReader): { notBeforeMs: number; notAfterMs: number } => {
  const validity = reader.sequence();
  const notBeforeMs = validity.time();
  const notAfterMs = validity.time();
  validity.expectEnd();
  return { notBeforeMs, notAfterMs };
};

const readTail = (tbs: DerReader, version: number): Extensions => {
  const hasUniqueId =
    tbs.optional(contextPrimitiveTag(1)) !== undefined ||
    tbs.optional(contextPrimitiveTag(2)) !== undefined;
  const wrapper = tbs.optionalExplicit(3);
  const extensions = wrapper && readExtensions(wrapper);
  wrapper?.expectEnd();
  tbs.expectEnd();
  if (version < 3 && extensions !== undefined) tbs.fail('extensions need version 3');
  if (version < 2 && hasUniqueId) tbs.fail('unique ids need version 2');
  return extensions ?? noExtensions;
};

const readTbs = (tbs: DerReader) => {
  const version = readVersion(tbs);
  const serialNumber = readSerial(tbs);
  const innerAlgorithm = readSignatureAlgorithm(tbs);
  const issuer = readName(tbs);
  const validity = readValidity(tbs);
  const subject = readName(tbs);
  const publicKey = readPublicKeyInfo(tbs);
  const extensions = readTail(tbs, version);
  return {
    innerAlgorithm,
    fields: {
      version,
      serialNumber,
      issuer: issuer.raw,
      subject: subject.raw,
      isSubjectEmpty: subject.isEmpty,
      ...validity,
      publicKey,
      extensions,
    },
  };
};

const readCertificate = (reader: DerReader, raw: Uint8Array): Certificate => {
  const outer = reader.sequence();
  const tbs = outer.expect(derTags.sequence);
  const { fields, innerAlgorithm } = readTbs(insideOf(tbs));
  const signatureAlgorithm = readSignatureAlgorithm(outer);
  if (!Buffer.from(signatureAlgorithm.raw).equals(innerAlgorithm.raw))
    outer.fail('inner and outer signature algorithm differ');
  const signature = outer.bitString();
  if (signature.unusedBits !== 0) outer.fail('signature is not whole octets');
  outer.expectEnd();
  return { raw, tbs: tbs.raw, ...fields, signatureAlgorithm, signature: signature.bytes };
};

/** Parses one DER certificate of at most 64 KiB. Total: a certificate or a refusal. */
export const parseCertificate = (der: Uint8Array): Certificate | Refusal =>
  asMalformed(
    parseDer(der, (reader) => readCertificate(reader, der), {
      what: 'certificate',
      maxBytes: maxCertificateBytes,
      maxDepth: 16,
    }),
  );

/** Parses a strict PEM text of one or more certificates. */
export const parseCertificatesPem = (text: string): readonly Certificate[] | Refusal => {
  const blocks = decodePem(text, 'CERTIFICATE');
  if (isRefusal(blocks)) return blocks;
  const certificates: Certificate[] = [];
  for (const der of blocks) {
    const certificate = parseCertificate(der);
    if (isRefusal(certificate)) return certificate;
    certificates.push(certificate);
  }
  return certificates;
};

/** Splits concatenated DER certificates, as the Workload API carries them (WL-18). */
export const splitCertificates = (
  der: Uint8Array,
  maxCount = 16,
): readonly Uint8Array[] | Refusal => {
  const parts = asMalformed(
    parseDer(
      der,
      (reader) => {
        const found: Uint8Array[] = [];
        while (!reader.isAtEnd) {
          if (found.length === maxCount) reader.fail('too many certificates');
          found.push(reader.expect(derTags.sequence).raw);
        }
        return found;
      },
      { what: 'certificates', maxBytes: maxCount * maxCertificateBytes, maxDepth: 1 },
    ),
  );
  if (isRefusal(parts) || parts.length > 0) return parts;
  return refuse(pkiErrors.E_PKI_MALFORMED, 'no certificate');
};
