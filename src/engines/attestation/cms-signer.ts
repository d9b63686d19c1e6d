/**
 * Who signed: the certificate that the SignerInfo names (issuer and serial number, or key
 * identifier) **and** whose key verifies the signature, never "the first one in the bag". Whatever is
 * judged afterwards (chain, names) is judged on exactly the certificate returned here.
 */
import { hash } from 'node:crypto';
import { equalBytes } from '../../kernel/constant-time.ts';
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import {
  type Certificate,
  importPublicKey,
  type SignatureAlgorithm,
  verifySignature,
} from '../pki/index.ts';
import type { SignedData, SignerId, SignerInfo } from './cms-reader.ts';
import { malformed, untrusted } from './reading.ts';

type HashName = 'sha256' | 'sha384' | 'sha512';

const idData = '1.2.840.113549.1.7.1';
const maxCandidates = 4;

/** Digest algorithms; Azure writes the signature algorithm where the digest belongs. */
const digests: ReadonlyMap<string, HashName> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
]);

/** Signature algorithms with the digest they contain, `any` when they leave it to the digest. */
const signatures: ReadonlyMap<string, { kind: 'rsa' | 'ec'; hash: HashName | 'any' }> = new Map([
  ['1.2.840.113549.1.1.1', { kind: 'rsa', hash: 'any' }],
  ['1.2.840.113549.1.1.11', { kind: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { kind: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { kind: 'rsa', hash: 'sha512' }],
  ['1.2.840.10045.4.3.2', { kind: 'ec', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { kind: 'ec', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { kind: 'ec', hash: 'sha512' }],
]);

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

/** True when a SignerInfo means this certificate. */
export const isNamedBy = (id: SignerId, certificate: Certificate): boolean => {
  if (id.kind === 'issuer')
    return certificate.serialNumber === id.serialNumber && same(certificate.issuer, id.issuer);
  const keyId = certificate.extensions.subjectKeyId;
  return keyId !== undefined && same(keyId, id.subjectKeyId);
};

const algorithmOf = (signer: SignerInfo): SignatureAlgorithm | Refusal => {
  const digest = digests.get(signer.digestOid);
  const scheme = signatures.get(signer.signatureOid);
  if (digest === undefined || scheme === undefined)
    return untrusted('the document is signed with an algorithm that is not accepted');
  if (scheme.hash !== 'any' && scheme.hash !== digest)
    return malformed('digest and signature algorithm contradict each other');
  const raw = new Uint8Array(0);
  return { raw, oid: signer.signatureOid, scheme: { kind: scheme.kind, hash: digest } };
};

/** The bytes the signature is over; refuses when the attributes belong to other content. */
const signedBytes = (data: SignedData): Uint8Array | Refusal => {
  const { signedAttributes, digestOid } = data.signer;
  if (signedAttributes === undefined)
    // RFC 5652 section 5.3: attributes may only be absent for plain data.
    return data.contentType === idData ? data.content : malformed('signed attributes are missing');
  if (signedAttributes.contentType !== data.contentType)
    return malformed('the signed content type is another one');
  const digest = hash(digests.get(digestOid) ?? 'sha256', data.content, 'buffer');
  return equalBytes(digest, signedAttributes.messageDigest)
    ? signedAttributes.der
    : untrusted('the document was changed after it was signed');
};

/**
 * The certificate among `candidates` that signed. Candidates are pinned ones, or those of the bag
 * when a chain is to be judged next.
 */
export const findSigner = (
  data: SignedData,
  candidates: readonly Certificate[],
): Certificate | Refusal => {
  const algorithm = algorithmOf(data.signer);
  if (isRefusal(algorithm)) return algorithm;
  const signed = signedBytes(data);
  if (isRefusal(signed)) return signed;
  const named = candidates.filter((candidate) => isNamedBy(data.signer.id, candidate));
  for (const certificate of named.slice(0, maxCandidates)) {
    const key = importPublicKey(certificate.publicKey);
    if (isRefusal(key)) continue;
    const { signature } = data.signer;
    if (verifySignature(algorithm, key, { data: signed, signature })) return certificate;
  }
  return untrusted(
    named.length === 0
      ? 'the certificate of the signer is not known'
      : 'the signature is not by the certificate that the document names',
  );
};
