/** X509-02 to X509-26 against our validator, with certificates no honest authority would sign. */
import {
  formatTrustBundle,
  parseTrustBundle,
  pkiErrors,
  validateX509Svid,
} from '../../../../src/engines/pki/index.ts';
import { encodeBase64 } from '../../../../src/kernel/base64url.ts';
import { orThrow, refuse } from '../../../../src/kernel/errors.ts';
import {
  altNames,
  authorityUsage,
  basicConstraints,
  bothPurposes,
  bundleOf,
  clientAuth,
  dnsName,
  extendedKeyUsage,
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
} from '../../../engines/pki/forge.ts';
import type { Check } from '../types.ts';
import { judged, type Sample } from './judged.ts';

const { digitalSignature, keyCertSign, crlSign } = keyUsageBits;

/** Made at the first use, because importing this file must stay cheap. */
const createForge = () => {
  const root = forgeAuthority();
  const id = uriName('spiffe://prod.example/a');
  const judge = (leaf: Issuer, ...chain: readonly Issuer[]): unknown =>
    validateX509Svid([leaf.der, ...chain.map(({ der }) => der)], policyFor(bundleOf(root)));
  const leaf = (extensions: readonly Uint8Array[], subject?: Uint8Array): unknown =>
    judge(forge({ issuer: root, extensions, ...(subject === undefined ? {} : { subject }) }));
  const below = (extensions: readonly Uint8Array[]): unknown => {
    const middle = forgeAuthority({ name: 'middle', issuer: root, extensions });
    return judge(forge({ issuer: middle, extensions: goodLeaf }), middle);
  };
  return { root, id, judge, leaf, below };
};
type Forge = ReturnType<typeof createForge>;

type Samples = Readonly<Record<string, (forge: Forge) => unknown>>;

const rule = (id: string, title: string, samples: { good: Samples; bad: Samples }): Check => {
  const made: { forge?: Forge } = {};
  const bind = (table: Samples): readonly Sample[] =>
    Object.entries(table).map(([what, verdict]) => [
      what,
      () => verdict((made.forge ??= createForge())),
    ]);
  return judged(id, title, { good: bind(samples.good), bad: bind(samples.bad) });
};

const good: Samples = { 'an honest leaf': ({ leaf }) => leaf(goodLeaf) };
const honestBelow: Samples = {
  'an honest intermediate': ({ below }) => below([basicConstraints(true), authorityUsage]),
};
const withId = (uri: string) => [leafUsage, bothPurposes, altNames([uriName(uri)])];

const leafRules: readonly Check[] = [
  rule('X509-02', 'refuses leaves without or with several URIs', {
    good: {
      ...good,
      'a host name beside the ID': ({ leaf, id }) =>
        leaf([leafUsage, altNames([id, dnsName('a.example')])]),
    },
    bad: {
      'no URI': ({ leaf }) => leaf([leafUsage, altNames([dnsName('a.example')])]),
      'no alternative name': ({ leaf }) => leaf([leafUsage], nameOf('a')),
      'two URIs': ({ leaf, id }) => leaf([leafUsage, altNames([id, uriName('https://a')])]),
      'one URI twice': ({ leaf, id }) => leaf([leafUsage, altNames([id, id])]),
    },
  }),
  rule('X509-04', 'refuses an uncritical alternative name under an empty subject', {
    good: {
      ...good,
      'the same under a name': ({ leaf, id }) =>
        leaf([leafUsage, altNames([id], 'normal')], nameOf('a')),
    },
    bad: { 'an empty subject': ({ leaf, id }) => leaf([leafUsage, altNames([id], 'normal')]) },
  }),
  rule('X509-06', 'refuses a signing certificate as peer', {
    good,
    bad: {
      'the root itself': ({ judge, root }) => judge(root),
      'an authority with a path': ({ leaf, id }) =>
        leaf([basicConstraints(true), authorityUsage, altNames([id])]),
    },
  }),
  rule('X509-09', 'refuses leaves without keyUsage', {
    good,
    bad: { 'no keyUsage': ({ leaf, id }) => leaf([altNames([id])]) },
  }),
  rule('X509-10', 'refuses keyUsage that is not critical', {
    good,
    bad: {
      'normal keyUsage': ({ leaf, id }) =>
        leaf([keyUsage([digitalSignature], 'normal'), altNames([id])]),
    },
  }),
  rule('X509-12', 'refuses leaves without digitalSignature', {
    good,
    bad: { 'keyEncipherment only': ({ leaf, id }) => leaf([keyUsage([2]), altNames([id])]) },
  }),
  rule('X509-15', 'refuses leaves for one side only', {
    good: {
      ...good,
      'no purposes at all': ({ leaf, id }) => leaf([leafUsage, altNames([id])]),
    },
    bad: {
      'servers only': ({ leaf, id }) =>
        leaf([leafUsage, extendedKeyUsage([serverAuth]), altNames([id])]),
      'clients only': ({ leaf, id }) =>
        leaf([leafUsage, extendedKeyUsage([clientAuth]), altNames([id])]),
    },
  }),
  rule('X509-16', "refuses chains that do not end in the bundle of the leaf's trust domain", {
    good: { ...good, ...honestBelow },
    bad: {
      'another root': ({ judge }) =>
        judge(forge({ issuer: forgeAuthority(), extensions: goodLeaf })),
      'an ID of another trust domain': ({ leaf }) => leaf(withId('spiffe://other.example/a')),
      'a forged signature': ({ judge, root }) =>
        judge(
          forge({
            issuer: root,
            extensions: goodLeaf,
            signWith: forgeAuthority().keys.privateKey,
          }),
        ),
      expired: ({ judge, root }) =>
        judge(forge({ issuer: root, extensions: goodLeaf, notBeforeMs: 0, notAfterMs: 1000 })),
    },
  }),
  rule('X509-17', 'refuses leaves with cA=true', {
    good,
    bad: {
      'cA=true': ({ leaf, id }) => leaf([basicConstraints(true), leafUsage, altNames([id])]),
    },
  }),
  rule('X509-18', 'refuses leaves that may sign certificates or lists', {
    good,
    bad: {
      keyCertSign: ({ leaf, id }) =>
        leaf([keyUsage([digitalSignature, keyCertSign]), altNames([id])]),
      cRLSign: ({ leaf, id }) => leaf([keyUsage([digitalSignature, crlSign]), altNames([id])]),
    },
  }),
  rule('X509-19', 'refuses other schemes', {
    good,
    bad: {
      https: ({ leaf }) => leaf(withId('https://prod.example/a')),
      'upper case': ({ leaf }) => leaf(withId('SPIFFE://prod.example/a')),
    },
  }),
  rule('X509-20', 'refuses leaves whose ID has no path', {
    good,
    bad: {
      'the trust domain': ({ leaf }) => leaf(withId('spiffe://prod.example')),
      'a bare slash': ({ leaf }) => leaf(withId('spiffe://prod.example/')),
    },
  }),
];

