/** Revocation in path validation: who is refused, when, and by which list. */
import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  authorityKeyOf,
  checkRevocation,
  type Crl,
  createCrlIssuer,
  parseCrl,
  RevocationList,
  validateX509Svid,
  type X509SvidPolicy,
} from '../../../src/engines/pki/index.ts';
import {
  derBitString,
  derBoolean,
  derContext,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derTime,
} from '../../../src/kernel/der-writer.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import {
  bundleOf,
  forge,
  forgeAuthority,
  goodLeaf,
  type Issuer,
  nowMs,
  policyFor,
} from './forge.ts';

const root = forgeAuthority();
const middle = forgeAuthority({ name: 'middle', issuer: root, pathLength: 0 });
const leaf = forge({ issuer: middle, extensions: goodLeaf });
const chain = [leaf.der, middle.der];
const serialOf = ({ certificate }: Issuer): string => certificate.serialNumber;

type Wanted = { readonly number?: number; readonly fromMs?: number; readonly toMs?: number };
const crlBy = (issuer: Issuer, serials: readonly string[], wanted: Wanted = {}): Crl => {
  const list = new RevocationList();
  for (const serialNumber of serials)
    list.add({ serialNumber, revokedAtMs: nowMs - 5000, reason: 'keyCompromise' });
  const { number = 1, fromMs = nowMs - 1000, toMs = nowMs + 30_000 } = wanted;
  const issue = createCrlIssuer(issuer.certificate, (data) =>
    sign('sha256', data, issuer.keys.privateKey),
  );
  const times = { number, thisUpdateMs: fromMs, nextUpdateMs: toMs };
  return orThrow(parseCrl(orThrow(issue(list, times))));
};

type More = Pick<X509SvidPolicy, 'crls' | 'requireFresh' | 'distrusted'>;
const judge = (more: More): string => {
  const verdict = validateX509Svid(chain, { ...policyFor(bundleOf(root)), ...more });
  return isRefusal(verdict) ? verdict.error.code : 'accepted';
};
const twin = forgeAuthority({ name: 'middle', issuer: root, pathLength: 0 });
const revoked = 'E_SVID_REVOKED';
const unknown = 'E_SVID_REVOCATION_UNKNOWN';

/** Signed by the intermediate; holds something critical that nobody here processes, or no end. */
const oddCrl = (kind: 'critical' | 'endless'): Crl => {
  const algorithm = derSequence(derOid('1.2.840.10045.4.3.2'));
  const delta = derSequence(derOid('2.5.29.27'), derBoolean(true), derOctetString(derInteger(1)));
  const body = derSequence(
    derInteger(1),
    algorithm,
    middle.certificate.subject,
    derTime(nowMs - 1000),
    ...(kind === 'critical' ? [derTime(nowMs + 30_000), derContext(0, derSequence(delta))] : []),
  );
  const signature = sign('sha256', body, middle.keys.privateKey);
  return orThrow(parseCrl(derSequence(body, algorithm, derBitString(signature))));
};

