/**
 * Every kind of node from the configuration of a real server, attested by the agent's own client:
 * what is admitted, and that whatever cannot be asked refuses.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  awsEvidence,
  azureEvidence,
  bundleFromPem,
  createServerTrust,
  type EvidenceEffects,
  gcpEvidence,
  type NodeEvidence,
  proveBy,
  readSmallText,
  tokenEvidence,
  x509popEvidence,
} from '../../src/doors/agent/index.ts';
import { createServerApi } from '../../src/doors/agent/server/server-api.ts';
import { encodePem } from '../../src/engines/pki/index.ts';
import { systemClock } from '../../src/kernel/effects.ts';
import { isRefusal, orThrow } from '../../src/kernel/errors.ts';
import type { JsonObject } from '../../src/kernel/json-value.ts';
import { newWorkloadKey } from '../domains/identity/harness.ts';
import { base64, forgeCms, forgeToken, newTokenKey } from '../engines/attestation/forge.ts';
import type { Issuer } from '../engines/pki/forge.ts';
import { keyPem, type Mood, newLeaf, openAttestingWorld, type World } from './attesting-world.ts';
import { type RealServer, startRealServer } from './real-server.ts';

let directory = '';
let world: World;
let server: RealServer;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-attest-'));
  world = await openAttestingWorld(directory);
  server = await startRealServer({ directory, settings: world.settings });
});

after(async () => {
  await server.stop();
  world.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Files for real; a metadata service that the test plays. */
const effectsWith = (fetchText: (url: string) => string): EvidenceEffects => ({
  readText: readSmallText,
  fetchText: (url) => Promise.resolve(fetchText(url)),
});
const files = effectsWith(() => '');

/** The id of the agent below `/sallyport/agent/`, or code and status of the refusal. */
const attest = async (evidence: NodeEvidence): Promise<string> => {
  const trust = createServerTrust(orThrow(bundleFromPem(server.trustPem)));
  const own = () => undefined;
  const api = createServerApi({ url: server.url, trust, own, clock: systemClock });
  const { spki, csrPem } = newWorkloadKey();
  try {
    const answer = await proveBy(evidence)(api, { csr: csrDer(csrPem), spki });
    if (isRefusal(answer)) return `${answer.error.code} ${answer.error.status}`;
    return answer.agentId.split('/sallyport/agent/')[1] ?? '';
  } finally {
    await api.close();
  }
};

const csrDer = (pem: string): Uint8Array =>
  Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');

