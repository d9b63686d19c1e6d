/** The rules of the X509-SVID standard, one case or more for each, by their ids. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatTrustBundle,
  parseTrustBundle,
  validateX509Svid,
} from '../../../src/engines/pki/index.ts';
import { encodeBase64 } from '../../../src/kernel/base64url.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import {
  altNames,
  authorityUsage,
  basicConstraints,
  bothPurposes,
  bundleOf,
  clientAuth,
  dnsName,
  extendedKeyUsage,
  extension,
  forge,
  forgeAuthority,
  goodLeaf,
  type Issuer,
  keyUsage,
  keyUsageBits,
  leafUsage,
  nameOf,
  policyFor,
  serverAuth,
  trustDomain,
  uriConstraints,
  uriName,
} from './forge.ts';

const root = forgeAuthority();
const { digitalSignature, keyCertSign, crlSign } = keyUsageBits;
const workload = uriName('spiffe://prod.example/a');

const judgeLeaf = (leaf: Issuer, ...chain: readonly Issuer[]) =>
  validateX509Svid([leaf.der, ...chain.map(({ der }) => der)], policyFor(bundleOf(root)));

const ruleOf = (verdict: unknown): unknown =>
  isRefusal(verdict) ? (verdict.data['rule'] ?? verdict.error.code) : 'accepted';

const leafWith = (extensions: readonly Uint8Array[], subject?: Uint8Array): Issuer =>
  forge({ issuer: root, extensions, ...(subject === undefined ? {} : { subject }) });

const leafCases: readonly (readonly [string, string, () => Issuer])[] = [
  ['accepted', 'a leaf that obeys every rule', () => leafWith(goodLeaf)],
  [
    'accepted',
    'DNS names beside the SPIFFE ID (X509-01)',
    () => leafWith([leafUsage, altNames([workload, dnsName('a.example')])]),
  ],
  ['X509-02', 'a leaf without URI', () => leafWith([leafUsage, altNames([dnsName('a.example')])])],
  ['X509-02', 'a leaf without alternative name', () => leafWith([leafUsage], nameOf('a'))],
  [
    'X509-02',
    'a leaf with two URIs',
    () => leafWith([leafUsage, altNames([workload, uriName('https://a.example')])]),
  ],
  [
    'X509-02',
    'a leaf with the same URI twice',
    () => leafWith([leafUsage, altNames([workload, workload])]),
  ],
  [
    'X509-20',
    'a leaf with the trust domain as its ID (X509-03)',
    () => leafWith([leafUsage, altNames([uriName('spiffe://prod.example')])]),
  ],
  [
    'X509-04',
    'an empty subject with an alternative name that is not critical',
    () => leafWith([leafUsage, altNames([workload], 'normal')]),
  ],
  [
    'accepted',
    'a filled subject with an alternative name that is not critical',
    () => leafWith([leafUsage, altNames([workload], 'normal')], nameOf('a')),
  ],
  [
    'X509-17',
    'a signing certificate as peer (X509-06, X509-08)',
    () => leafWith([basicConstraints(true), leafUsage, altNames([workload])]),
  ],
  ['X509-09', 'a leaf without key usage', () => leafWith([altNames([workload])])],
  [
    'X509-10',
    'key usage that is not critical',
    () => leafWith([keyUsage([digitalSignature], 'normal'), altNames([workload])]),
  ],
  [
    'X509-12',
    'a leaf without digitalSignature',
    () => leafWith([keyUsage([2]), altNames([workload])]),
  ],
  [
    'X509-13',
    'a leaf with keyCertSign (X509-18)',
    () => leafWith([keyUsage([digitalSignature, keyCertSign]), altNames([workload])]),
  ],
  [
    'X509-14',
    'a leaf with cRLSign (X509-18)',
    () => leafWith([keyUsage([digitalSignature, crlSign]), altNames([workload])]),
  ],
  [
    'X509-15',
    'a leaf for servers only',
    () => leafWith([leafUsage, extendedKeyUsage([serverAuth]), altNames([workload])]),
  ],
  [
    'X509-15',
    'a leaf for clients only',
    () => leafWith([leafUsage, extendedKeyUsage([clientAuth]), altNames([workload])]),
  ],
  [
    'accepted',
    'a leaf with a third purpose',
    () =>
      leafWith([
        leafUsage,
        extendedKeyUsage([serverAuth, '1.3.6.1.5.5.7.3.8', clientAuth]),
        altNames([workload]),
      ]),
  ],
  ...['https://prod.example/a', 'SPIFFE://prod.example/a', 'spiffe://Prod.example/a'].map(
    (uri): readonly [string, string, () => Issuer] => [
      'X509-19',
      `${uri} as its ID`,
      () => leafWith([leafUsage, altNames([uriName(uri)])]),
    ],
  ),
  [
    'E_SVID_UNTRUSTED',
    'an ID of another trust domain (X509-16)',
    () => leafWith([leafUsage, altNames([uriName('spiffe://other.example/a')])]),
  ],
  [
    'E_SVID_PROFILE',
    'an unknown critical extension',
    () => leafWith([...goodLeaf, extension('1.2.3.4', Uint8Array.of(5, 0), 'critical')]),
  ],
  [
    'accepted',
    'an unknown extension that is not critical',
    () => leafWith([...goodLeaf, extension('1.2.3.4', Uint8Array.of(5, 0))]),
  ],
];

describe('X509-SVID rules for leaves', () => {
  for (const [expected, what, make] of leafCases)
    it(`${expected === 'accepted' ? 'accepts' : `refuses by ${expected}`} ${what}`, () => {
      assert.equal(ruleOf(judgeLeaf(make())), expected);
    });
});

const intermediateCases: readonly (readonly [string, string, readonly Uint8Array[]])[] = [
  ['accepted', 'an honest authority', [basicConstraints(true), authorityUsage]],
  [
    'accepted',
    'an authority whose ID is the trust domain',
    [basicConstraints(true), authorityUsage, altNames([uriName('spiffe://prod.example')])],
  ],
  [
    'X509-05',
    'an authority whose ID has a path',
    [basicConstraints(true), authorityUsage, altNames([uriName('spiffe://prod.example/ca')])],
  ],
  [
    'X509-02',
    'an authority with two URIs',
    [
      basicConstraints(true),
      authorityUsage,
      altNames([uriName('spiffe://prod.example'), uriName('spiffe://prod.example')]),
    ],
  ],
  ['X509-07', 'an issuer that is no authority', [basicConstraints(false), authorityUsage]],
  ['X509-07', 'an issuer without basic constraints', [authorityUsage]],
  ['X509-09', 'an authority without key usage', [basicConstraints(true)]],
  [
    'X509-10',
    'an authority whose key usage is not critical',
    [basicConstraints(true), keyUsage([keyCertSign], 'normal')],
  ],
  ['X509-11', 'an authority without keyCertSign', [basicConstraints(true), keyUsage([crlSign])]],
  [
    'accepted',
    'an authority without cRLSign (X509-11)',
    [basicConstraints(true), keyUsage([keyCertSign])],
  ],
  [
    'X509-15',
    'an authority for mail only',
    [basicConstraints(true), authorityUsage, extendedKeyUsage(['1.3.6.1.5.5.7.3.4'])],
  ],
  [
    'X509-26',
    'an ID outside the URI constraints of an authority',
    [basicConstraints(true), authorityUsage, uriConstraints(['other.example'])],
  ],
  [
    'X509-26',
    'an ID inside an excluded subtree',
    [basicConstraints(true), authorityUsage, uriConstraints([], ['prod.example'])],
  ],
  [
    'accepted',
    'an ID inside the URI constraints of an authority',
    [basicConstraints(true), authorityUsage, uriConstraints(['prod.example'])],
  ],
];

describe('X509-SVID rules for authorities', () => {
  for (const [expected, what, extensions] of intermediateCases)
    it(`${expected === 'accepted' ? 'accepts' : `refuses by ${expected}`} ${what}`, () => {
      const middle = forgeAuthority({ name: 'middle', issuer: root, extensions });
      const leaf = forge({ issuer: middle, extensions: goodLeaf });
      assert.equal(ruleOf(judgeLeaf(leaf, middle)), expected);
    });
});

describe('X509-SVID rules for bundles', () => {
  const document = formatTrustBundle(bundleOf(root));
  const [entry] = document.keys;

  it('writes use, one x5c value in base64 and no kid (X509-21, X509-22, X509-23)', () => {
    assert.equal(entry?.use, 'x509-svid');
    assert.equal('kid' in (entry ?? {}), false);
    assert.deepEqual(entry?.x5c, [encodeBase64(root.der)]);
  });

  it('ignores an entry without x5c (X509-24)', () => {
    const keys = [{ ...entry, x5c: undefined }, { ...entry, x5c: [] }, entry];
    const bundle = orThrow(parseTrustBundle(trustDomain, JSON.stringify({ keys })));
    assert.equal(bundle.x509Authorities.length, 1);
  });

  it('uses only the first x5c value (X509-25)', () => {
    const second = forgeAuthority({ name: 'second' });
    const keys = [{ ...entry, x5c: [encodeBase64(root.der), encodeBase64(second.der)] }];
    const bundle = orThrow(parseTrustBundle(trustDomain, JSON.stringify({ keys })));
    const leaf = forge({ issuer: second, extensions: goodLeaf });
    assert.equal(bundle.x509Authorities.length, 1);
    assert.equal(ruleOf(validateX509Svid([leaf.der], policyFor(bundle))), 'E_SVID_UNTRUSTED');
  });

  it('never trusts an authority of another trust domain (X509-16)', () => {
    const leaf = forge({
      issuer: root,
      extensions: [leafUsage, bothPurposes, altNames([uriName('spiffe://other.example/a')])],
    });
    const verdict = validateX509Svid([leaf.der], {
      ...policyFor(bundleOf(root)),
      bundleOf: (name) =>
        name === 'other.example' ? { ...bundleOf(), trustDomain } : bundleOf(root),
    });
    assert.equal(ruleOf(verdict), 'E_SVID_UNTRUSTED');
  });
});
