/** Workload verbs against the real identity room over HTTP. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { listenHttp } from '../../../src/platform/http/index.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { createApiWorld, alice } from '../api/world.ts';
import { openHarness } from '../../domains/identity/harness.ts';
import { newCsr } from '../../domains/identity/workloads/nodes.ts';
import { run } from './world.ts';

const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers.toReversed()) await close();
});

const serve = async () => {
  const harness = await openHarness();
  closers.push(() => harness[Symbol.asyncDispose]());
  const identity = { ...harness.identity, authenticateBearer: () => alice };
  const { app } = await createApiWorld({ deps: { identity, clock: harness.clock } });
  const listener = await listenHttp({ handler: app.handle, host: '127.0.0.1', port: 0 });
  closers.push(() => listener.close());
  const env = { SALLYPORT_TOKEN: 'alice', SALLYPORT_URL: listener.url };
  const tool = (line: string, stdin = '') => run(line.split(' '), { env, stdin });
  return { harness, tool };
};

const agent = 'spiffe://prod.example/sallyport/agent/join-token/gpu-1';

test('entry and group verbs register, list, show and remove', async () => {
  const { tool } = await serve();
  const added = await tool(
    `identity entry add --spiffe-id spiffe://prod.example/trainer --agent ${agent} --selector unix:uid:1000 --ttl 30m`,
  );
  assert.equal(added.code, 0, added.stderr);
  const id = added.stdout.trim();
  assert.match((await tool('identity entry list')).stdout, /trainer +unix:uid:1000/);
  const shown = (await tool(`identity entry show ${id} --json`)).json() as Record<string, unknown>;
  assert.equal(shown['x509TtlSeconds'], 1800);
  const group = await tool(
    'identity group add --spiffe-id spiffe://prod.example/job --node-selector slurm:partition:gpu --selector slurm:job:7 --instances 256',
  );
  assert.equal(group.code, 0, group.stderr);
  assert.match((await tool('identity group list')).stdout, /job .* 256/);
  assert.equal((await tool(`identity entry remove ${id}`)).code, 0);
  assert.equal((await tool(`identity entry show ${id}`)).code, 5);
});

test('an entry needs a place to run and something to show', async () => {
  const { tool } = await serve();
  const line = 'identity entry add --spiffe-id spiffe://prod.example/trainer';
  assert.match((await tool(`${line} --agent ${agent}`)).stderr, /--selector/);
  const nowhere = await tool(`${line} --selector unix:uid:1`);
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /either --agent or --node-selector/);
});

test('agent and revoke verbs admit, evict and readmit', async () => {
  const { tool, harness } = await serve();
  const token = (await tool('identity agent token --node gpu-1')).stdout.trim();
  orThrow(
    await harness.identity.agents.attest({
      attestor: 'join-token',
      evidence: { token },
      csr: newCsr(),
    }),
  );
  assert.match((await tool('identity agent list')).stdout, /gpu-1 +active/);
  assert.equal((await tool(`identity agent evict ${agent} --ban --reason keyCompromise`)).code, 0);
  assert.match((await tool('identity agent list')).stdout, /gpu-1 +banned/);
  assert.equal((await tool(`identity agent readmit ${agent}`)).code, 0);
  assert.equal((await tool('svid revoke x509:00ff')).code, 0);
  assert.equal((await tool('identity revoke')).code, 2);
  assert.equal((await tool('identity revoke --entry none')).code, 5);
});

test('authority verbs rotate, and refuse to revoke what still signs', async () => {
  const { tool } = await serve();
  const before = await tool('identity authority list');
  const [, id = ''] = /^(\w+) +intermediate +active/m.exec(before.stdout) ?? [];
  assert.equal((await tool(`identity authority revoke ${id}`)).code, 7);
  const next = (await tool('identity authority prepare intermediate')).stdout.trim();
  assert.equal((await tool(`identity authority activate ${next}`)).code, 0);
  assert.equal((await tool(`identity authority taint ${id}`)).code, 0);
  assert.equal((await tool(`identity authority revoke ${id}`)).code, 0);
  const rotated = (await tool('identity authority list')).stdout;
  assert.match(rotated, new RegExp(`${id} +intermediate +revoked`));
  assert.match(rotated, new RegExp(`${next} +intermediate +active`));
});

test('bundle verbs federate by file and tell what failed', async () => {
  const { tool } = await serve();
  const other = await openHarness();
  closers.push(() => other[Symbol.asyncDispose]());
  const document = JSON.stringify(other.identity.bundle());
  const federated = await tool(
    'identity bundle federate partner.example --bundle-file -',
    document,
  );
  assert.equal(federated.code, 0, federated.stderr);
  assert.match((await tool('identity bundle list')).stdout, /partner.example +static/);
  assert.match((await tool('identity bundle show')).stdout, /spiffe_sequence/);
  assert.equal((await tool('identity bundle remove partner.example')).code, 0);
  assert.equal((await tool('identity bundle refresh partner.example')).code, 5);
});
