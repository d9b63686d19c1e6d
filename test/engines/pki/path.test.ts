/** Path validation: which chains hold, which do not, and for how long. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toX509Authority, validateX509Svid } from '../../../src/engines/pki/index.ts';
import { derContext, derSequence } from '../../../src/kernel/der-writer.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import {
  altNames,
  authorityUsage,
  basicConstraints,
  bundleOf,
  dnsName,
  extension,
  forge,
  forgeAuthority,
  goodLeaf,
  type Issuer,
  leafUsage,
  nameOf,
  newKeyPair,
  nowMs,
  policyFor,
  uriConstraints,
  uriName,
} from './forge.ts';

const root = forgeAuthority();
const middle = forgeAuthority({ name: 'middle', issuer: root });
const leaf = forge({ issuer: middle, extensions: goodLeaf });

const judge = (chain: readonly Issuer[], roots: readonly Issuer[] = [root], atMs = nowMs) =>
  validateX509Svid(
    chain.map(({ der }) => der),
    policyFor(bundleOf(...roots), atMs),
  );
const codeOf = (verdict: unknown): string => (isRefusal(verdict) ? verdict.error.code : 'accepted');

describe('paths to an authority', () => {
  it('finds the way over an intermediate and names everybody on it', () => {
    const verdict = orThrow(judge([leaf, middle]));
    assert.equal(verdict.spiffeId, 'spiffe://prod.example/a');
    assert.deepEqual(
      verdict.authorities.map(({ subject }) => subject),
      [middle.certificate.subject, root.certificate.subject],
    );
    assert.equal(verdict.expiresAtMs, leaf.certificate.notAfterMs);
  });

  it('expires with the shortest-lived certificate on the path', () => {
    const brief = forgeAuthority({ name: 'brief', issuer: root, notAfterMs: nowMs + 60_000 });
    const verdict = orThrow(judge([forge({ issuer: brief, extensions: goodLeaf }), brief]));
    assert.equal(verdict.expiresAtMs, nowMs + 60_000);
  });

  it('takes a missing intermediate from those it was given, and trusts it no more', () => {
    const known = orThrow(toX509Authority(middle.certificate));
    const policy = { ...policyFor(bundleOf(root)), intermediates: [known] };
    assert.equal(codeOf(validateX509Svid([leaf.der], policy)), 'accepted');
    assert.equal(codeOf(judge([leaf])), 'E_SVID_UNTRUSTED');
    const strangers = { ...policyFor(bundleOf(forgeAuthority())), intermediates: [known] };
    assert.equal(codeOf(validateX509Svid([leaf.der], strangers)), 'E_SVID_UNTRUSTED');
  });

  it('does not mind order, repetition or junk among the intermediates', () => {
    const other = forgeAuthority({ name: 'other' });
    const chain = [leaf.der, other.der, Uint8Array.of(1, 2, 3), root.der, middle.der, middle.der];
    assert.equal(codeOf(validateX509Svid(chain, policyFor(bundleOf(root)))), 'accepted');
  });

  it('accepts an anchor that is itself an intermediate', () => {
    assert.equal(codeOf(judge([leaf], [middle])), 'accepted');
  });

  it('finds the right one of two roots with the same name', () => {
    const twin = forgeAuthority();
    const below = forge({ issuer: twin, extensions: goodLeaf, keyIds: 'none' });
    assert.equal(codeOf(judge([below], [root, twin])), 'accepted');
  });
});

const strayKey = newKeyPair().privateKey;
const refusals: readonly (readonly [string, string, () => unknown])[] = [
  ['E_SVID_MALFORMED', 'an empty chain', () => judge([])],
  ['E_SVID_MALFORMED', 'nine certificates', () => judge(Array<Issuer>(9).fill(leaf))],
  ['E_SVID_UNTRUSTED', 'an empty bundle', () => judge([leaf, middle], [])],
  [
    'E_SVID_UNTRUSTED',
    'another root of the same name',
    () => judge([leaf, middle], [forgeAuthority()]),
  ],
  [
    'E_SVID_UNTRUSTED',
    'a leaf signed by a stranger in the name of the root',
    () => judge([forge({ issuer: root, extensions: goodLeaf, signWith: strayKey })]),
  ],
  [
    'E_SVID_UNTRUSTED',
    'an intermediate signed by a stranger',
    () => {
      const fake = forgeAuthority({ name: 'fake', issuer: root, signWith: strayKey });
      return judge([forge({ issuer: fake, extensions: goodLeaf }), fake]);
    },
  ],
  [
    'E_SVID_UNTRUSTED',
    'an authority key identifier that names another key',
    () => judge([forge({ issuer: root, extensions: goodLeaf, keyIds: 'wrong-authority' })]),
  ],
  [
    'E_SVID_UNTRUSTED',
    'a self-signed leaf',
    () => judge([forge({ extensions: goodLeaf, subject: nameOf('a') })]),
  ],
  [
    'E_SVID_PROFILE',
    'a leaf as issuer of a leaf',
    () => {
      const first = forge({ issuer: root, extensions: goodLeaf, subject: nameOf('first') });
      return judge([forge({ issuer: first, extensions: goodLeaf }), first]);
    },
  ],
  [
    'E_SVID_PROFILE',
    'more intermediates than the root allows',
    () => {
      const narrow = forgeAuthority({ pathLength: 0 });
      const below = forgeAuthority({ name: 'below', issuer: narrow });
      return judge([forge({ issuer: below, extensions: goodLeaf }), below], [narrow]);
    },
  ],
  [
    'accepted',
    'as many intermediates as the root allows',
    () => {
      const wide = forgeAuthority({ pathLength: 1 });
      const below = forgeAuthority({ name: 'below', issuer: wide, pathLength: 0 });
      return judge([forge({ issuer: below, extensions: goodLeaf }), below], [wide]);
    },
  ],
  [
    'E_SVID_PROFILE',
    'an unknown critical extension in an authority',
    () => {
      const odd = forgeAuthority({
        name: 'odd',
        issuer: root,
        extensions: [basicConstraints(true), authorityUsage, policyConstraints],
      });
      return judge([forge({ issuer: odd, extensions: goodLeaf }), odd]);
    },
  ],
  [
    'E_SVID_PROFILE',
    'a DNS name outside the DNS constraints of the root',
    () => {
      const narrow = forgeAuthority({ more: [dnsConstraint('inside.example')] });
      const names = altNames([uriName('spiffe://prod.example/a'), dnsName('a.outside.example')]);
      return judge([forge({ issuer: narrow, extensions: [leafUsage, names] })], [narrow]);
    },
  ],
  [
    'accepted',
    'a DNS name inside the DNS constraints of the root',
    () => {
      const narrow = forgeAuthority({ more: [dnsConstraint('inside.example')] });
      const names = altNames([uriName('spiffe://prod.example/a'), dnsName('a.inside.example')]);
      return judge([forge({ issuer: narrow, extensions: [leafUsage, names] })], [narrow]);
    },
  ],
  [
    'E_SVID_PROFILE',
    'a constraint of the root that the intermediate tries to widen',
    () => {
      const narrow = forgeAuthority({ more: [uriConstraints(['.inner.example'])] });
      const wide = forgeAuthority({
        name: 'w',
        issuer: narrow,
        more: [uriConstraints(['prod.example'])],
      });
      return judge([forge({ issuer: wide, extensions: goodLeaf }), wide], [narrow]);
    },
  ],
  [
    'E_SVID_PROFILE',
    'a constraint on a form of name it cannot evaluate',
    () => {
      const narrow = forgeAuthority({ more: [registeredConstraint] });
      const names = altNames([uriName('spiffe://prod.example/a'), registeredId]);
      const below = forge({ issuer: narrow, extensions: [...goodLeaf.slice(0, -1), names] });
      return judge([below], [narrow]);
    },
  ],
];

/** policyConstraints { requireExplicitPolicy 0 }, critical. */
const policyConstraints = Buffer.from('300f0603551d240101ff0405300380' + '0100', 'hex');
/** nameConstraints { permitted { dNSName } }. */
const dnsConstraint = (name: string): Uint8Array => {
  const bytes = Buffer.from(name);
  const subtree = Buffer.concat([Uint8Array.of(0x30, bytes.length + 2, 0x82, bytes.length), bytes]);
  const permitted = Buffer.concat([Uint8Array.of(0xa0, subtree.length), subtree]);
  const value = Buffer.concat([Uint8Array.of(0x30, permitted.length), permitted]);
  const oid = Buffer.from('0603551d1e0101ff', 'hex');
  const body = Buffer.concat([oid, Uint8Array.of(4, value.length), value]);
  return Buffer.concat([Uint8Array.of(0x30, body.length), body]);
};
const registeredId = Uint8Array.of(0x88, 1, 0x2a);
/** nameConstraints { permitted { registeredID 1.2 } }. */
const registeredConstraint = extension(
  '2.5.29.30',
  derSequence(derContext(0, derSequence(registeredId))),
  'critical',
);

