/**
 * Issues X509-SVIDs by template: everything that is the same for all leaves of one authority is
 * encoded once; an issuance writes serial, times, key, key identifier and names between the fixed
 * parts and has the whole signed.
 */
import { contextPrimitiveTag, contextTag, derTags } from '../../kernel/der-tags.ts';
import { derContextPrimitive, derOid, derSequence, derTime } from '../../kernel/der-writer.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { SpiffeId } from '../../kernel/ids.ts';
import { type AlternativeNames, encodeAlternativeNames } from './alternative-names.ts';
import type { Certificate } from './certificate.ts';
import { pkiErrors } from './errors.ts';
import { oids } from './oids.ts';
import { keyIdentifierOf, type KeyKind, type PublicKeyInfo } from './public-key.ts';
import { serialBytes } from './serial-number.ts';
import { derExtension, ecdsaWithSha256, leafExtensions, version3 } from './templates.ts';

export type LeafRequest = AlternativeNames & {
  readonly spiffeId: SpiffeId;
  /** Possession must have been proven. */
  readonly publicKey: PublicKeyInfo;
  /** From `toSerial`. */
  readonly serial: Uint8Array;
  readonly notBeforeMs: number;
  /** At most an hour and the backdating after `notBeforeMs`, and not after the authority's end. */
  readonly notAfterMs: number;
};

/** DER certificate or E_PKI_REQUEST, E_PKI_UNSUPPORTED. */
export type SvidIssuer = (request: LeafRequest) => Uint8Array | Refusal;

/** Longest life of a leaf: one hour, and half a minute of backdating. */
export const maxLeafLifeMs = 3_630_000;
const maxRsaSpkiBytes = 600;

const issuableKinds: ReadonlySet<KeyKind | undefined> = new Set<KeyKind>([
  'p256',
  'p384',
  'ed25519',
  'rsa',
]);

const lengthBytes = (length: number): number => {
  if (length < 0x80) return 1;
  return length < 0x100 ? 2 : 3;
};
/** Size of an element with one tag octet; leaves stay far below 64 KiB. */
const elementBytes = (length: number): number => 1 + lengthBytes(length) + length;

