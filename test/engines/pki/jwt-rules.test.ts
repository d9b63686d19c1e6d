/** The rules of the JWT-SVID standard by their ids, with jose as the second opinion. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, it } from 'node:test';
import { importJWK, jwtVerify, SignJWT } from 'jose';
import {
  exportPublicJwk,
  formatTrustBundle,
  type JoseAlgorithm,
  parseTrustBundle,
  signJose,
  signJwtSvid,
  type TrustBundle,
  verifyJwtSvid,
} from '../../../src/engines/pki/index.ts';
import { encodeBase64Url } from '../../../src/kernel/base64url.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { parseSpiffeId } from '../../../src/kernel/ids.ts';
import { nowMs, trustDomain } from './forge.ts';

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pairs: Readonly<Record<JoseAlgorithm, { publicKey: KeyObject; privateKey: KeyObject }>> = {
  ES256: ec('P-256'),
  ES384: ec('P-384'),
  ES512: ec('P-521'),
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
};
const algorithms = Object.keys(pairs) as JoseAlgorithm[];

const spiffeId = orThrow(parseSpiffeId('spiffe://prod.example/a'));
const audience = 'spiffe://prod.example/sallyport';
const nowSeconds = nowMs / 1000;
const { publicKey, privateKey } = pairs.ES256;

const bundleWith = (keys: TrustBundle['jwtAuthorities']): TrustBundle => ({
  trustDomain,
  x509Authorities: [],
  jwtAuthorities: keys,
});
const bundle = bundleWith([{ kid: 'k1', key: publicKey }]);

const judge = (token: string, trusted: TrustBundle | undefined = bundle, atMs = nowMs) =>
  verifyJwtSvid(token, {
    bundleOf: (name) => (name === trustDomain ? trusted : undefined),
    audiences: ['other', audience],
    nowMs: atMs,
  });

const answerTo = (token: string, trusted?: TrustBundle): string => {
  const verdict = judge(token, trusted);
  if (!isRefusal(verdict)) return 'accepted';
  const { rule } = verdict.data;
  return typeof rule === 'string' ? rule : verdict.error.code;
};

const part = (value: unknown): string => encodeBase64Url(Buffer.from(JSON.stringify(value)));
const goodHeader = { alg: 'ES256', kid: 'k1', typ: 'JWT' };
const goodClaims = { sub: spiffeId, aud: audience, exp: nowSeconds + 60, iat: nowSeconds };

/** A correctly signed token whatever header and claims say. */
const forgeToken = (header: unknown, claims: unknown): string => {
  const input = `${part(header)}.${part(claims)}`;
  const signature = signJose('ES256', privateKey, Buffer.from(input));
  return `${input}.${encodeBase64Url(signature)}`;
};
const withHeader = (changes: object): string =>
  forgeToken({ ...goodHeader, ...changes }, goodClaims);
const withClaims = (changes: object): string =>
  forgeToken(goodHeader, { ...goodClaims, ...changes });

const good = forgeToken(goodHeader, goodClaims);
const [h = '', p = '', s = ''] = good.split('.');

const cases: readonly (readonly [string, string, string])[] = [
  ['accepted', 'a token that obeys every rule', good],
  ['JWT-01', 'two parts', `${h}.${p}`],
  ['JWT-01', 'four parts', `${good}.x`],
  ['JWT-01', 'JSON serialization', JSON.stringify({ protected: h, payload: p, signature: s })],
  ['JWT-02', 'a header with jku', withHeader({ jku: 'https://a.example' })],
  ['JWT-02', 'a header with crit', withHeader({ crit: ['x'], x: 1 })],
  ['JWT-02', 'a header with jwk', withHeader({ jwk: exportPublicJwk(publicKey) })],
  ['JWT-02', 'a header with b64', withHeader({ b64: false })],
  ...['none', 'None', 'HS256', 'EdDSA', 'ES256K', 'ML-DSA-44', 'es256', '', 'constructor'].map(
    (alg): readonly [string, string, string] => ['JWT-04', `alg ${alg}`, withHeader({ alg })],
  ),
  ['JWT-04', 'alg missing', forgeToken({ kid: 'k1' }, goodClaims)],
  ['JWT-04', 'alg as a list', withHeader({ alg: ['ES256'] })],
  ['JWT-04', 'a bad alg before a bad header (JWT-05)', withHeader({ alg: 'none', crit: [] })],
  ['accepted', 'typ JOSE', withHeader({ typ: 'JOSE' })],
  ['accepted', 'no typ', forgeToken({ alg: 'ES256', kid: 'k1' }, goodClaims)],
  ['JWT-06', 'typ wit+jwt', withHeader({ typ: 'wit+jwt' })],
  ['JWT-06', 'typ jwt in lower case', withHeader({ typ: 'jwt' })],
  ['JWT-07', 'no subject', withClaims({ sub: undefined })],
  ['JWT-07', 'a subject that is no SPIFFE ID', withClaims({ sub: 'alice' })],
  ['JWT-07', 'a trust domain as subject', withClaims({ sub: 'spiffe://prod.example' })],
  ['accepted', 'several audiences (JWT-08)', withClaims({ aud: ['x', audience] })],
  ['JWT-08', 'an audience that is not text', withClaims({ aud: [audience, 1] })],
  ['JWT-09', 'no audience', withClaims({ aud: undefined })],
  ['JWT-09', 'an empty list of audiences', withClaims({ aud: [] })],
  ['JWT-10', 'another audience', withClaims({ aud: 'x' })],
  ['JWT-10', 'a part of the audience', withClaims({ aud: `${audience}/x` })],
  ['JWT-12', 'no expiry (JWT-11)', withClaims({ exp: undefined })],
  ['JWT-13', 'an expired token', withClaims({ exp: nowSeconds })],
  ['accepted', 'an expiry with a fraction', withClaims({ exp: nowSeconds + 0.5 })],
  ['E_SVID_MALFORMED', 'an expiry as text', withClaims({ exp: '9999999999' })],
  ['E_SVID_MALFORMED', 'an expiry beyond reason', withClaims({ exp: 1e300 })],
  ['E_SVID_MALFORMED', 'a negative expiry', withClaims({ exp: -1 })],
  ['accepted', 'nbf within half a minute', withClaims({ nbf: nowSeconds + 30 })],
  ['E_SVID_NOT_YET_VALID', 'nbf beyond that', withClaims({ nbf: nowSeconds + 31 })],
  ['JWT-17', 'a key nobody published', withHeader({ kid: 'k2' })],
  ['JWT-17', 'a trust domain without bundle', withClaims({ sub: 'spiffe://b.example/a' })],
  ['JWT-17', 'a signature cut short', `${h}.${p}.${s.slice(0, 80)}`],
  ['JWT-17', 'no signature', `${h}.${p}.`],
  ['accepted', 'no kid (JWT-18 is for issuers)', forgeToken({ alg: 'ES256' }, goodClaims)],
  [
    'E_SVID_MALFORMED',
    'a header that is no JSON',
    `${encodeBase64Url(Buffer.from('{'))}.${p}.${s}`,
  ],
  ['E_SVID_MALFORMED', 'padding in base64url', `${h}=.${p}.${s}`],
  ['E_SVID_MALFORMED', 'a duplicate claim', duplicateClaim()],
  ['E_SVID_MALFORMED', 'more than 16 KiB', `${h}.${'A'.repeat(16_384)}.${s}`],
];

