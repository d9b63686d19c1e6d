/** What the configuration names is read at start, and told by its key when it cannot be used. */
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createConfiguredAttestors } from '../../../src/doors/attestors/index.ts';
import { answerX509Pop } from '../../../src/engines/attestation/index.ts';
import { encodePem } from '../../../src/engines/pki/index.ts';
import { fakeClock, systemRandom } from '../../../src/kernel/effects.ts';
import { isRefusal, orThrow, SallyportError } from '../../../src/kernel/errors.ts';
import { resolveConfig } from '../../../src/platform/config/index.ts';
import { createMemoryKeyStore } from '../../../src/platform/keys/index.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { base64 } from '../../engines/attestation/forge.ts';
import {
  basicConstraints,
  forge,
  forgeAuthority,
  leafUsage,
  nameOf,
  newKeyPair,
  nowMs,
  uriConstraints,
} from '../../engines/pki/forge.ts';

const fleet = forgeAuthority({ name: 'fleet' });
const node = forge({
  issuer: fleet,
  subject: nameOf('n'),
  extensions: [basicConstraints(false), leafUsage],
});
const narrow = forgeAuthority({ more: [uriConstraints(['prod.example'])] });
const clock = fakeClock();
const newKeys = () => createMemoryKeyStore({ clock, random: systemRandom });

let directory = '';
const keep = (name: string, text: string): string => {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
};
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-attestors-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

const create = (args: Readonly<Record<string, string | object>>, keys = newKeys()) => {
  const texts = Object.entries(args).map(([key, value]) => [
    `attestation.${key}`,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const { attestation: config } = resolveConfig({
    args: Object.fromEntries(texts) as Record<string, string>,
  }).config;
  return createConfiguredAttestors({ config, keys, clock, log: createMemoryLog() });
};

const pem = (...ders: readonly Uint8Array[]): string =>
  ders.map((der) => encodePem('CERTIFICATE', der)).join('');

const cluster = (more: object) => ({
  'kubernetes.clusters': [
    {
      name: 'east',
      url: 'https://10.0.0.1:6443',
      caFile: keep('ca.pem', pem(fleet.der)),
      tokenFile: keep('token', 'token'),
      audience: 'a',
      serviceAccounts: ['*'],
      ...more,
    },
  ],
});

const slurm = (keyFile: string) => ({
  'slurm.clusters': [{ name: 'hpc', issuer: 'i', audience: 'a', keyFile }],
});

const wrong: readonly (readonly [string, () => Record<string, string | object>, RegExp])[] = [
  [
    'a missing file',
    () => ({ 'x509pop.authoritiesFile': '/nowhere/fleet.pem' }),
    /attestation\.x509pop\.authoritiesFile: .*\/nowhere\/fleet\.pem cannot be read/,
  ],
  [
    'a leaf where authorities belong',
    () => ({ 'x509pop.authoritiesFile': keep('leaf.pem', pem(fleet.der, node.der)) }),
    /authoritiesFile: certificate 2 of .* is no authority/,
  ],
  [
    'an authority whose constraints would not be seen',
    () => ({ 'x509pop.authoritiesFile': keep('narrow.pem', pem(narrow.der)) }),
    /authoritiesFile: .*name constraints/,
  ],
  [
    'a region without a certificate',
    () => ({
      'aws.certificates': [{ region: 'eu-west-1', file: keep('empty.pem', '') }],
      'aws.accounts': '1',
    }),
    /attestation\.aws\.certificates\[eu-west-1\]\.file: /,
  ],
  [
    'an API server at the address of a metadata service',
    () => cluster({ url: 'https://169.254.169.254' }),
    /attestation\.kubernetes\.clusters\[east\]\.url: .*link-local/,
  ],
  [
    'authorities of a cluster that are none',
    () => cluster({ caFile: keep('text.pem', 'hello') }),
    /clusters\[east\]\.caFile: .*no PEM certificate/,
  ],
  [
    'a token that is not there',
    () => cluster({ tokenFile: '/nowhere/token' }),
    /clusters\[east\]\.tokenFile: /,
  ],
  ['keys that are no JSON', () => slurm(keep('a.json', '{')), /clusters\[hpc\]\.keyFile: JSON/],
  ['an empty set of keys', () => slurm(keep('b.json', '{"keys":[]}')), /holds no keys/],
  [
    'symmetric keys',
    () => slurm(keep('c.json', '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}')),
    /keyFile: .*no public key that can be used/,
  ],
];

describe('configured attestors', () => {
  it('are none but the TPM that refuses when nothing is configured', async () => {
    assert.deepEqual([...(await create({})).keys()], ['tpm']);
  });

  it('take the challenges of each other when they share a key store, and no others', async () => {
    const file = keep('fleet.pem', pem(fleet.der));
    const keys = newKeys();
    const open = async (from = keys) =>
      (await create({ 'x509pop.authoritiesFile': file }, from)).get('x509pop');
    const { spki } = newKeyPair().info;
    const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    const context = { nowMs, publicKey, peer: '127.0.0.1' };
    const evidence = { chain: [base64(node.der)] };
    const first = await (await open())?.attest(evidence, context);
    assert.ok(first !== undefined && 'challenge' in first);
    const challengeResponse = orThrow(
      answerX509Pop(first.challenge, { privateKey: node.keys.privateKey, spki }),
    );
    const replica = await (await open())?.attest(evidence, { ...context, challengeResponse });
    assert.ok(replica !== undefined && 'nodeId' in replica);
    const stranger = await open(newKeys());
    assert.ok(isRefusal(await stranger?.attest(evidence, { ...context, challengeResponse })));
  });

  it('read public keys of Slurm as PEM too', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const file = keep('slurm.pem', publicKey.export({ format: 'pem', type: 'spki' }).toString());
    assert.ok((await create(slurm(file))).has('slurm'));
  });
});

describe('attestors that cannot be built', () => {
  for (const [what, args, message] of wrong)
    it(`refuse to start with ${what}`, async () => {
      await assert.rejects(
        async () => create(args()),
        (error) =>
          error instanceof SallyportError &&
          error.kind.code === 'E_CONFIG_INVALID' &&
          message.test(error.message),
      );
    });
});
