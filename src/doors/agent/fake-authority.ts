/** A trust domain with root and intermediate for tests of the agent: real keys, real revocations. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  assembleCertificate,
  authorityToSign,
  type Certificate,
  createCrlIssuer,
  createSvidIssuer,
  encodePem,
  exportPublicJwk,
  type NewAuthority,
  parseCertificate,
  parseCertificateRequest,
  parsePublicKeyInfo,
  type PublicKeyInfo,
  RevocationList,
  signJwtSvid,
  toSerial,
} from '../../engines/pki/index.ts';
import { encodeBase64 } from '../../kernel/base64url.ts';
import { encodeHex } from '../../kernel/hex.ts';
import { isRefusal, orThrow, type Refusal } from '../../kernel/errors.ts';
import { parseTrustDomain, type SpiffeId } from '../../kernel/ids.ts';
import type { JsonObject } from '../../kernel/json-value.ts';

type Pair = { readonly info: PublicKeyInfo; readonly privateKey: KeyObject };

const newPair = (): Pair => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return { info: orThrow(parsePublicKeyInfo(spki)), privateKey };
};

type Authority = { readonly certificate: Certificate; readonly pair: Pair };

const dayMs = 86_400_000;

export type FakeDomain = {
  readonly bundle: JsonObject;
  readonly rootPem: string;
  readonly rootDer: Uint8Array;
  /** Leaf and intermediate for a request. */
  readonly issue: (
    csr: Uint8Array,
    spiffeId: SpiffeId,
    lifeMs: number,
  ) => { readonly chain: readonly Uint8Array[]; readonly expiresAtMs: number } | Refusal;
  readonly issueJwt: (spiffeId: SpiffeId, audience: readonly string[], lifeMs: number) => string;
  /** Revokes a leaf and gives the new list. */
  readonly revoke: (leaf: Uint8Array) => Uint8Array;
  readonly crl: (lifeMs?: number) => Uint8Array;
  /** A new intermediate signs from now on; gives the key identifier of the old one. */
  readonly rotate: () => string;
};

const createAuthority = (
  name: string,
  issuer: Authority | undefined,
  facts: Pick<NewAuthority, 'trustDomain' | 'pathLength'> & { readonly nowMs: number },
): Authority => {
  const pair = newPair();
  const toSign = authorityToSign({
    ...facts,
    name,
    publicKey: pair.info,
    serial: toSerial(randomBytes(16)),
    notBeforeMs: facts.nowMs - dayMs,
    notAfterMs: facts.nowMs + 30 * dayMs,
    ...(issuer === undefined ? {} : { issuer: issuer.certificate }),
  });
  const signature = sign('sha256', toSign, (issuer?.pair ?? pair).privateKey);
  return { certificate: orThrow(parseCertificate(assembleCertificate(toSign, signature))), pair };
};

const signerOf =
  ({ pair }: Authority) =>
  (data: Uint8Array): Uint8Array =>
    sign('sha256', data, pair.privateKey);

const createLeaves = (authority: Authority, nowMs: () => number): FakeDomain['issue'] => {
  const issueLeaf = createSvidIssuer(authority.certificate, signerOf(authority));
  return (csr, spiffeId, lifeMs) => {
    const request = parseCertificateRequest(csr);
    if (isRefusal(request)) return request;
    const expiresAtMs = Math.floor((nowMs() + lifeMs) / 1000) * 1000;
    const leaf = issueLeaf({
      spiffeId,
      publicKey: request.publicKey,
      serial: toSerial(randomBytes(16)),
      notBeforeMs: nowMs() - 10_000,
      notAfterMs: expiresAtMs,
      dnsNames: ['localhost'],
    });
    return isRefusal(leaf) ? leaf : { chain: [leaf, authority.certificate.raw], expiresAtMs };
  };
};

const jwkOf = (pair: Pair, use: string): JsonObject => {
  return { ...exportPublicJwk(pair.privateKey), use, kid: use };
};

/** Makes a trust domain; issues by the given time. */
export const createFakeDomain = (name: string, nowMs: () => number): FakeDomain => {
  const trustDomain = orThrow(parseTrustDomain(name));
  const root = createAuthority('Root', undefined, { trustDomain, pathLength: 1, nowMs: nowMs() });
  const newIntermediate = () =>
    createAuthority('Intermediate', root, { trustDomain, pathLength: 0, nowMs: nowMs() });
  let intermediate = newIntermediate();
  let issue = createLeaves(intermediate, nowMs);
  const tokens = newPair();
  const revoked = new RevocationList();
  let number = 0;
  const crl = (lifeMs = 600_000): Uint8Array => {
    number += 1;
    const write = createCrlIssuer(intermediate.certificate, signerOf(intermediate));
    const thisUpdateMs = nowMs() - 1_000;
    return orThrow(write(revoked, { number, thisUpdateMs, nextUpdateMs: nowMs() + lifeMs }));
  };
  const rootJwk = {
    ...exportPublicJwk(root.pair.privateKey),
    use: 'x509-svid',
    x5c: [encodeBase64(root.certificate.raw)],
  };
  return {
    crl,
    rootDer: root.certificate.raw,
    rootPem: encodePem('CERTIFICATE', root.certificate.raw),
    bundle: {
      keys: [rootJwk, jwkOf(tokens, 'jwt-svid'), jwkOf(newPair(), 'wit-svid')],
      spiffe_sequence: 1,
      spiffe_refresh_hint: 300,
    },
    issue: (csr, spiffeId, lifeMs) => issue(csr, spiffeId, lifeMs),
    issueJwt: (spiffeId, [first = '', ...more], lifeMs) =>
      signJwtSvid(
        {
          spiffeId,
          audience: [first, ...more],
          issuedAtMs: nowMs(),
          expiresAtMs: nowMs() + lifeMs,
        },
        { algorithm: 'ES256', kid: 'jwt-svid', privateKey: tokens.privateKey },
      ),
    revoke: (leaf) => {
      const { serialNumber } = orThrow(parseCertificate(leaf));
      orThrow(revoked.add({ serialNumber, revokedAtMs: nowMs() }));
      return crl();
    },
    rotate: () => {
      const old = intermediate.certificate.extensions.subjectKeyId ?? new Uint8Array(0);
      intermediate = newIntermediate();
      issue = createLeaves(intermediate, nowMs);
      return encodeHex(old);
    },
  };
};
