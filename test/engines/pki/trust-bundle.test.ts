/** Trust bundles and JWKs: what is read, what is ignored, what is refused. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  exportPublicJwk,
  formatTrustBundle,
  importPublicJwk,
  jwkThumbprint,
  parseTrustBundle,
  type TrustBundle,
} from '../../../src/engines/pki/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { bundleOf, forgeAuthority, trustDomain } from './forge.ts';

const root = forgeAuthority();
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const full: TrustBundle = {
  ...bundleOf(root),
  jwtAuthorities: [{ kid: 'k1', key, algorithm: 'ES256' }],
  sequence: 7,
  refreshHintSeconds: 60,
};
const document = formatTrustBundle(full);

const parse = (value: unknown) => parseTrustBundle(trustDomain, JSON.stringify(value));
const counts = (value: unknown): readonly number[] => {
  const bundle = orThrow(parse(value));
  return [bundle.x509Authorities.length, bundle.jwtAuthorities.length];
};

describe('trust bundles', () => {
  it('read back what was written', () => {
    const bundle = orThrow(parse(document));
    assert.equal(bundle.sequence, 7);
    assert.equal(bundle.refreshHintSeconds, 60);
    assert.deepEqual(bundle.x509Authorities[0]?.certificate.raw, Uint8Array.from(root.der));
    assert.equal(bundle.jwtAuthorities[0]?.kid, 'k1');
    assert.deepEqual(formatTrustBundle(bundle), document);
  });

  it('ignore parameters and entries they do not know (BU-04, BU-05, BU-06)', () => {
    const [x509, jwt] = document.keys;
    const keys = [
      { ...x509, use: 'X509-SVID' },
      { ...jwt, use: undefined },
      { ...jwt, kty: undefined },
      { kty: 'OKP', crv: 'Ed25519', x: 'AA', use: 'jwt-svid', kid: 'k2' },
      'text',
      null,
      [],
      x509,
      { ...jwt, color: 'blue' },
    ];
    assert.deepEqual(counts({ keys, more: true }), [1, 1]);
  });

  it('are bundles without any key, too (BU-07)', () => {
    assert.deepEqual(counts({ keys: [] }), [0, 0]);
  });

  it('ignore broken keys and algorithms outside the nine', () => {
    const [x509, jwt] = document.keys;
    const keys = [
      { ...x509, x5c: ['not base64'] },
      { ...x509, x5c: [Buffer.from('no certificate').toString('base64')] },
      { ...x509, x5c: [Buffer.from(root.der).toString('base64url')] },
      { ...jwt, alg: 'EdDSA' },
      { ...jwt, x: 'AAAA' },
      { ...jwt, d: 'AAAA' },
      { ...jwt, kid: '' },
    ];
    assert.deepEqual(counts({ keys }), [0, 0]);
  });

  for (const [what, text] of Object.entries({
    'a text that is no JSON': '{',
    'a list': '[]',
    'no keys': '{}',
    'keys that are no list': '{"keys":{}}',
    'duplicate keys members': '{"keys":[],"keys":[]}',
    'more than 1,024 keys': JSON.stringify({ keys: Array(1025).fill({}) }),
  }))
    it(`refuse ${what}`, () => assert.equal(isRefusal(parseTrustBundle(trustDomain, text)), true));
});

describe('JWKs', () => {
  it('have the thumbprint of RFC 7638', () => {
    // The example of RFC 7638 section 3.1.
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    const rsa = orThrow(importPublicJwk({ kty: 'RSA', n, e: 'AQAB' }));
    assert.equal(jwkThumbprint(rsa), 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  const ec = exportPublicJwk(key);
  const rsa = exportPublicJwk(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
  const small = exportPublicJwk(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey);
  const bad: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'a symmetric key': { kty: 'oct', k: 'AAAA' },
    'a private key': { ...ec, d: 'AAAA' },
    'an unknown curve': { ...ec, crv: 'secp256k1' },
    'a curve that does not fit the coordinates': { ...ec, crv: 'P-384' },
    'a coordinate with padding': { ...ec, x: `${ec['x']}=` },
    'a point off the curve': { ...ec, y: ec['x'] ?? '' },
    'RSA with 1024 bits': small,
    'RSA with exponent 1': { ...rsa, e: 'AQ' },
    'RSA with an even exponent': { ...rsa, e: 'AQAA' },
    'RSA with a leading zero': { ...rsa, n: `AA${rsa['n']}` },
  };
  for (const [what, jwk] of Object.entries(bad))
    it(`are refused: ${what}`, () => assert.equal(isRefusal(importPublicJwk(jwk)), true));
});
