/** A trust domain of one file for tests and the conformance suite: real keys, real signatures. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  assembleCertificate,
  authorityToSign,
  createSvidIssuer,
  exportPublicJwk,
  jwkThumbprint,
  type NewAuthority,
  parseCertificate,
  parsePublicKeyInfo,
  type PublicKeyInfo,
  signJose,
  signJwtSvid,
  toSerial,
} from '../../engines/pki/index.ts';
import { encodeBase64Url } from '../../kernel/base64url.ts';
import { orThrow } from '../../kernel/errors.ts';
import { parseSpiffeId, parseTrustDomain, type SpiffeId } from '../../kernel/ids.ts';
import { Secret } from '../../kernel/secret.ts';
import type { DomainBundle, IssuedWitSvid, X509Identity } from './types.ts';

export type FakeAuthority = {
  /** `spiffe://domain` + path. */
  readonly idOf: (path: string) => SpiffeId;
  readonly bundle: DomainBundle;
  readonly issueX509: (spiffeId: SpiffeId, hint?: string, lifeMs?: number) => X509Identity;
  readonly issueJwt: (spiffeId: SpiffeId, audience: readonly string[]) => Secret;
  readonly issueWit: (spiffeId: SpiffeId, hint?: string) => IssuedWitSvid;
};

type Pair = { readonly info: PublicKeyInfo; readonly publicKey: KeyObject; privateKey: KeyObject };

const newPair = (): Pair => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return { info: orThrow(parsePublicKeyInfo(spki)), publicKey, privateKey };
};
const newSerial = (): Uint8Array => toSerial(randomBytes(16));
const lifeOfTokenMs = 300_000;

const jwksOf = (pair: Pair, use: 'jwt-svid' | 'wit-svid'): string =>
  JSON.stringify({
    keys: [{ ...exportPublicJwk(pair.publicKey), use, kid: jwkThumbprint(pair.publicKey) }],
  });

const signWit = (spiffeId: SpiffeId, hint: string, signer: Pair): IssuedWitSvid => {
  const holder = newPair();
  const expiresAtMs = Date.now() + lifeOfTokenMs;
  const jwk = { ...exportPublicJwk(holder.publicKey), alg: 'ES256' };
  const header = { alg: 'ES256', kid: jwkThumbprint(signer.publicKey), typ: 'wit+jwt' };
  const claims = { sub: spiffeId, exp: Math.floor(expiresAtMs / 1000), cnf: { jwk } };
  const encode = (value: object): string => encodeBase64Url(Buffer.from(JSON.stringify(value)));
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = encodeBase64Url(signJose('ES256', signer.privateKey, Buffer.from(input)));
  const privateJwk = { ...holder.privateKey.export({ format: 'jwk' }), alg: 'ES256' };
  return {
    spiffeId,
    token: new Secret(`${input}.${signature}`),
    privateJwk: new Secret(JSON.stringify(privateJwk)),
    hint,
    expiresAtMs,
  };
};

/** Makes a trust domain with a fresh self-signed root; issues at the wall clock's time. */
export const createFakeAuthority = (domain = 'fake.test'): FakeAuthority => {
  const trustDomain = orThrow(parseTrustDomain(domain));
  const [root, jwt, wit] = [newPair(), newPair(), newPair()];
  const authority: NewAuthority = {
    trustDomain,
    name: 'Fake',
    publicKey: root.info,
    serial: newSerial(),
    notBeforeMs: Date.now() - 60_000,
    notAfterMs: Date.now() + 86_400_000,
    pathLength: 0,
  };
  const signWithRoot = (data: Uint8Array): Uint8Array => sign('sha256', data, root.privateKey);
  const toSign = authorityToSign(authority);
  const der = assembleCertificate(toSign, signWithRoot(toSign));
  const issue = createSvidIssuer(orThrow(parseCertificate(der)), signWithRoot);
  return {
    idOf: (path) => orThrow(parseSpiffeId(`spiffe://${domain}${path}`)),
    bundle: {
      trustDomain,
      x509Authorities: [der],
      jwks: Buffer.from(jwksOf(jwt, 'jwt-svid')),
      witJwks: jwksOf(wit, 'wit-svid'),
    },
    issueX509: (spiffeId, hint = '', lifeMs = 3_600_000) => {
      const pair = newPair();
      const expiresAtMs = Date.now() + lifeMs;
      const serial = newSerial();
      const times = { notBeforeMs: Date.now() - 10_000, notAfterMs: expiresAtMs };
      const dnsNames = ['localhost'];
      const request = { spiffeId, publicKey: pair.info, serial, dnsNames, ...times };
      const privateKey = new Secret<Uint8Array>(
        pair.privateKey.export({ format: 'der', type: 'pkcs8' }),
      );
      return { spiffeId, chain: [orThrow(issue(request))], privateKey, hint, expiresAtMs };
    },
    issueJwt: (spiffeId, [first = '', ...more]) =>
      new Secret(
        signJwtSvid(
          {
            spiffeId,
            audience: [first, ...more],
            issuedAtMs: Date.now(),
            expiresAtMs: Date.now() + lifeOfTokenMs,
          },
          { algorithm: 'ES256', kid: jwkThumbprint(jwt.publicKey), privateKey: jwt.privateKey },
        ),
      ),
    issueWit: (spiffeId, hint = '') => signWit(spiffeId, hint, wit),
  };
};
