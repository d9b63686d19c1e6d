/** X509-01 to X509-15 on the certificates the socket hands out, read by our own DER reader. */
import assert from 'node:assert/strict';
import {
  type CertificateView,
  isAuthority,
  keyUsageOf,
  oidHex,
  splitDer,
  urisOf,
} from '../client/der.ts';
import type { Check, Target } from '../types.ts';
import { fetchX509 } from './fetch.ts';

type Documents = {
  readonly leaves: readonly CertificateView[];
  readonly authorities: readonly CertificateView[];
};

const documentsOf = async (target: Target): Promise<Documents> => {
  const { svids } = await fetchX509(target);
  const chains = svids.map(({ chain }) => splitDer(chain));
  return {
    leaves: chains.flatMap((chain) => chain.slice(0, 1)),
    authorities: [
      ...chains.flatMap((chain) => chain.slice(1)),
      ...svids.flatMap(({ bundle }) => splitDer(bundle)),
    ],
  };
};

const onDocuments = (
  rule: string,
  title: string,
  judge: (documents: Documents) => void,
): Check => ({
  rule,
  title,
  needs: 'socket',
  run: async (target) => {
    const documents = await documentsOf(target);
    assert.ok(documents.leaves.length > 0 && documents.authorities.length > 0);
    judge(documents);
  },
});

const onLeaves = (rule: string, title: string, judge: (leaf: CertificateView) => void): Check =>
  onDocuments(rule, title, ({ leaves }) => leaves.forEach((leaf) => judge(leaf)));

const onAuthorities = (
  rule: string,
  title: string,
  judge: (authority: CertificateView) => void,
): Check => onDocuments(rule, title, ({ authorities }) => authorities.forEach((one) => judge(one)));

const hasPath = (id: string): boolean => /^spiffe:\/\/[a-z0-9._-]+\/.+/.test(id);
const keyPurposes = ['2b06010505070301', '2b06010505070302'];

export const x509DocumentChecks: readonly Check[] = [
  onLeaves('X509-01', 'issues leaves with exactly one URI', (leaf) =>
    assert.equal(urisOf(leaf).length, 1),
  ),
  onLeaves('X509-03', 'issues leaves whose ID has a path', (leaf) =>
    assert.ok(hasPath(urisOf(leaf)[0] ?? ''), urisOf(leaf).join(' ')),
  ),
  onLeaves('X509-04', 'marks the alternative name critical under an empty subject', (leaf) => {
    const altName = leaf.extensions.get(oidHex.altName);
    assert.ok(!leaf.isSubjectEmpty || altName?.isCritical === true);
  }),
  onAuthorities('X509-05', 'hands out authorities without a path in their ID', (authority) => {
    for (const uri of urisOf(authority)) assert.ok(!hasPath(uri), uri);
  }),
  onAuthorities('X509-07', 'hands out authorities with cA=true', (authority) =>
    assert.ok(isAuthority(authority)),
  ),
  onLeaves('X509-08', 'issues leaves with cA=false', (leaf) => assert.ok(!isAuthority(leaf))),
  onDocuments('X509-09', 'writes keyUsage everywhere', ({ leaves, authorities }) => {
    for (const one of [...leaves, ...authorities]) assert.ok(keyUsageOf(one) !== undefined);
  }),
  onDocuments('X509-10', 'marks keyUsage critical everywhere', ({ leaves, authorities }) => {
    for (const one of [...leaves, ...authorities])
      assert.equal(one.extensions.get(oidHex.keyUsage)?.isCritical, true);
  }),
  onAuthorities('X509-11', 'hands out authorities that may sign certificates', (authority) =>
    assert.ok(keyUsageOf(authority)?.has(5)),
  ),
  onLeaves('X509-12', 'issues leaves that may sign', (leaf) => assert.ok(keyUsageOf(leaf)?.has(0))),
  onLeaves('X509-13', 'issues leaves that may not sign certificates', (leaf) =>
    assert.equal(keyUsageOf(leaf)?.has(5), false),
  ),
  onLeaves('X509-14', 'issues leaves that may not sign revocation lists', (leaf) =>
    assert.equal(keyUsageOf(leaf)?.has(6), false),
  ),
  onLeaves('X509-15', 'issues leaves for servers and clients', (leaf) => {
    const purposes = leaf.extensions.get(oidHex.extendedKeyUsage)?.value.toString('hex') ?? '';
    for (const purpose of keyPurposes) assert.ok(purposes.includes(purpose), purpose);
  }),
];
