/**
 * Node attestation by an existing certificate: a chain to a configured authority and a signature
 * over a stateless challenge, bound to the certificate request it comes with.
 */
import { hash, type KeyObject, sign } from 'node:crypto';
import { decodeBase64Url, encodeBase64Url } from '../../kernel/base64url.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import { encodeHex } from '../../kernel/hex.ts';
import {
  type Certificate,
  importPublicKey,
  parseCertificate,
  type SignatureAlgorithm,
  verifySignature,
} from '../pki/index.ts';
import { type Binding, type ChallengeKey, checkChallenge, makeChallenge } from './challenge.ts';
import { attestationErrors } from './errors.ts';
import { malformed, member, textsMember, toSelectors, wrappedBase64 } from './reading.ts';
import type { AttestationTime, AttestedNode, Evidence } from './types.ts';
import { checkPath, readCertificates } from './x509-path.ts';

export type X509PopPolicy = {
  /** Authorities whose certificates make a node. */
  readonly authorities: readonly Certificate[];
  readonly challengeKey: ChallengeKey;
};

/** Evidence `{chain: [base64 DER, leaf first]}`; the answer `{challenge, signature: base64url}`. */
export type X509PopProof = {
  /** SubjectPublicKeyInfo of the key in the certificate request; the answer is bound to it. */
  readonly spki: Uint8Array;
  readonly challengeResponse: Evidence | undefined;
};

const maxChain = 6;
const maxSignature = 2048;
const label = Buffer.from('sallyport x509pop 1\0');

const readChain = (evidence: Evidence): readonly [Certificate, ...Certificate[]] | Refusal => {
  const texts = textsMember(evidence, 'chain', maxChain);
  if (isRefusal(texts)) return texts;
  const ders: Uint8Array[] = [];
  for (const text of texts) {
    const der = wrappedBase64(text, 'a certificate');
    if (isRefusal(der)) return der;
    ders.push(der);
  }
  const leaf = parseCertificate(ders[0] ?? new Uint8Array(0));
  if (isRefusal(leaf)) return malformed(leaf.detail);
  return [leaf, ...readCertificates(ders.slice(1))];
};

const digestOf = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer');

const bindingOf = (leaf: Certificate, spki: Uint8Array): Binding => ({
  purpose: 'x509pop',
  parts: [digestOf(leaf.raw), digestOf(spki)],
});

/** What the node signs: nothing else that this key ever signs begins with the label. */
const toBeSigned = (nonce: Uint8Array, spki: Uint8Array): Uint8Array =>
  Buffer.concat([label, nonce, digestOf(spki)]);

const schemeFor = (key: KeyObject): SignatureAlgorithm | undefined => {
  const raw = new Uint8Array(0);
  switch (key.asymmetricKeyType) {
    case 'ec':
      return { raw, oid: '', scheme: { kind: 'ec', hash: 'sha256' } };
    case 'rsa':
      return { raw, oid: '', scheme: { kind: 'rsa', hash: 'sha256' } };
    case 'ed25519':
      return { raw, oid: '', scheme: { kind: 'pure', keyType: 'ed25519' } };
    default:
      return undefined;
  }
};

/** The challenge for a chain that holds: first half of the exchange. */
export const challengeX509Pop = (
  evidence: Evidence,
  { policy, spki }: { readonly policy: X509PopPolicy; readonly spki: Uint8Array },
  time: AttestationTime,
): JsonObject | Refusal => {
  const chain = readChain(evidence);
  if (isRefusal(chain)) return chain;
  const [leaf, ...others] = chain;
  const problem = checkPath(leaf, { anchors: policy.authorities, others, ...time });
  return problem ?? makeChallenge(policy.challengeKey, bindingOf(leaf, spki), time);
};

/** The node's side: answers a challenge with the key of its certificate. */
export const answerX509Pop = (
  challenge: JsonObject,
  { privateKey, spki }: { readonly privateKey: KeyObject; readonly spki: Uint8Array },
): JsonObject | Refusal => {
  const text = member(challenge, 'nonce');
  const nonce = typeof text === 'string' ? decodeBase64Url(text) : undefined;
  if (nonce === undefined || isRefusal(nonce)) return malformed('the challenge has no nonce');
  const hashName = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const signature = sign(hashName, toBeSigned(nonce, spki), privateKey);
  return { challenge, signature: encodeBase64Url(signature) };
};

const checkSignature = (
  leaf: Certificate,
  signed: { readonly data: Uint8Array; readonly signature: Uint8Array },
): Refusal | undefined => {
  const key = importPublicKey(leaf.publicKey);
  if (isRefusal(key)) return malformed(key.detail);
  const algorithm = schemeFor(key);
  if (algorithm !== undefined && verifySignature(algorithm, key, signed)) return undefined;
  return refuse(
    attestationErrors.E_ATTESTATION_CHALLENGE,
    'the challenge is not signed with the key of the certificate',
  );
};

/**
 * Node id: SHA-256 of the leaf. Selectors `x509pop:fingerprint:…`, `x509pop:issuer:<authority key id>`
 * and `x509pop:san:dns:…` or `x509pop:san:uri:…` for each name.
 */
export const verifyX509Pop = (
  evidence: Evidence,
  { policy, spki, challengeResponse }: X509PopProof & { readonly policy: X509PopPolicy },
  time: AttestationTime,
): AttestedNode | Refusal => {
  const chain = readChain(evidence);
  if (isRefusal(chain)) return chain;
  const [leaf, ...others] = chain;
  const problem = checkPath(leaf, { anchors: policy.authorities, others, ...time });
  if (problem !== undefined) return problem;
  const expectation = { key: policy.challengeKey, binding: bindingOf(leaf, spki) };
  const nonce = checkChallenge(member(challengeResponse, 'challenge'), expectation, time);
  if (isRefusal(nonce)) return nonce;
  const text = member(challengeResponse, 'signature');
  if (typeof text !== 'string' || text.length > maxSignature)
    return malformed('the answer has no signature');
  const signature = decodeBase64Url(text);
  if (isRefusal(signature)) return malformed('the signature is not base64url');
  const failure = checkSignature(leaf, { data: toBeSigned(nonce, spki), signature });
  if (failure !== undefined) return failure;
  const fingerprint = encodeHex(digestOf(leaf.raw));
  const names = (leaf.extensions.subjectAltNames ?? []).flatMap((name) =>
    name.kind === 'dns' || name.kind === 'uri' ? [`${name.kind}:${name.value}`] : [],
  );
  const issuer = encodeHex(leaf.extensions.authorityKeyId ?? new Uint8Array(0));
  const selectors = toSelectors('x509pop', { fingerprint, issuer, san: names });
  return { nodeId: fingerprint, selectors, reattestable: true };
};
