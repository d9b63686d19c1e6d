/** SVIDs of all kinds against a set of bundles: only the own trust domain, only the own kind. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { exportPublicJwk, signJwtSvid, signWitSvid } from '../../../src/engines/pki/index.ts';
import {
  type BundleSet,
  createBundleSet,
  formatBundleMap,
  isRefusal,
  isWithin,
  orThrow,
  parseBundleMap,
  parseSpiffeId,
  parseTrustDomain,
  ReplayCache,
  signWorkloadProof,
  type TrustBundle,
  validateJwtSvid,
  validateWitSvid,
  validateX509Svid,
} from '../../../src/engines/spiffe/index.ts';
import { fakeClock } from '../../../src/kernel/effects.ts';
import {
  altNames,
  bundleOf,
  forge,
  forgeAuthority,
  goodLeaf,
  nowMs,
  uriName,
} from '../pki/forge.ts';

const ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const root = forgeAuthority();
const keys = { jwt: ec(), wit: ec(), workload: ec() };
const prod: TrustBundle = {
  ...bundleOf(root),
  jwtAuthorities: [{ kid: 'j', key: keys.jwt.publicKey }],
  witAuthorities: [{ kid: 'w', key: keys.wit.publicKey }],
  sequence: 3,
  refreshHintSeconds: 60,
};
const other: TrustBundle = { ...prod, trustDomain: orThrow(parseTrustDomain('other.example')) };
const onlyProd = orThrow(createBundleSet([prod]));
const onlyOther = orThrow(createBundleSet([other]));
const both = orThrow(createBundleSet([prod, other]));

const me = orThrow(parseSpiffeId('spiffe://prod.example/a'));
const leaf = forge({ issuer: root, extensions: goodLeaf });
const jwt = signJwtSvid(
  { spiffeId: me, audience: ['me'], issuedAtMs: nowMs, expiresAtMs: nowMs + 60_000 },
  { algorithm: 'ES256', kid: 'j', privateKey: keys.jwt.privateKey },
);
const wit = signWitSvid(
  {
    spiffeId: me,
    confirmation: { key: keys.workload.publicKey, algorithm: 'ES256' },
    expiresAtMs: nowMs + 60_000,
  },
  { algorithm: 'ES256', kid: 'w', privateKey: keys.wit.privateKey },
);
const proof = signWorkloadProof(
  { wit, audience: 'me', expiresAtMs: nowMs + 5000, id: 'one' },
  { algorithm: 'ES256', privateKey: keys.workload.privateKey },
);

type Accept = (id: typeof me) => boolean;
type Judge = (bundles: BundleSet, accept?: Accept) => unknown;
const kinds: readonly (readonly [string, Judge])[] = [
  [
    'an X509-SVID',
    (bundles, accept = () => true) => validateX509Svid([leaf.der], { bundles, nowMs, accept }),
  ],
  [
    'a JWT-SVID',
    (bundles, accept = () => true) =>
      validateJwtSvid(jwt, { bundles, nowMs, audiences: ['me'], accept }),
  ],
  [
    'a WIT-SVID',
    (bundles, accept = () => true) => {
      const clock = fakeClock(nowMs);
      const replays = new ReplayCache({ capacity: 9, windowMs: 60_000, clock });
      const checks = { bundles, nowMs, audiences: ['me'], replays, accept };
      return validateWitSvid({ token: wit, proof }, checks);
    },
  ],
];

const codeOf = (verdict: unknown): string => (isRefusal(verdict) ? verdict.error.code : 'accepted');

for (const [what, judge] of kinds)
  describe(what, () => {
    it('passes with the bundle of its trust domain', () => {
      assert.equal(codeOf(judge(onlyProd)), 'accepted');
      assert.equal(codeOf(judge(both)), 'accepted');
    });

    it('does not pass with the same keys under another trust domain (BU-10)', () => {
      assert.equal(codeOf(judge(onlyOther)), 'E_SVID_UNTRUSTED');
      assert.equal(codeOf(judge(new Map())), 'E_SVID_UNTRUSTED');
    });

    it('passes only for whom the caller accepts', () => {
      const group = orThrow(parseSpiffeId('spiffe://prod.example/b'));
      assert.equal(codeOf(judge(onlyProd, (id) => isWithin(id, group))), 'E_SVID_UNTRUSTED');
      assert.equal(codeOf(judge(onlyProd, (id) => isWithin(id, me))), 'accepted');
    });
  });

describe('bundles side by side', () => {
  it('are refused when two are of one trust domain (FE-02)', () => {
    assert.equal(isRefusal(createBundleSet([prod, prod])), true);
  });

  it('keep kinds apart: no key serves two (WL-09)', () => {
    const swapped = { ...prod, jwtAuthorities: [], witAuthorities: prod.jwtAuthorities };
    const set = orThrow(createBundleSet([swapped]));
    for (const [what, judge] of kinds.slice(1))
      assert.notEqual(codeOf(judge(set)), 'accepted', what);
  });

  it('never let a leaf of one domain pass for another', () => {
    const stranger = [...goodLeaf.slice(0, -1), altNames([uriName('spiffe://other.example/a')])];
    const foreign = forge({ issuer: forgeAuthority(), extensions: stranger });
    const verdict = validateX509Svid([foreign.der], { bundles: both, nowMs });
    assert.equal(codeOf(verdict), 'E_SVID_UNTRUSTED');
  });
});

describe('a bundle map', () => {
  it('says again what was put into it, hints aside (BU-08, BU-09)', () => {
    const map = orThrow(parseBundleMap(JSON.stringify(formatBundleMap(both))));
    assert.deepEqual([...map.keys()], ['prod.example', 'other.example']);
    assert.equal(map.get('prod.example')?.sequence, 3);
    assert.equal(map.get('prod.example')?.refreshHintSeconds, undefined);
    for (const [what, judge] of kinds) assert.equal(codeOf(judge(map)), 'accepted', what);
  });

  const bundle = JSON.stringify({ keys: [exportPublicJwk(keys.jwt.publicKey)] });
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['an empty map', '{"trust_domains":{}}', true],
    ['unknown parameters (BU-04)', `{"trust_domains":{"a":${bundle}},"x":1}`, true],
    ['a bundle without usable keys (BU-07)', '{"trust_domains":{"a":{"keys":[]}}}', true],
    ['a name twice (BU-08)', `{"trust_domains":{"a":${bundle},"a":${bundle}}}`, false],
    [
      'a name twice, once escaped (BU-08)',
      `{"trust_domains":{"a":${bundle},"\\u0061":${bundle}}}`,
      false,
    ],
    ['a name that is no trust domain', `{"trust_domains":{"A":${bundle}}}`, false],
    ['a name with its scheme', `{"trust_domains":{"spiffe://a":${bundle}}}`, false],
    ['a value that is no bundle', '{"trust_domains":{"a":[]}}', false],
    ['no trust_domains', bundle, false],
    ['a list', '[]', false],
    ['no JSON', '{', false],
  ];
  for (const [what, text, isGood] of cases)
    it(`${isGood ? 'takes' : 'refuses'} ${what}`, () =>
      assert.equal(!isRefusal(parseBundleMap(text)), isGood));
});
