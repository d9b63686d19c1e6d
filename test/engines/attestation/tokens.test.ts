/** Kubernetes, Google, CI and Slurm: what their tokens must say, and to whom. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import {
  attestKubernetes,
  attestationErrors,
  type OidcPolicy,
  verifyGcp,
  verifyOidc,
  verifySlurm,
  verifyTpm,
} from '../../../src/engines/attestation/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import type { JsonObject } from '../../../src/kernel/json-value.ts';
import { forgeToken, newTokenKey } from './forge.ts';

const nowMs = Date.UTC(2026, 10, 20, 12);
const now = nowMs / 1000;
const key = newTokenKey();
const codeOf = (value: unknown): string => (isRefusal(value) ? value.error.code : 'accepted');
const { code: denied } = attestationErrors.E_ATTESTATION_DENIED;
const { code: untrusted } = attestationErrors.E_ATTESTATION_UNTRUSTED;
const { code: expired } = attestationErrors.E_ATTESTATION_EXPIRED;
const { code: malformed } = attestationErrors.E_ATTESTATION_MALFORMED;
const times = { iat: now, exp: now + 600 };

describe('Google instance identity', () => {
  const policy = { jwks: key.jwks, audience: 'spiffe://td', projects: ['prj'] };
  const engine = { project_id: 'prj', zone: 'z', instance_id: '42', instance_name: 'n' };
  const claims = {
    ...times,
    iss: 'https://accounts.google.com',
    aud: 'spiffe://td',
    email: 'sa@prj',
    email_verified: true,
    google: { compute_engine: engine },
  };
  const judge = (change: JsonObject, signer = key, header?: JsonObject) =>
    verifyGcp({ token: forgeToken({ ...claims, ...change }, signer, header) }, policy, { nowMs });

  it('gives project and instance', () => {
    const node = orThrow(judge({}));
    assert.equal(node.nodeId, 'prj/42');
    assert.ok(node.selectors.includes('gcp-iit:sa:sa@prj'));
  });

  const cases: readonly (readonly [string, JsonObject, string])[] = [
    ['another audience', { aud: 'x' }, denied],
    ['another issuer', { iss: 'https://evil.example' }, untrusted],
    ['an expired token', { exp: now - 31 }, expired],
    ['a token from the future', { iat: now + 60 }, expired],
    ['a token without expiry', { exp: 'soon' }, malformed],
    ['a token that lives too long', { exp: now + 90_000 }, denied],
    ['the standard format', { google: 1 }, malformed],
    ['another project', { google: { compute_engine: { ...engine, project_id: 'x' } } }, denied],
  ];
  for (const [name, change, code] of cases)
    it(`refuses ${name}`, () => assert.equal(codeOf(judge(change)), code));

  it('refuses a foreign key under a known id', () => {
    assert.equal(codeOf(judge({}, newTokenKey())), untrusted);
  });
  for (const alg of ['none', 'HS256', 'ES256'])
    it(`refuses ${alg}`, () => assert.equal(codeOf(judge({}, key, { alg, kid: 'k1' })), untrusted));
  it('refuses critical headers', () => {
    assert.equal(codeOf(judge({}, key, { alg: 'RS256', crit: ['b64'], b64: false })), untrusted);
  });
});

describe('OIDC of CI systems', () => {
  const provider = {
    issuer: 'https://ci.example',
    audience: 'sallyport',
    jwks: key.jwks,
    require: { repository: ['acme/*'], ref: ['refs/heads/main', 'refs/tags/v*'] },
    nodeId: ['repository', 'run_id'] as const,
    selectors: ['repository', 'ref', 'runner'],
  };
  const policy: OidcPolicy = { providers: new Map([['ci', provider]]) };
  const claims = {
    ...times,
    iss: 'https://ci.example',
    aud: ['sallyport', 'x'],
    repository: 'acme/model',
    ref: 'refs/heads/main',
    run_id: 77,
  };
  const judge = (change: JsonObject, used = policy) =>
    verifyOidc({ provider: 'ci', token: forgeToken({ ...claims, ...change }, key) }, used, {
      nowMs,
    });

  it('makes node id and selectors of claims', () => {
    const node = orThrow(judge({}));
    assert.equal(node.nodeId, 'ci/acme_2fmodel/77');
    assert.deepEqual(node.selectors, [
      'oidc:ci:ref:refs/heads/main',
      'oidc:ci:repository:acme/model',
    ]);
  });

  it('never gives the same id for different claims', () => {
    const slash = orThrow(judge({ repository: 'acme/a/b', run_id: 'c' }));
    const underscore = orThrow(judge({ repository: 'acme/a_2fb', run_id: 'c' }));
    assert.notEqual(slash.nodeId, underscore.nodeId);
  });

  const cases: readonly (readonly [string, JsonObject, string])[] = [
    ['another repository', { repository: 'acmeevil/model' }, denied],
    ['a branch', { ref: 'refs/heads/mainline' }, denied],
    ['a missing claim', { ref: null }, denied],
    ['a list for a text', { repository: ['acme/model'] }, denied],
    ['no run', { run_id: null }, malformed],
    ['a dotted id', { run_id: '' }, malformed],
  ];
  for (const [name, change, code] of cases)
    it(`refuses ${name}`, () => assert.equal(codeOf(judge(change)), code));

  it('admits nobody when no claim is required', () => {
    const open = { providers: new Map([['ci', { ...provider, require: {} }]]) };
    assert.equal(codeOf(judge({}, open)), denied);
  });
});

describe('Slurm job credentials', () => {
  const cluster = { issuer: 'slurm', audience: 'sallyport', jwks: key.jwks };
  const policy = { clusters: new Map([['hpc', cluster]]) };
  const claims = {
    ...times,
    iss: 'slurm',
    aud: 'sallyport',
    cluster: 'hpc',
    sun: 'ada',
    job_id: 4711,
    nodes: 'gpu[001-004,7],login1',
  };
  const judge = (node: string, change: JsonObject = {}) =>
    verifySlurm(
      { cluster: 'hpc', node, token: forgeToken({ ...claims, ...change }, key) },
      policy,
      {
        nowMs,
      },
    );

  for (const node of ['gpu001', 'gpu004', 'gpu7', 'login1'])
    it(`admits ${node}`, () => {
      assert.equal(orThrow(judge(node)).nodeId, `hpc/4711/${node}`);
    });
  for (const node of ['gpu005', 'gpu1', 'gpu07', 'login', 'gpu[001-004', 'gpu'])
    it(`refuses ${node}`, () => assert.equal(codeOf(judge(node)), denied));
  it('refuses a credential of another cluster', () => {
    assert.equal(codeOf(judge('gpu001', { cluster: 'x' })), denied);
  });
  it('takes a list of nodes', () => {
    assert.equal(codeOf(judge('a', { nodes: ['a', 'b'] })), 'accepted');
  });
});

describe('Kubernetes projected tokens', () => {
  const reviews: JsonObject[] = [];
  let user: JsonObject = {};
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      const review = JSON.parse(text) as JsonObject;
      reviews.push(review);
      const spec = review['spec'] as JsonObject;
      const isKnown = spec['token'] === 'good';
      const status = isKnown ? { authenticated: true, audiences: spec['audiences'], user } : {};
      response.end(JSON.stringify({ ...review, status }));
    });
  });
  before(async () => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  after(() => void server.close());

  const policy = {
    clusters: new Map([['c1', { audience: 'sallyport', serviceAccounts: ['infra:agent*'] }]]),
  };
  const reviewToken = async (_cluster: string, review: JsonObject): Promise<JsonObject> => {
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(
      `http://127.0.0.1:${port}/apis/authentication.k8s.io/v1/tokenreviews`,
      { method: 'POST', body: JSON.stringify(review) },
    );
    return (await answer.json()) as JsonObject;
  };
  const prefix = 'authentication.kubernetes.io/';
  const goodUser = {
    username: 'system:serviceaccount:infra:agent',
    extra: {
      [`${prefix}pod-name`]: ['agent-x'],
      [`${prefix}pod-uid`]: ['pod-1'],
      [`${prefix}node-name`]: ['worker'],
      [`${prefix}node-uid`]: ['node-1'],
    },
  };
  const judge = async (change: JsonObject = {}, token = 'good') => {
    user = { ...goodUser, ...change };
    const effects = { policy, reviewToken };
    return attestKubernetes({ cluster: 'c1', token }, effects, { nowMs });
  };

  it('gives cluster and node, and asks for our audience', async () => {
    const node = orThrow(await judge());
    assert.equal(node.nodeId, 'c1/node-1');
    assert.ok(node.selectors.includes('k8s-psat:agent-sa:agent'));
    assert.deepEqual((reviews.at(-1) as { spec: JsonObject }).spec['audiences'], ['sallyport']);
  });

  it('refuses a token the cluster does not know', async () => {
    assert.equal(codeOf(await judge({}, 'bad')), untrusted);
  });
  it('refuses another service account', async () => {
    assert.equal(codeOf(await judge({ username: 'system:serviceaccount:x:agent' })), denied);
  });
  it('refuses a user that is no service account', async () => {
    assert.equal(codeOf(await judge({ username: 'infra:agent' })), denied);
  });
  it('refuses a token that is bound to no pod', async () => {
    assert.equal(codeOf(await judge({ extra: {} })), denied);
  });
  it('refuses an unknown cluster without asking anybody', async () => {
    const asked = reviews.length;
    const verdict = await attestKubernetes(
      { cluster: 'c2', token: 'good' },
      { policy, reviewToken },
      { nowMs },
    );
    assert.equal(codeOf(verdict), denied);
    assert.equal(reviews.length, asked);
  });
});

describe('TPM evidence', () => {
  it('is refused as unavailable', () => {
    assert.equal(codeOf(verifyTpm({}, {}, { nowMs })), 'E_ATTESTOR_UNAVAILABLE');
  });
});