const authorityRules: readonly Check[] = [
  rule('X509-05', 'refuses an authority whose ID has a path', {
    good: honestBelow,
    bad: {
      'a path': ({ below, id }) => below([basicConstraints(true), authorityUsage, altNames([id])]),
    },
  }),
  rule('X509-07', 'refuses an issuer without cA=true', {
    good: honestBelow,
    bad: {
      'cA=false': ({ below }) => below([basicConstraints(false), authorityUsage]),
      'no constraints': ({ below }) => below([authorityUsage]),
    },
  }),
  rule('X509-11', 'refuses an issuer that may not sign certificates', {
    good: {
      ...honestBelow,
      'no cRLSign': ({ below }) => below([basicConstraints(true), keyUsage([keyCertSign])]),
    },
    bad: { 'cRLSign only': ({ below }) => below([basicConstraints(true), keyUsage([crlSign])]) },
  }),
  rule('X509-26', 'holds IDs to the URI constraints above them', {
    good: {
      'a permitted subtree': ({ below }) =>
        below([basicConstraints(true), authorityUsage, uriConstraints(['prod.example'])]),
    },
    bad: {
      'another subtree': ({ below }) =>
        below([basicConstraints(true), authorityUsage, uriConstraints(['other.example'])]),
      'an excluded subtree': ({ below }) =>
        below([basicConstraints(true), authorityUsage, uriConstraints([], ['prod.example'])]),
    },
  }),
];

/** The verdict over a leaf of `root` with a bundle whose one entry was changed. */
const withEntry =
  (change: (entry: object) => object) =>
  ({ root }: Forge): unknown => {
    const [entry = {}] = formatTrustBundle(bundleOf(root)).keys;
    const bundle = parseTrustBundle(trustDomain, JSON.stringify({ keys: [change(entry)] }));
    const leaf = forge({ issuer: root, extensions: goodLeaf });
    return validateX509Svid([leaf.der], policyFor(orThrow(bundle)));
  };
const asWritten: Samples = { 'the entry as written': withEntry((entry) => entry) };

const bundleRules: readonly Check[] = [
  rule('X509-21', 'writes and demands use x509-svid', {
    good: asWritten,
    bad: {
      'jwt-svid': withEntry((entry) => ({ ...entry, use: 'jwt-svid' })),
      'other case': withEntry((entry) => ({ ...entry, use: 'X509-SVID' })),
    },
  }),
  rule('X509-22', 'writes no kid', {
    good: {
      'no kid': ({ root }) =>
        formatTrustBundle(bundleOf(root)).keys.some((entry) => 'kid' in entry)
          ? refuse(pkiErrors.E_PKI_MALFORMED, 'a kid was written')
          : 'none',
    },
    bad: {},
  }),
  rule('X509-23', 'writes and reads one x5c value in standard base64', {
    good: asWritten,
    bad: {
      base64url: withEntry((entry) => ({
        ...entry,
        x5c: [Buffer.from(new Uint8Array(600).fill(255)).toString('base64url')],
      })),
    },
  }),
  rule('X509-24', 'ignores an entry without x5c', {
    good: asWritten,
    bad: {
      'no x5c': withEntry((entry) => ({ ...entry, x5c: undefined })),
      'empty x5c': withEntry((entry) => ({ ...entry, x5c: [] })),
    },
  }),
  rule('X509-25', 'uses only the first x5c value', {
    good: asWritten,
    bad: {
      'the root in second place': ({ root, ...rest }) =>
        withEntry((entry) => ({
          ...entry,
          x5c: [encodeBase64(forgeAuthority().der), encodeBase64(root.der)],
        }))({ root, ...rest }),
    },
  }),
];

export const x509ValidatorChecks: readonly Check[] = [
  ...leafRules,
  ...authorityRules,
  ...bundleRules,
];
