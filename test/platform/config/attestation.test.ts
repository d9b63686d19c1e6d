/** The section `attestation`: objects in lists, their paths, and what must fit together. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SallyportError } from '../../../src/kernel/errors.ts';
import {
  listConfigFields,
  renderConfigReference,
  resolveConfig,
} from '../../../src/platform/config/index.ts';
import { readConfigText } from '../../../src/platform/config/read-file.ts';

const load = (text: string) =>
  resolveConfig({}, readConfigText({ path: '/etc/sallyport/s.yaml', text }, listConfigFields()))
    .config.attestation;

const provider = {
  name: 'ci',
  issuer: 'https://ci.example',
  audience: 'sallyport',
  jwksUrl: 'https://ci.example/jwks',
  require: { sub: ['project:*'] },
  nodeId: ['run_id'],
};
const cluster = {
  name: 'east',
  url: 'https://10.0.0.1:6443',
  caFile: 'ca.pem',
  tokenFile: '/run/token',
  audience: 'sallyport',
  serviceAccounts: ['sallyport:agent'],
};
const yaml = (section: object): string => JSON.stringify({ attestation: section });

const refusalOf = (section: object): string => {
  try {
    load(yaml(section));
  } catch (error) {
    if (error instanceof SallyportError) return error.message;
    throw error;
  }
  return 'accepted';
};

describe('the section attestation', () => {
  it('admits no kind of node by default', () => {
    const { x509pop, kubernetes, aws, gcp, azure, oidc, slurm } = resolveConfig({}).config
      .attestation;
    assert.deepEqual(x509pop, {});
    assert.deepEqual([kubernetes.clusters, oidc.providers, slurm.clusters], [[], [], []]);
    assert.deepEqual(aws, { certificates: [], accounts: [] });
    assert.equal(gcp.audience ?? azure.authoritiesFile, undefined);
  });

  it('resolves paths inside the objects of a list against the file', () => {
    const { kubernetes } = load(yaml({ kubernetes: { clusters: [cluster] } }));
    assert.equal(kubernetes.clusters[0]?.caFile, '/etc/sallyport/ca.pem');
    assert.equal(kubernetes.clusters[0]?.tokenFile, '/run/token');
  });

  it('takes lists of objects as JSON from a variable', () => {
    const env = { SALLYPORT_ATTESTATION_OIDC_PROVIDERS: JSON.stringify([provider]) };
    const [first] = resolveConfig({ env }).config.attestation.oidc.providers;
    assert.deepEqual(first, { ...provider, selectors: [] });
  });

  const wrong: readonly (readonly [string, object, RegExp])[] = [
    [
      'an address without TLS',
      { kubernetes: { clusters: [{ ...cluster, url: 'http://10.0.0.1' }] } },
      /attestation\.kubernetes\.clusters.*url: must be an https/,
    ],
    [
      'a cluster that admits nobody',
      { kubernetes: { clusters: [{ ...cluster, serviceAccounts: [] }] } },
      /serviceAccounts/,
    ],
    ['a name twice', { kubernetes: { clusters: [cluster, cluster] } }, /east stands there twice/],
    [
      'keys from two places',
      { oidc: { providers: [{ ...provider, jwksFile: 'k' }] } },
      /attestation\.oidc\.providers.*jwksUrl or jwksFile/,
    ],
    [
      'an issuer of which any token would do',
      { oidc: { providers: [{ ...provider, require: {} }] } },
      /at least one claim/,
    ],
    ['an unknown member', { oidc: { providers: [{ ...provider, audiences: [] }] } }, /audiences/],
    ['accounts without certificates', { aws: { accounts: ['1'] } }, /attestation\.aws/],
    ['account numbers that lost their zeros', { aws: { accounts: [12] } }, /aws\.accounts/],
    ['an audience without projects', { gcp: { audience: 'a' } }, /attestation\.gcp/],
    ['roots without subscriptions', { azure: { authoritiesFile: 'a' } }, /attestation\.azure/],
  ];
  for (const [what, section, message] of wrong)
    it(`refuses ${what}`, () => assert.match(refusalOf(section), message));

  it('has a row in the reference for each member of an object', () => {
    const page = renderConfigReference();
    for (const name of ['oidc.providers[].require', 'kubernetes.clusters[].tokenFile'])
      assert.ok(page.includes(`| \`attestation.${name}\` |`), name);
  });
});