const keep = (name: string, text: string): string => {
  const file = join(directory, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
};

const withToken = (attestor: 'k8s-psat' | 'oidc' | 'slurm', token: string, more: JsonObject) =>
  attest(tokenEvidence(attestor, { file: keep('token', token), more }, files));

const seconds = (): number => Math.floor(Date.now() / 1000);
const claimsWith = (claims: JsonObject): JsonObject => ({
  iat: seconds(),
  exp: seconds() + 600,
  aud: 'sallyport',
  ...claims,
});

const ciToken = (run: string, key = world.key, kid = 'k1'): string =>
  forgeToken(claimsWith({ iss: 'https://ci.example', project: 'models/train', run_id: run }), key, {
    alg: 'RS256',
    kid,
  });
const ci = (token: string) => withToken('oidc', token, { provider: 'ci' });
const pod = (token = 'pod-token', cluster = 'east') => withToken('k8s-psat', token, { cluster });

const cms = (content: JsonObject, signer: Issuer): string =>
  base64(
    forgeCms({
      content: Buffer.from(JSON.stringify(content)),
      signer,
      certificates: [signer.der],
    }),
  );

const stamp = (atMs: number): string => {
  const [year, month, day] = new Date(atMs).toISOString().slice(2, 10).split('-');
  return `${month}/${day}/${year} ${new Date(atMs).toISOString().slice(11, 19)} -0000`;
};

const unavailable = 'E_ATTESTOR_UNAVAILABLE 503';

describe('configured nodes attest to a real server', () => {
  it('by a certificate of the fleet and its key', async () => {
    const node = newLeaf('gpu-1', world.fleet);
    const chain = keep('node.pem', encodePem('CERTIFICATE', node.der));
    const key = keep('node.key', keyPem(node));
    assert.match(await attest(x509popEvidence({ chain, key }, files)), /^x509pop\/[0-9a-f]{64}$/);
  });

  it('by a projected token that the cluster reviews, again and again', async () => {
    assert.equal(await pod(), 'k8s-psat/east/node-7');
    assert.equal(await pod(), 'k8s-psat/east/node-7');
  });

  it('by the token of a CI job, once', async () => {
    assert.equal(await ci(ciToken('r1')), 'oidc/ci/r1');
    assert.equal(await ci(ciToken('r1')), 'E_AGENT_REATTEST 409');
    assert.equal(world.issuer.asked, 1);
  });

  it('by documents of AWS, Google and Azure', async () => {
    const document = { accountId: '123456789012', region: 'eu-west-1', instanceId: 'i-1' };
    const aws = awsEvidence(effectsWith(() => cms(document, world.region)));
    assert.equal(await attest(aws), 'aws-iid/123456789012/eu-west-1/i-1');
    const google = { compute_engine: { project_id: 'prj', instance_id: '42' } };
    const claims = claimsWith({ iss: 'https://accounts.google.com', google });
    const gcp = gcpEvidence(
      'sallyport',
      effectsWith(() => forgeToken(claims, world.key)),
    );
    assert.equal(await attest(gcp), 'gcp-iit/prj/42');
    const timeStamp = {
      createdOn: stamp(Date.now() - 1000),
      expiresOn: stamp(Date.now() + 3_600_000),
    };
    const azure = azureEvidence(
      effectsWith((url) => {
        const nonce = new URL(url).searchParams.get('nonce');
        const text = { nonce, vmId: 'vm-1', subscriptionId: 'sub-1', timeStamp };
        return JSON.stringify({ signature: cms(text, world.metadata) });
      }),
    );
    assert.equal(await attest(azure), 'azure-imds/sub-1/vm-1');
  });

  it('by the credential of a Slurm job', async () => {
    const claims = { iss: 'slurm', cluster: 'hpc', job_id: 7, sun: 'ada', nodes: 'gpu[1-4]' };
    const token = forgeToken(claimsWith(claims), world.key);
    assert.equal(
      await withToken('slurm', token, { cluster: 'hpc', node: 'gpu2' }),
      'slurm/hpc/7/gpu2',
    );
  });
});

describe('nodes that prove nothing are refused', () => {
  it('a certificate of another authority', async () => {
    const stranger = newLeaf('gpu-1');
    const chain = keep('node.pem', encodePem('CERTIFICATE', stranger.der));
    const key = keep('node.key', keyPem(stranger));
    const answer = await attest(x509popEvidence({ chain, key }, files));
    assert.equal(answer, 'E_ATTESTATION_UNTRUSTED 401');
  });

  it('a token that the cluster does not know', async () => {
    assert.equal(await pod('made up'), 'E_ATTESTATION_UNTRUSTED 401');
  });

  it('a token of another key under the id of a published one', async () => {
    assert.equal(await ci(ciToken('r2', newTokenKey())), 'E_ATTESTATION_UNTRUSTED 401');
  });
});

describe('what cannot be asked refuses', () => {
  const sick: readonly Mood[] = ['broken', 'redirect', 'rubbish', 'huge'];
  for (const mood of sick)
    it(`a cluster that answers ${mood}`, async () => {
      world.cluster.mood = mood;
      const { asked } = world.cluster;
      assert.equal(await pod(), unavailable);
      assert.equal(world.cluster.asked, asked + 1);
      world.cluster.mood = 'well';
    });

  it('a cluster that does not prove itself by its own authority', async () => {
    const { asked } = world.cluster;
    assert.equal(await pod('pod-token', 'imposter'), unavailable);
    assert.equal(world.cluster.asked, asked);
  });

  it('a server whose own token is gone, until it is there again', async () => {
    rmSync(join(directory, 'reviewer'));
    assert.equal(await pod(), unavailable);
    keep('reviewer', 'reviewer');
    assert.equal(await pod(), 'k8s-psat/east/node-7');
  });

  it('an issuer whose keys were never had', async () => {
    world.issuer.mood = 'broken';
    const { asked } = world.issuer;
    const late = () => withToken('oidc', ciToken('r3'), { provider: 'late' });
    assert.equal(await late(), unavailable);
    assert.equal(await late(), unavailable);
    assert.equal(world.issuer.asked, asked + 1);
    world.issuer.mood = 'well';
  });
});

describe('a server that cannot use its configuration', () => {
  const start = (setting: string) => {
    const words = ['server', '--data-dir', join(directory, 'other'), '--port', '0', '--json'];
    const { status, stderr } = spawnSync(
      process.execPath,
      ['bin/sallyport.js', ...words, '--set', setting],
      { encoding: 'utf8', timeout: 30_000, env: { PATH: process.env['PATH'], HOME: directory } },
    );
    return { status, stderr };
  };

  it('does not start, and names the key', () => {
    const junk = keep('junk', 'no certificate');
    const { status, stderr } = start(`attestation.x509pop.authoritiesFile=${junk}`);
    assert.equal(status, 2);
    assert.match(stderr, /attestation\.x509pop\.authoritiesFile: .*PEM/);
  });
});