describe('paths that do not hold', () => {
  for (const [expected, what, verdict] of refusals)
    it(`${expected === 'accepted' ? 'accepts' : `answers ${expected} to`} ${what}`, () => {
      assert.equal(codeOf(verdict()), expected);
    });

  it('gives up on a thicket of namesakes after a bounded number of signature checks', () => {
    const stranger = newKeyPair();
    const same = { name: 'same', keyIds: 'none' } as const;
    const thicket = Array.from({ length: 7 }, () =>
      forgeAuthority({ ...same, issuer: { ...root, keys: stranger } }),
    );
    const below = forge({
      issuer: { ...root, certificate: thicket[0]?.certificate ?? root.certificate, keys: stranger },
      extensions: goodLeaf,
      keyIds: 'none',
    });
    const startMs = performance.now();
    assert.equal(codeOf(judge([below, ...thicket])), 'E_SVID_UNTRUSTED');
    assert.ok(performance.now() - startMs < 250);
  });
});

describe('validity', () => {
  const span = { notBeforeMs: nowMs, notAfterMs: nowMs + 60_000 };
  const brief = forge({ issuer: root, extensions: goodLeaf, ...span });
  const at = (offsetMs: number): string => codeOf(judge([brief], [root], nowMs + offsetMs));

  it('forgives half a minute before the beginning and nothing at the end', () => {
    assert.equal(at(-30_001), 'E_SVID_NOT_YET_VALID');
    assert.equal(at(-30_000), 'accepted');
    assert.equal(at(59_999), 'accepted');
    assert.equal(at(60_000), 'E_SVID_EXPIRED');
  });

  it('refuses an expired intermediate and an expired anchor', () => {
    const past = { notBeforeMs: nowMs - 2000, notAfterMs: nowMs - 1000 };
    const old = forgeAuthority({ name: 'old', issuer: root, ...past });
    const oldRoot = forgeAuthority({ ...past });
    assert.equal(
      codeOf(judge([forge({ issuer: old, extensions: goodLeaf }), old])),
      'E_SVID_EXPIRED',
    );
    assert.equal(
      codeOf(judge([forge({ issuer: oldRoot, extensions: goodLeaf })], [oldRoot])),
      'E_SVID_EXPIRED',
    );
  });
});