function duplicateClaim(): string {
  const claims = JSON.stringify(goodClaims).replace('{', `{"aud":"${audience}",`);
  return `${h}.${encodeBase64Url(Buffer.from(claims))}.${s}`;
}

describe('JWT-SVID rules', () => {
  for (const [expected, what, token] of cases)
    it(`${expected === 'accepted' ? 'accepts' : `refuses by ${expected}`} ${what}`, () => {
      assert.equal(answerTo(token), expected);
    });

  it('refuses every change of a single character', () => {
    for (let at = 0; at < good.length; at++) {
      const other = good[at] === 'A' ? 'B' : 'A';
      const changed = good.slice(0, at) + other + good.slice(at + 1);
      assert.notEqual(answerTo(changed), 'accepted', `character ${at}`);
    }
  });

  it('never uses a key for another algorithm than its own', () => {
    const rsaBundle = bundleWith([{ kid: 'k1', key: rsa.publicKey }]);
    const pinned = bundleWith([{ kid: 'k1', key: rsa.publicKey, algorithm: 'PS256' }]);
    const claims = {
      spiffeId,
      audience: [audience] as const,
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + 1000,
    };
    const token = signJwtSvid(
      { ...claims, audience: [audience] },
      { algorithm: 'RS256', kid: 'k1', privateKey: rsa.privateKey },
    );
    assert.equal(answerTo(token, rsaBundle), 'accepted');
    assert.equal(answerTo(token, pinned), 'JWT-17');
    assert.equal(answerTo(token), 'JWT-17');
    assert.equal(answerTo(good, rsaBundle), 'JWT-17');
  });

  it('uses only keys published for JWT-SVIDs (JWT-14, JWT-15, JWT-16)', () => {
    const [entry] = formatTrustBundle(bundle).keys;
    assert.equal(entry?.use, 'jwt-svid');
    assert.equal(entry.kid, 'k1');
    for (const change of [
      { use: 'x509-svid' },
      { use: 'wit-svid' },
      { use: undefined },
      { kid: undefined },
    ]) {
      const document: string = JSON.stringify({ keys: [{ ...entry, ...change }] });
      assert.equal(answerTo(good, orThrow(parseTrustBundle(trustDomain, document))), 'JWT-17');
    }
  });
});

describe('JWT-SVIDs and jose', () => {
  const claims = { spiffeId, issuedAtMs: nowMs + 500, expiresAtMs: nowMs + 60_900, id: 'id-1' };

  for (const algorithm of algorithms) {
    const pair = pairs[algorithm];
    const trusted = bundleWith([{ kid: 'k1', key: pair.publicKey, algorithm }]);

    it(`${algorithm}: jose accepts what we sign`, async () => {
      const token = signJwtSvid(
        { ...claims, audience: [audience, 'x'] },
        { algorithm, kid: 'k1', privateKey: pair.privateKey },
      );
      const key = await importJWK({ ...exportPublicJwk(pair.publicKey) }, algorithm);
      const { payload, protectedHeader } = await jwtVerify(token, key, {
        currentDate: new Date(nowMs),
        audience,
      });
      assert.deepEqual(protectedHeader, { alg: algorithm, kid: 'k1', typ: 'JWT' });
      assert.deepEqual(payload, {
        sub: spiffeId,
        aud: [audience, 'x'],
        iat: nowSeconds,
        exp: nowSeconds + 60,
        jti: 'id-1',
      });
    });

    it(`${algorithm}: we accept what jose signs`, async () => {
      const token = await new SignJWT({})
        .setProtectedHeader({ alg: algorithm, kid: 'k1' })
        .setSubject(spiffeId)
        .setAudience(audience)
        .setExpirationTime(nowSeconds + 60)
        .sign(pair.privateKey);
      const verdict = orThrow(judge(token, trusted));
      assert.equal(verdict.spiffeId, spiffeId);
      assert.equal(verdict.expiresAtMs, nowMs + 60_000);
    });
  }
});
