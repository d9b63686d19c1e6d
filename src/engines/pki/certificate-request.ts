/**
 * Certificate requests (PKCS#10, RFC 2986): parsing with proof of possession, and making them.
 * What a request says about names is never believed; only its key counts.
 */
import type { KeyObject } from 'node:crypto';
import { type DerReader, contextTag, derTags, parseDer } from '../../kernel/der-reader.ts';
import {
  derBitString,
  derContext,
  derContextPrimitive,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
} from '../../kernel/der-writer.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { SpiffeId } from '../../kernel/ids.ts';
import { readName } from './certificate.ts';
import { asMalformed, insideOf } from './der-inside.ts';
import { pkiErrors } from './errors.ts';
import { oids } from './oids.ts';
import { decodeOnePem } from './pem.ts';
import { importPublicKey, type PublicKeyInfo, readPublicKeyInfo } from './public-key.ts';
import { readSignatureAlgorithm, verifySignature } from './signature-algorithm.ts';
import { ecdsaWithSha256 } from './templates.ts';

/** A request whose signer holds the private key of `publicKey`. */
export type CertificateRequest = { readonly publicKey: PublicKeyInfo; readonly key: KeyObject };

const maxRequestBytes = 16_384;
const maxAttributes = 32;

const readAttributes = (reader: DerReader | undefined): void => {
  for (let count = 0; reader !== undefined && !reader.isAtEnd; count++) {
    if (count === maxAttributes) reader.fail('too many attributes');
    const attribute = reader.sequence();
    attribute.oid();
    attribute.expect(derTags.set);
    attribute.expectEnd();
  }
};

const readBody = (body: DerReader): PublicKeyInfo => {
  const version = body.integerBytes();
  if (version.length !== 1 || version[0] !== 0) body.fail('unknown version');
  readName(body);
  const publicKey = readPublicKeyInfo(body);
  // Some tools leave the mandatory attributes out when there are none.
  readAttributes(body.optionalEnter(contextTag(0)));
  body.expectEnd();
  return publicKey;
};

const readRequest = (reader: DerReader) => {
  const outer = reader.sequence();
  const signed = outer.expect(derTags.sequence);
  const publicKey = readBody(insideOf(signed));
  const algorithm = readSignatureAlgorithm(outer);
  const signature = outer.bitString();
  if (signature.unusedBits !== 0) outer.fail('signature is not whole octets');
  outer.expectEnd();
  return { publicKey, algorithm, signed: { data: signed.raw, signature: signature.bytes } };
};

/**
 * Parses a DER request and checks its signature with its own key: E_PKI_PROOF when that fails.
 * Total on all inputs.
 */
export const parseCertificateRequest = (der: Uint8Array): CertificateRequest | Refusal => {
  const request = asMalformed(
    parseDer(der, readRequest, {
      what: 'certificate request',
      maxBytes: maxRequestBytes,
      maxDepth: 16,
    }),
  );
  if (isRefusal(request)) return request;
  const key = importPublicKey(request.publicKey);
  if (isRefusal(key)) return key;
  if (!verifySignature(request.algorithm, key, request.signed))
    return refuse(pkiErrors.E_PKI_PROOF, 'the request is not signed with its own key');
  return { publicKey: request.publicKey, key };
};

/** `parseCertificateRequest` for one strict PEM block. */
export const parseCertificateRequestPem = (text: string): CertificateRequest | Refusal => {
  const der = decodeOnePem(text, 'CERTIFICATE REQUEST');
  return isRefusal(der) ? der : parseCertificateRequest(der);
};

export type NewCertificateRequest = {
  /** SubjectPublicKeyInfo of a P-256 key. */
  readonly spki: Uint8Array;
  /** ECDSA with SHA-256 by the private key of `spki`, DER encoded. */
  readonly sign: (data: Uint8Array) => Uint8Array;
  /** Put into the request as a wish. */
  readonly spiffeId?: SpiffeId;
};

const wishFor = (spiffeId: SpiffeId): Uint8Array => {
  const names = derSequence(derContextPrimitive(6, Buffer.from(spiffeId)));
  const extension = derSequence(derOid(oids.subjectAltName), derOctetString(names));
  return derSequence(derOid(oids.extensionRequest), derSetOf(derSequence(extension)));
};

/** Makes a DER request with an empty subject. */
export const createCertificateRequest = (request: NewCertificateRequest): Uint8Array => {
  const { spki, sign, spiffeId } = request;
  const attributes = spiffeId === undefined ? [] : [wishFor(spiffeId)];
  const body = derSequence(derInteger(0), derSequence(), spki, derContext(0, ...attributes));
  return derSequence(body, ecdsaWithSha256, derBitString(sign(body)));
};