const cases: readonly (readonly [string, string, More])[] = [
  ['accepts a chain when nobody asks', 'accepted', {}],
  ['accepts a chain whose issuers have no list here', 'accepted', { crls: [] }],
  [
    'accepts a leaf that no list names',
    'accepted',
    { crls: [crlBy(middle, ['4001']), crlBy(root, ['4001'])], requireFresh: 'path' },
  ],
  ['refuses a revoked leaf', revoked, { crls: [crlBy(middle, [serialOf(leaf)])] }],
  ['refuses a revoked intermediate', revoked, { crls: [crlBy(root, [serialOf(middle)])] }],
  [
    'refuses a revoked leaf even when the list is stale',
    revoked,
    { crls: [crlBy(middle, [serialOf(leaf)], { fromMs: nowMs - 9000, toMs: nowMs - 1 })] },
  ],
  [
    'refuses a stale list',
    unknown,
    { crls: [crlBy(middle, [], { fromMs: nowMs - 9000, toMs: nowMs })] },
  ],
  [
    'refuses a list from the future',
    unknown,
    { crls: [crlBy(middle, [], { fromMs: nowMs + 31_000, toMs: nowMs + 60_000 })] },
  ],
  [
    'forgives an issuer whose clock is a little ahead',
    'accepted',
    { crls: [crlBy(middle, [], { fromMs: nowMs + 29_000, toMs: nowMs + 60_000 })] },
  ],
  ['refuses a list that names no next update', unknown, { crls: [oddCrl('endless')] }],
  ['refuses a delta list', unknown, { crls: [oddCrl('critical')] }],
  ['refuses without a list when one is required', unknown, { crls: [], requireFresh: 'leaf' }],
  [
    'asks no list of the root when the leaf is all that matters',
    'accepted',
    { crls: [crlBy(middle, [])], requireFresh: 'leaf' },
  ],
  [
    'asks a list of every issuer when the path matters',
    unknown,
    { crls: [crlBy(middle, [])], requireFresh: 'path' },
  ],
  [
    'does not listen to the lists of another issuer',
    'accepted',
    { crls: [crlBy(root, [serialOf(leaf)]), crlBy(middle, [serialOf(middle)])] },
  ],
  [
    'does not listen to a list that another key signed under the same name',
    'accepted',
    { crls: [crlBy(twin, [serialOf(leaf)])] },
  ],
  [
    'takes the newest list of an issuer, by its number',
    'accepted',
    { crls: [crlBy(middle, [], { number: 9 }), crlBy(middle, [serialOf(leaf)], { number: 8 })] },
  ],
  [
    'takes the newest list although an older one ends later',
    revoked,
    { crls: [crlBy(middle, []), crlBy(middle, [serialOf(leaf)], { number: 2 })] },
  ],
  [
    'follows no path over a tainted intermediate',
    'E_SVID_UNTRUSTED',
    { distrusted: new Set([authorityKeyOf(middle.certificate)]) },
  ],
  [
    'follows no path to a tainted root',
    'E_SVID_UNTRUSTED',
    { distrusted: new Set([authorityKeyOf(root.certificate)]) },
  ],
  [
    'lets the distrust of others alone',
    'accepted',
    { distrusted: new Set([authorityKeyOf(twin.certificate)]) },
  ],
];

describe('path validation with revocation', () => {
  for (const [what, wanted, more] of cases) it(what, () => assert.equal(judge(more), wanted));

  it('finds the way around a revoked intermediate over another one of the same key', () => {
    const again = forgeAuthority({ name: 'middle', issuer: root, keys: middle.keys });
    const verdict = validateX509Svid([leaf.der, middle.der, again.der], {
      ...policyFor(bundleOf(root)),
      crls: [crlBy(root, [serialOf(middle)])],
    });
    assert.equal(orThrow(verdict).authorities[0]?.serialNumber, serialOf(again));
  });

  it('keeps generations apart: old leaves hold until their own anchor is distrusted', () => {
    const nextRoot = forgeAuthority({ name: 'root' });
    const nextMiddle = forgeAuthority({ name: 'middle', issuer: nextRoot, pathLength: 0 });
    const nextLeaf = forge({ issuer: nextMiddle, extensions: goodLeaf });
    const policy = policyFor(bundleOf(root, nextRoot));
    const tainted = { ...policy, distrusted: new Set([authorityKeyOf(root.certificate)]) };
    const nextChain = [nextLeaf.der, nextMiddle.der];
    assert.equal(isRefusal(validateX509Svid(chain, policy)), false);
    assert.equal(isRefusal(validateX509Svid(nextChain, policy)), false);
    assert.equal(isRefusal(validateX509Svid(chain, tainted)), true);
    assert.equal(isRefusal(validateX509Svid(nextChain, tainted)), false);
  });
});

describe('checkRevocation', () => {
  const path = [leaf, middle, root].map(({ certificate }) => certificate);

  it('judges a proven path without validating it again', () => {
    const time = { nowMs };
    assert.equal(checkRevocation(path, [crlBy(middle, [])], time), undefined);
    const verdict = checkRevocation(path, [crlBy(middle, [serialOf(leaf)])], time);
    assert.equal(verdict?.error.code, revoked);
    assert.deepEqual(verdict?.data, {
      serialNumber: serialOf(leaf),
      reason: 'keyCompromise',
      revokedAtMs: nowMs - 5000,
    });
  });

  it('never asks who could revoke the anchor', () => {
    const self = crlBy(root, [serialOf(root)]);
    const policy = { nowMs, requireFresh: 'path' } as const;
    assert.equal(checkRevocation(path, [self, crlBy(middle, [])], policy), undefined);
    assert.equal(checkRevocation([], [self], policy), undefined);
  });
});
