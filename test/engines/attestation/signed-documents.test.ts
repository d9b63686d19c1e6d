/** AWS and Azure documents: only the certificate that really signed is ever judged. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  attestationErrors,
  azureNonce,
  challengeAzure,
  parseSignedData,
  verifyAws,
  verifyAzure,
} from '../../../src/engines/attestation/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import {
  altNames,
  basicConstraints,
  dnsName,
  forge,
  forgeAuthority,
  type Issuer,
  leafUsage,
  nameOf,
  nowMs,
} from '../pki/forge.ts';
import { base64, type CmsRecipe, forgeCms } from './forge.ts';

const leafFor = (issuer: Issuer | undefined, dns: string, more = {}): Issuer =>
  forge({
    ...(issuer === undefined ? {} : { issuer }),
    subject: nameOf(dns),
    extensions: [basicConstraints(false), leafUsage, altNames([dnsName(dns)], 'normal')],
    ...more,
  });

const { code: untrusted } = attestationErrors.E_ATTESTATION_UNTRUSTED;
const { code: deniedCode } = attestationErrors.E_ATTESTATION_DENIED;
const { code: malformedCode } = attestationErrors.E_ATTESTATION_MALFORMED;
const codeOf = (value: unknown): string => (isRefusal(value) ? value.error.code : 'accepted');

const region = leafFor(undefined, 'eu-west-1');
const other = leafFor(undefined, 'us-east-1');
const document = {
  accountId: '123456789012',
  region: 'eu-west-1',
  instanceId: 'i-0abc',
  availabilityZone: 'eu-west-1a',
  imageId: 'ami-1',
  instanceType: 'p5.48xlarge',
};
const policy = {
  certificates: new Map([
    ['eu-west-1', [region.certificate]],
    ['us-east-1', [other.certificate]],
  ]),
  accounts: ['123456789012'],
};
const judge = (recipe: Partial<CmsRecipe> & { text?: object }, time = nowMs) => {
  const content = Buffer.from(JSON.stringify(recipe.text ?? document));
  const pkcs7 = base64(forgeCms({ content, signer: region, ...recipe }));
  return verifyAws({ pkcs7 }, policy, { nowMs: time });
};

const mallory = leafFor(undefined, 'mallory');
const cases: readonly (readonly [string, Partial<CmsRecipe> & { text?: object }, string])[] = [
  [
    'PKCS#7 signer confusion: the pinned certificate first in the bag, another one signs',
    { signer: mallory, certificates: [region.der, mallory.der] },
    untrusted,
  ],
  [
    'PKCS#7 signer confusion: names the pinned certificate, another key signs',
    { signer: mallory, named: region.certificate, certificates: [mallory.der, region.der] },
    untrusted,
  ],
  ['a signer that is pinned for another region', { signer: other }, untrusted],
  ['attributes of other content', { attributes: 'wrong' }, untrusted],
  ['two signers', { signers: 2 }, malformedCode],
  ['an account that is not admitted', { text: { ...document, accountId: '1' } }, deniedCode],
  ['a region without a pin', { text: { ...document, region: 'mars-1' } }, deniedCode],
  ['a document without an instance', { text: { ...document, instanceId: 7 } }, malformedCode],
];

describe('AWS instance identity documents', () => {
  it('gives account, region and instance as node id, and selectors', () => {
    const node = orThrow(judge({}));
    assert.equal(node.nodeId, '123456789012/eu-west-1/i-0abc');
    assert.equal(node.reattestable, false);
    assert.deepEqual(node.selectors, [
      'aws-iid:account:123456789012',
      'aws-iid:availability-zone:eu-west-1a',
      'aws-iid:image-id:ami-1',
      'aws-iid:instance-id:i-0abc',
      'aws-iid:instance-type:p5.48xlarge',
      'aws-iid:region:eu-west-1',
    ]);
  });

  it('finds the signer by its key identifier too', () => {
    assert.equal(codeOf(judge({ namedBy: 'key' })), 'accepted');
  });

  it('reads base64 in lines, as the metadata service writes it', () => {
    const content = Buffer.from(JSON.stringify(document));
    const text = base64(forgeCms({ content, signer: region })).replaceAll(/(.{64})/g, '$1\n');
    assert.equal(codeOf(verifyAws({ pkcs7: text }, policy, { nowMs })), 'accepted');
  });

  for (const [name, recipe, code] of cases)
    it(`refuses ${name}`, () => assert.equal(codeOf(judge(recipe)), code));

  it('refuses a document whose pinned certificate has expired', () => {
    const late = judge({}, nowMs + 7_200_000);
    assert.equal(codeOf(late), attestationErrors.E_ATTESTATION_EXPIRED.code);
  });

  it('refuses signed attributes passed off as content', () => {
    const content = Buffer.from(JSON.stringify(document));
    const honest = orThrow(parseSignedData(forgeCms({ content, signer: region })));
    const stolen = honest.signer.signedAttributes?.der ?? new Uint8Array(0);
    const forged = forgeCms({ content: stolen, signer: region, attributes: 'none' });
    const verdict = verifyAws({ pkcs7: base64(forged) }, policy, { nowMs });
    assert.equal(codeOf(verdict), malformedCode);
  });
});

const root = forgeAuthority({ name: 'root' });
const intermediate = forgeAuthority({ name: 'intermediate', issuer: root, pathLength: 0 });
const signer = leafFor(intermediate, 'metadata.azure.com');
const spki = Buffer.from('request');
const azurePolicy = {
  authorities: [root.certificate],
  intermediates: [intermediate.certificate],
  signerNames: ['metadata.azure.com', '*.metadata.azure.com'],
  subscriptions: ['sub-1'],
  challengeKey: new Secret(new Uint8Array(32).fill(5)),
};
const challenge = challengeAzure({ policy: azurePolicy, spki }, { nowMs });
const nonce = azureNonce(Buffer.from(challenge['nonce'] as string, 'base64url'));
const stamp = { createdOn: '11/20/26 11:59:00 -0000', expiresOn: '11/20/26 18:00:00 -0000' };
const azureDocument = { nonce, vmId: 'vm-1', subscriptionId: 'sub-1', sku: 'nd', timeStamp: stamp };
type Change = Partial<CmsRecipe> & { text?: object; spki?: Uint8Array; atMs?: number };
const judgeAzure = (change: Change) => {
  const content = Buffer.from(JSON.stringify(change.text ?? azureDocument));
  const cms = forgeCms({ content, signer, certificates: [signer.der], ...change });
  const proof = {
    policy: azurePolicy,
    spki: change.spki ?? spki,
    challengeResponse: { challenge },
  };
  return verifyAzure({ signature: base64(cms) }, proof, { nowMs: change.atMs ?? nowMs });
};

const elsewhere = leafFor(intermediate, 'www.example');
const selfMade = leafFor(undefined, 'metadata.azure.com');
const twin = forge({
  issuer: forgeAuthority({ name: 'intermediate' }),
  subject: nameOf('metadata.azure.com'),
  extensions: [basicConstraints(false), leafUsage],
});
const azureCases: readonly (readonly [string, Change, string])[] = [
  [
    'PKCS#7 signer confusion: the true certificate first in the bag, an honest other one signs',
    { signer: elsewhere, certificates: [signer.der, elsewhere.der] },
    untrusted,
  ],
  [
    'PKCS#7 signer confusion: the true certificate first in the bag, a self-made one signs',
    { signer: selfMade, certificates: [signer.der, selfMade.der] },
    untrusted,
  ],
  [
    'PKCS#7 signer confusion: names the true certificate, another key signs',
    { signer: selfMade, named: signer.certificate, certificates: [selfMade.der, signer.der] },
    untrusted,
  ],
  [
    'a signer below a twin of the intermediate',
    { signer: twin, certificates: [twin.der] },
    untrusted,
  ],
  ['an authority as signer', { signer: intermediate, certificates: [intermediate.der] }, untrusted],
  ['an empty bag', { certificates: [] }, untrusted],
  ['another nonce', { text: { ...azureDocument, nonce: '0000000000' } }, deniedCode],
  ['a subscription not admitted', { text: { ...azureDocument, subscriptionId: 'x' } }, deniedCode],
  [
    'a request that the challenge was not made for',
    { spki: Buffer.from('other') },
    attestationErrors.E_ATTESTATION_CHALLENGE.code,
  ],
  ['an old challenge', { atMs: nowMs + 61_000 }, attestationErrors.E_ATTESTATION_CHALLENGE.code],
  [
    'an expired document',
    { text: { ...azureDocument, timeStamp: { ...stamp, expiresOn: '11/20/26 11:59:59 -0000' } } },
    attestationErrors.E_ATTESTATION_EXPIRED.code,
  ],
];

describe('Azure attested documents', () => {
  it('gives subscription and machine as node id', () => {
    const node = orThrow(judgeAzure({}));
    assert.equal(node.nodeId, 'sub-1/vm-1');
    assert.ok(node.selectors.includes('azure-imds:vm-id:vm-1'));
  });

  it('accepts content that is signed without attributes', () => {
    assert.equal(codeOf(judgeAzure({ attributes: 'none' })), 'accepted');
  });

  it('asks for ten digits', () => assert.match(nonce, /^\d{10}$/));

  for (const [name, change, code] of azureCases)
    it(`refuses ${name}`, () => assert.equal(codeOf(judgeAzure(change)), code));
});