/** Writes forward into a buffer of exactly the right size. */
class Pen {
  readonly bytes: Uint8Array;
  #at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  head(tag: number, length: number): void {
    const { bytes } = this;
    bytes[this.#at++] = tag;
    if (length >= 0x100) bytes[this.#at++] = 0x82;
    else if (length >= 0x80) bytes[this.#at++] = 0x81;
    if (length >= 0x100) bytes[this.#at++] = length >> 8;
    bytes[this.#at++] = length & 0xff;
  }

  put(part: Uint8Array): void {
    this.bytes.set(part, this.#at);
    this.#at += part.length;
  }
}

/** What stays the same for all leaves of one authority. */
type Template = {
  readonly algorithmAndIssuer: Uint8Array;
  readonly fixedExtensions: Uint8Array;
  /** Subject key identifier up to the identifier itself. */
  readonly keyIdHead: Uint8Array;
  readonly altNameHead: Uint8Array;
  readonly validity: (notBeforeMs: number, notAfterMs: number) => Uint8Array;
};

/** Leaves made within one second have the same validity: the last one is kept. */
const createValidityWriter = (): ((notBeforeMs: number, notAfterMs: number) => Uint8Array) => {
  let last = { notBeforeMs: Number.NaN, notAfterMs: Number.NaN, bytes: new Uint8Array(0) };
  return (notBeforeMs, notAfterMs) => {
    if (last.notBeforeMs !== notBeforeMs || last.notAfterMs !== notAfterMs) {
      const bytes = derSequence(derTime(notBeforeMs), derTime(notAfterMs));
      last = { notBeforeMs, notAfterMs, bytes };
    }
    return last.bytes;
  };
};

const emptySubject = derSequence();
const keyIdSample = new Uint8Array(20);

const templateOf = (issuer: Certificate): Template => {
  const authorityKeyId = issuer.extensions.subjectKeyId ?? keyIdentifierOf(issuer.publicKey);
  const authorityExtension = derExtension(
    oids.authorityKeyIdentifier,
    derSequence(derContextPrimitive(0, authorityKeyId)),
  );
  const keyIdExtension = derExtension(
    oids.subjectKeyIdentifier,
    Uint8Array.of(derTags.octetString, keyIdSample.length, ...keyIdSample),
  );
  return {
    algorithmAndIssuer: Buffer.concat([ecdsaWithSha256, issuer.subject]),
    fixedExtensions: Buffer.concat([...leafExtensions, authorityExtension]),
    keyIdHead: keyIdExtension.subarray(0, keyIdExtension.length - keyIdSample.length),
    // Critical because the subject is empty (X509-04).
    altNameHead: Buffer.concat([derOid(oids.subjectAltName), Uint8Array.of(1, 1, 0xff)]),
    validity: createValidityWriter(),
  };
};

const uriTag = contextPrimitiveTag(6);

/** The SubjectAltName extension: the SPIFFE ID, then the other names. */
const writeAltNames = (
  template: Template,
  spiffeId: SpiffeId,
  names: readonly Uint8Array[],
): Uint8Array => {
  const uri = Buffer.from(spiffeId, 'latin1');
  const namesSize = names.reduce((sum, name) => sum + name.length, elementBytes(uri.length));
  const valueSize = elementBytes(namesSize);
  const size = template.altNameHead.length + elementBytes(valueSize);
  const pen = new Pen(elementBytes(size));
  pen.head(derTags.sequence, size);
  pen.put(template.altNameHead);
  pen.head(derTags.octetString, valueSize);
  pen.head(derTags.sequence, namesSize);
  pen.head(uriTag, uri.length);
  pen.put(uri);
  for (const name of names) pen.put(name);
  return pen.bytes;
};

/** Sizes from the inside out, then one walk forward. */
const writeToSign = (
  template: Template,
  request: LeafRequest,
  names: readonly Uint8Array[],
): Uint8Array => {
  const { fixedExtensions, keyIdHead, algorithmAndIssuer } = template;
  const { spki } = request.publicKey;
  const keyId = keyIdentifierOf(request.publicKey);
  const altNames = writeAltNames(template, request.spiffeId, names);
  const validity = template.validity(request.notBeforeMs, request.notAfterMs);
  const listSize = fixedExtensions.length + keyIdHead.length + keyId.length + altNames.length;
  const size =
    version3.length +
    elementBytes(serialBytes) +
    algorithmAndIssuer.length +
    validity.length +
    emptySubject.length +
    spki.length +
    elementBytes(elementBytes(listSize));
  const pen = new Pen(elementBytes(size));
  pen.head(derTags.sequence, size);
  pen.put(version3);
  pen.head(derTags.integer, serialBytes);
  pen.put(request.serial);
  for (const part of [algorithmAndIssuer, validity, emptySubject, spki]) pen.put(part);
  pen.head(contextTag(3), elementBytes(listSize));
  pen.head(derTags.sequence, listSize);
  for (const part of [fixedExtensions, keyIdHead, keyId, altNames]) pen.put(part);
  return pen.bytes;
};

const noUnusedBits = Uint8Array.of(0);

const assemble = (toSign: Uint8Array, signature: Uint8Array): Uint8Array => {
  const size = toSign.length + ecdsaWithSha256.length + elementBytes(signature.length + 1);
  const pen = new Pen(elementBytes(size));
  pen.head(derTags.sequence, size);
  pen.put(toSign);
  pen.put(ecdsaWithSha256);
  pen.head(derTags.bitString, signature.length + 1);
  pen.put(noUnusedBits);
  pen.put(signature);
  return pen.bytes;
};

const checkRequest = (request: LeafRequest, issuer: Certificate): Refusal | undefined => {
  const bad = (what: string): Refusal => refuse(pkiErrors.E_PKI_REQUEST, what);
  const { spiffeId, publicKey, serial, notBeforeMs, notAfterMs } = request;
  if (!spiffeId.includes('/', 'spiffe://'.length))
    return bad('a leaf needs a SPIFFE ID with a path (X509-03)');
  if (!issuableKinds.has(publicKey.kind) || publicKey.spki.length > maxRsaSpkiBytes)
    return refuse(pkiErrors.E_PKI_UNSUPPORTED, 'no SVID is issued for a key of this kind');
  if (serial.length !== serialBytes || ((serial[0] ?? 0) & 0xc0) !== 0x40) return bad('bad serial');
  if (!(notAfterMs > notBeforeMs)) return bad('the lifetime is empty');
  if (notAfterMs - notBeforeMs > maxLeafLifeMs) return bad('the lifetime is above one hour');
  if (notAfterMs > issuer.notAfterMs) return bad('the authority expires before the leaf would');
  return undefined;
};

/**
 * Prepares issuance below `issuer`.
 *
 * @param sign ECDSA with SHA-256 by the issuer's P-256 key, DER encoded
 */
export const createSvidIssuer = (
  issuer: Certificate,
  sign: (toSign: Uint8Array) => Uint8Array,
): SvidIssuer => {
  const template = templateOf(issuer);
  return (request) => {
    const problem = checkRequest(request, issuer);
    if (problem !== undefined) return problem;
    const names = encodeAlternativeNames(request);
    if (isRefusal(names)) return names;
    const toSign = writeToSign(template, request, names);
    return assemble(toSign, sign(toSign));
  };
};
