/** The rules of the WIT-SVID standard by their ids, with jose as the second opinion. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { calculateJwkThumbprint, decodeProtectedHeader, importJWK, jwtVerify, SignJWT } from 'jose';
import {
  exportPublicJwk,
  formatConfirmationJwk,
  formatTrustBundle,
  type JoseAlgorithm,
  jwkThumbprint,
  parseConfirmationJwk,
  parseTrustBundle,
  signJwtSvid,
  signWitSvid,
  type TrustBundle,
  verifyJwtSvid,
  verifyWitSvid,
} from '../../../src/engines/pki/index.ts';
import { encodeBase64Url } from '../../../src/kernel/base64url.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { parseSpiffeId } from '../../../src/kernel/ids.ts';
import type { JsonObject } from '../../../src/kernel/json-value.ts';
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
const spiffeId = orThrow(parseSpiffeId('spiffe://prod.example/a'));
const nowSeconds = nowMs / 1000;
const { publicKey, privateKey } = pairs.ES256;
const workload = ec('P-256');
const confirmation = { key: workload.publicKey, algorithm: 'ES256' as const };
const confirmed = { ...exportPublicJwk(workload.publicKey), alg: 'ES256' };
const signer = { algorithm: 'ES256', kid: 'w1', privateKey } as const;

const bundleWith = (witAuthorities: TrustBundle['witAuthorities'] = []): TrustBundle => ({
  trustDomain,
  x509Authorities: [],
  jwtAuthorities: [],
  witAuthorities,
});
const bundle = bundleWith([{ kid: 'w1', key: publicKey }]);
const policyWith = (trusted: TrustBundle | undefined, atMs = nowMs) => ({
  bundleOf: (name: string) => (name === trustDomain ? trusted : undefined),
  nowMs: atMs,
});
const answerTo = (token: string, trusted: TrustBundle | undefined = bundle): string => {
  const verdict = verifyWitSvid(token, policyWith(trusted));
  if (!isRefusal(verdict)) return 'accepted';
  const { rule } = verdict.data;
  return typeof rule === 'string' ? rule : verdict.error.code;
};

const goodHeader: JsonObject = { alg: 'ES256', kid: 'w1', typ: 'wit+jwt' };
const goodClaims: JsonObject = {
  sub: spiffeId,
  exp: nowSeconds + 300,
  cnf: { jwk: confirmed },
};
/** A token of any header and claims, correctly signed by the trusted key. */
const forged = (header: JsonObject, claims: JsonObject): string => {
  const part = (value: JsonObject): string => encodeBase64Url(Buffer.from(JSON.stringify(value)));
  const input = `${part(header)}.${part(claims)}`;
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${input}.${encodeBase64Url(sign('sha256', Buffer.from(input), key))}`;
};
const headed = (change: JsonObject): string => forged({ ...goodHeader, ...change }, goodClaims);
const claiming = (change: JsonObject): string => forged(goodHeader, { ...goodClaims, ...change });
const without = (value: JsonObject, name: string): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
const cnf = (change: JsonObject): string => claiming({ cnf: { jwk: { ...confirmed, ...change } } });
const good = forged(goodHeader, goodClaims);

const cases: readonly (readonly [string, string, string])[] = [
  ['accepted', 'a token that obeys every rule', good],
  ['WIT-01', 'two parts', good.slice(0, good.lastIndexOf('.'))],
  ['WIT-01', 'four parts', `${good}.AA`],
  ['E_SVID_MALFORMED', 'the JSON serialization', JSON.stringify({ payload: 'e30' }) + '..'],
  ['WIT-02', 'no kid', forged(without(goodHeader, 'kid'), goodClaims)],
  ['WIT-28', 'a kid of other case (WIT-03)', headed({ kid: 'W1' })],
  ['WIT-28', 'an unknown kid', headed({ kid: 'w2' })],
  ['E_SVID_MALFORMED', 'a kid that is a number', headed({ kid: 1 })],
  ['WIT-05', 'no typ', forged(without(goodHeader, 'typ'), goodClaims)],
  ['WIT-05', 'typ JWT', headed({ typ: 'JWT' })],
  ['WIT-05', 'typ wpt+jwt', headed({ typ: 'wpt+jwt' })],
  ...['none', 'HS256', 'EdDSA', 'ML-DSA-44', 'es256', ''].map(
    (alg) => ['WIT-07', `alg ${JSON.stringify(alg)} (WIT-06)`, headed({ alg })] as const,
  ),
  ['WIT-28', 'alg of another kind of key', headed({ alg: 'RS256' })],
  ['WIT-08', 'no sub', forged(goodHeader, without(goodClaims, 'sub'))],
  ['WIT-08', 'sub that is no SPIFFE ID', claiming({ sub: 'https://prod.example/a' })],
  ['WIT-08', 'sub that is a trust domain', claiming({ sub: 'spiffe://prod.example' })],
  ['WIT-09', 'no cnf', forged(goodHeader, without(goodClaims, 'cnf'))],
  ['WIT-09', 'cnf that is no object', claiming({ cnf: 'k' })],
  ['WIT-10', 'cnf without jwk', claiming({ cnf: { jkt: 'k' } })],
  ['WIT-10', 'a private key in cnf', cnf({ d: 'AAAA' })],
  ['WIT-10', 'a factor of an RSA key in cnf', cnf({ q: 'AAAA' })],
  [
    'WIT-10',
    'a symmetric key in cnf',
    claiming({ cnf: { jwk: { kty: 'oct', k: 'AA', alg: 'ES256' } } }),
  ],
  ['WIT-10', 'a point off the curve in cnf', cnf({ x: 'A'.repeat(43) })],
  ['WIT-11', 'cnf.jwk without alg', claiming({ cnf: { jwk: without(confirmed, 'alg') } })],
  ['WIT-11', 'cnf.jwk with a foreign alg', cnf({ alg: 'EdDSA' })],
  ['WIT-11', 'cnf.jwk with an alg of another curve', cnf({ alg: 'ES384' })],
  ['accepted', 'a jti (WIT-12)', claiming({ jti: 'one' })],
  ['WIT-14', 'no exp', forged(goodHeader, without(goodClaims, 'exp'))],
  ['WIT-15', 'exp that has passed', claiming({ exp: nowSeconds })],
  ['E_SVID_MALFORMED', 'exp that is text', claiming({ exp: '1' })],
  ['WIT-16', 'nbf in the future', claiming({ nbf: nowSeconds + 31 })],
  ['accepted', 'nbf within the leeway', claiming({ nbf: nowSeconds + 30 })],
  ['accepted', 'iat in the future (WIT-17)', claiming({ iat: nowSeconds + 9999 })],
  ['WIT-18', 'an audience', claiming({ aud: 'me' })],
  ['WIT-18', 'an empty audience', claiming({ aud: [] })],
  ['accepted', 'header parameters nobody knows', headed({ 'x-note': 'hello' })],
  ['E_SVID_PROFILE', 'critical header parameters', headed({ crit: ['x-note'], 'x-note': 1 })],
  ['accepted', 'claims nobody knows, and iss', claiming({ iss: 'https://prod.example', x: [1] })],
];

describe('the WIT-SVID rules', () => {
  for (const [wanted, what, token] of cases)
    it(`${wanted}: ${what}`, () => assert.equal(answerTo(token), wanted));

  it('WIT-28: uses keys published for WIT-SVIDs and no others', () => {
    const jwtKeys = { ...bundleWith(), jwtAuthorities: [{ kid: 'w1', key: publicKey }] };
    assert.equal(answerTo(good, jwtKeys), 'WIT-28');
    assert.equal(answerTo(good, bundleWith()), 'WIT-28');
    assert.equal(isRefusal(verifyWitSvid(good, policyWith(undefined))), true);
  });

  it('WIT-28: a WIT-SVID key signs no JWT-SVID', () => {
    const times = { issuedAtMs: nowMs, expiresAtMs: nowMs + 60_000 };
    const token = signJwtSvid({ ...times, spiffeId, audience: ['me'] }, signer);
    const verdict = verifyJwtSvid(token, { ...policyWith(bundle), audiences: ['me'] });
    assert.equal(isRefusal(verdict) && verdict.error.code, 'E_SVID_UNTRUSTED');
  });

  it('WIT-04: a key that names its algorithm takes no other', () => {
    const named = bundleWith([{ kid: 'w1', key: publicKey, algorithm: 'ES384' }]);
    assert.equal(answerTo(good, named), 'WIT-28');
  });
});

describe('issuing WIT-SVIDs', () => {
  for (const algorithm of Object.keys(pairs) as JoseAlgorithm[])
    it(`works with ${algorithm} for authority and workload (WIT-06, WIT-11)`, () => {
      const pair = pairs[algorithm];
      const token = signWitSvid(
        {
          spiffeId,
          confirmation: { key: pair.publicKey, algorithm },
          expiresAtMs: nowMs + 60_999,
          issuedAtMs: nowMs,
          id: 'j',
        },
        { algorithm, kid: 'w1', privateKey: pair.privateKey },
      );
      const trusted = bundleWith([{ kid: 'w1', key: pair.publicKey, algorithm }]);
      const verified = orThrow(verifyWitSvid(token, policyWith(trusted)));
      assert.equal(verified.spiffeId, spiffeId);
      assert.equal(verified.expiresAtMs, nowMs + 60_000);
      assert.equal(verified.issuedAtMs, nowMs);
      assert.equal(verified.id, 'j');
      assert.equal(verified.confirmation.algorithm, algorithm);
      assert.equal(jwkThumbprint(verified.confirmation.key), jwkThumbprint(pair.publicKey));
    });

  it('sets alg, typ, kid, sub, exp and cnf, and nothing unasked (WIT-19), as jose reads it', async () => {
    const token = signWitSvid({ spiffeId, confirmation, expiresAtMs: nowMs + 60_000 }, signer);
    const key = await importJWK({ ...exportPublicJwk(publicKey) }, 'ES256');
    const { payload } = await jwtVerify(token, key, {
      currentDate: new Date(nowMs),
      typ: 'wit+jwt',
    });
    assert.deepEqual(decodeProtectedHeader(token), goodHeader);
    assert.deepEqual(payload, {
      sub: spiffeId,
      exp: nowSeconds + 60,
      cnf: { jwk: confirmed },
    });
    const { jwk } = payload['cnf'] as { jwk: Record<string, string> };
    assert.equal(await calculateJwkThumbprint(jwk), jwkThumbprint(workload.publicKey));
  });

  it('gives jose tokens the same answer', async () => {
    const token = await new SignJWT({ cnf: { jwk: confirmed } })
      .setProtectedHeader({ alg: 'ES256', kid: 'w1', typ: 'wit+jwt' })
      .setSubject(spiffeId)
      .setExpirationTime(nowSeconds + 5)
      .sign(privateKey);
    assert.equal(answerTo(token), 'accepted');
  });

  it('throws for a confirmation key that does not fit its algorithm', () => {
    const wrong = { key: workload.publicKey, algorithm: 'RS256' as const };
    assert.throws(
      () => signWitSvid({ spiffeId, confirmation: wrong, expiresAtMs: nowMs + 1000 }, signer),
      RangeError,
    );
  });

  it('never writes a private key into a token', () => {
    const own = { key: workload.privateKey, algorithm: 'ES256' as const };
    assert.deepEqual(formatConfirmationJwk(own), confirmed);
    const jwk = workload.privateKey.export({ format: 'jwk' }) as JsonObject;
    assert.equal(isRefusal(parseConfirmationJwk({ ...jwk, alg: 'ES256' })), true);
  });
});

describe('WIT-SVID keys in bundles', () => {
  const jwk = (kid: string | undefined, use: string): JsonObject => ({
    ...exportPublicJwk(publicKey),
    use,
    ...(kid === undefined ? {} : { kid }),
  });
  const kidsOf = (...keys: readonly JsonObject[]): readonly string[] =>
    (orThrow(parseTrustBundle(trustDomain, JSON.stringify({ keys }))).witAuthorities ?? []).map(
      ({ kid }) => kid,
    );

  it('carry their use and a kid (WIT-26, WIT-27)', () => {
    const jwtAuthorities = [{ kid: 'j1', key: publicKey }];
    const document = formatTrustBundle({ ...bundle, jwtAuthorities });
    assert.deepEqual(
      document.keys.map(({ use, kid }) => [use, kid]),
      [
        ['jwt-svid', 'j1'],
        ['wit-svid', 'w1'],
      ],
    );
    const again = orThrow(parseTrustBundle(trustDomain, JSON.stringify(document)));
    assert.equal(answerTo(good, again), 'accepted');
  });

  it('are ignored without a kid, and when another key has the same (WIT-27)', () => {
    assert.deepEqual(kidsOf(jwk(undefined, 'wit-svid')), []);
    assert.deepEqual(kidsOf(jwk('a', 'wit-svid'), jwk('a', 'jwt-svid'), jwk('b', 'wit-svid')), [
      'b',
    ]);
    assert.deepEqual(kidsOf(jwk('a', 'wit-svid'), jwk('a', 'wit-svid')), []);
    assert.deepEqual(kidsOf(jwk('a', 'wit-svid'), jwk('a', 'unknown')), []);
  });

  it('are not published under a kid that is taken (WIT-27)', () => {
    const jwtAuthorities = [{ kid: 'w1', key: publicKey }];
    assert.throws(() => formatTrustBundle({ ...bundle, jwtAuthorities }), {
      code: 'E_PKI_REQUEST',
    });
  });
});
