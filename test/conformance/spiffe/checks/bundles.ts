/** BU-01 to BU-10: bundle documents against our reader and writer. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import {
  formatTrustBundle,
  parseTrustBundle,
  type TrustBundle,
  validateX509Svid,
} from '../../../../src/engines/pki/index.ts';
import { orThrow } from '../../../../src/kernel/errors.ts';
import { parseJson } from '../../../../src/kernel/strict-json.ts';
import {
  bundleOf,
  forge,
  forgeAuthority,
  goodLeaf,
  nowMs,
  trustDomain,
} from '../../../engines/pki/forge.ts';
import type { Check } from '../types.ts';
import { judged } from './judged.ts';

const parse = (document: unknown): unknown =>
  parseTrustBundle(trustDomain, typeof document === 'string' ? document : JSON.stringify(document));

const createSample = () => {
  const root = forgeAuthority();
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const bundle: TrustBundle = {
    ...bundleOf(root),
    jwtAuthorities: [{ kid: 'k1', key: publicKey }],
    sequence: 7,
    refreshHintSeconds: 60,
  };
  const document = formatTrustBundle(bundle);
  const leaf = forge({ issuer: root, extensions: goodLeaf });
  const verdict = (trusted: TrustBundle, name: string = trustDomain) =>
    validateX509Svid([leaf.der], { bundleOf: (td) => (td === name ? trusted : undefined), nowMs });
  return { document, leaf, verdict };
};

const countOf = (document: unknown): number => {
  const bundle = orThrow(parseTrustBundle(trustDomain, JSON.stringify(document)));
  return bundle.x509Authorities.length + bundle.jwtAuthorities.length;
};

const library = (rule: string, title: string, run: () => void): Check => ({
  rule,
  title,
  needs: 'library',
  run,
});

export const bundleChecks: readonly Check[] = [
  judged('BU-01', 'takes JWK sets with keys and nothing else', {
    good: [
      ['no key', () => parse({ keys: [] })],
      ['as written', () => parse(createSample().document)],
    ],
    bad: [
      ['no keys', () => parse({})],
      ['a list', () => parse([])],
      ['keys as an object', () => parse({ keys: {} })],
      ['no JSON', () => parse('keys')],
      ['keys twice', () => parse('{"keys":[],"keys":[]}')],
    ],
  }),
  library('BU-02', 'writes and reads a sequence number up to 2^53', () => {
    assert.equal(createSample().document.spiffe_sequence, 7);
    const large = { keys: [], spiffe_sequence: Number.MAX_SAFE_INTEGER };
    const bundle = orThrow(parseTrustBundle(trustDomain, JSON.stringify(large)));
    assert.equal(bundle.sequence, Number.MAX_SAFE_INTEGER);
    for (const bad of [-1, 1.5, '7', null]) {
      const odd = parseTrustBundle(trustDomain, JSON.stringify({ keys: [], spiffe_sequence: bad }));
      assert.equal(orThrow(odd).sequence, undefined);
    }
  }),
  library('BU-03', 'writes and reads a refresh hint in seconds', () => {
    const { document } = createSample();
    assert.equal(document.spiffe_refresh_hint, 60);
    const bundle = orThrow(parseTrustBundle(trustDomain, JSON.stringify(document)));
    assert.equal(bundle.refreshHintSeconds, 60);
  }),
  library('BU-04', 'ignores unknown parameters, of the set and of keys', () => {
    const { document } = createSample();
    const keys = document.keys.map((key) => ({ ...key, x_new: { a: 1 } }));
    assert.equal(countOf({ ...document, keys, x_new: [1] }), 2);
  }),
  library('BU-05', 'ignores entries without known kty', () => {
    const { document } = createSample();
    const [x509, jwt] = document.keys;
    assert.equal(countOf({ keys: [x509, { ...jwt, kty: undefined }] }), 1);
    assert.equal(countOf({ keys: [x509, { ...jwt, kty: 'PQ' }] }), 1);
    assert.equal(countOf({ keys: [x509, 7, null, 'a', [], jwt] }), 2);
  }),
  library('BU-06', 'ignores entries without known use', () => {
    const { document } = createSample();
    const [x509, jwt] = document.keys;
    for (const use of [undefined, 'sig', 'JWT-SVID', 'jwt-svid ', 7])
      assert.equal(countOf({ keys: [x509, { ...jwt, use }] }), 1, String(use));
  }),
  library('BU-07', 'trusts nothing when no key is usable', () => {
    const { document, verdict } = createSample();
    const empty = orThrow(parseTrustBundle(trustDomain, '{"keys":[]}'));
    const full = orThrow(parseTrustBundle(trustDomain, JSON.stringify(document)));
    assert.ok('refused' in verdict(empty));
    assert.ok(!('refused' in verdict(full)));
  }),
  judged('BU-08', 'refuses a map that names a trust domain twice', {
    good: [['two domains', () => parseJson('{"trust_domains":{"a":{"keys":[]},"b":{"keys":[]}}}')]],
    bad: [['one twice', () => parseJson('{"trust_domains":{"a":{"keys":[]},"a":{"keys":[]}}}')]],
  }),
  library('BU-10', "picks the bundle by the SVID's trust domain", () => {
    const { document, verdict } = createSample();
    const bundle = orThrow(parseTrustBundle(trustDomain, JSON.stringify(document)));
    assert.ok(!('refused' in verdict(bundle)));
    assert.ok('refused' in verdict(bundle, 'other.example'));
  }),
];
