/**
 * The conformance suite against a real agent of a real server, as an operator would run it: two
 * identities, a federated trust domain, rotations by tainting the intermediate, and a second agent
 * whose server is not there, for what is answered while starting. Prints what came out, rule by rule.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createFakeDomain } from '../../../src/doors/agent/fake.ts';
import {
  type AgentProcess,
  joinTokenEvidence,
  proveBy,
  startAgentProcess,
} from '../../../src/doors/agent/index.ts';
import type { X509Identity } from '../../../src/doors/workload-api/index.ts';
import { decodePem } from '../../../src/engines/pki/index.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { parseSpiffeId } from '../../../src/kernel/ids.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { newWorkloadKey } from '../../domains/identity/harness.ts';
import { startRealServer } from '../../journeys/real-server.ts';
import { urisOf, viewCertificate } from './client/der.ts';
import { grpcClient } from './client/grpc.ts';
import { security } from './client/workload-messages.ts';
import { rules } from './rules.ts';
import { describeRun, type Run, runSuite } from './run-suite.ts';
import { dial } from './start-broker.ts';
import { checks } from './suite.ts';
import type { BrokerTarget, Control, Target } from './types.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-conformance-'));
const socketIn = (name: string): string => join(directory, name, 'web.sock');
const opened = new AsyncDisposableStack();
opened.defer(() => rmSync(directory, { recursive: true, force: true }));
after(() => opened.disposeAsync());

const server = await startRealServer({ directory });
opened.defer(() => server.stop());

const startAgent = async (name: string, serverUrl: string): Promise<AgentProcess> => {
  const { token } = await server.call('POST', '/api/v1/identity/agents/join-tokens', {
    node: name,
  });
  const file = join(directory, `${name}-token`);
  writeFileSync(file, String(token), { mode: 0o600 });
  const evidence = joinTokenEvidence(file, {
    readText: (path) => readFile(path, 'utf8'),
    fetchText: () => Promise.reject(new Error('no metadata service')),
  });
  const agent = await startAgentProcess({
    serverUrl,
    firstTrust: { kind: 'pem', text: server.trustPem },
    prove: proveBy(evidence),
    stateDirectory: join(directory, `${name}-state`),
    sockets: [{ path: socketIn(name), uid: process.getuid?.() ?? 0 }],
    ...(name === 'node-1'
      ? { broker: { address: `unix:${brokerSocket}`, allowed: [brokerId] } }
      : {}),
    log: createMemoryLog(),
    graceMs: 100,
  });
  opened.defer(agent.close);
  return agent;
};

const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await new Promise<void>((resolve) => void setTimeout(resolve, 5));
};

const brokerSocket = join(directory, 'broker', 'broker.sock');
const brokerId = 'spiffe://sallyport.local/broker';
/** The workload that the broker names by its pid: a process of a program nobody else here runs. */
const sleeper = realpathSync('/bin/sleep');
const workload = spawn(sleeper, ['600'], { stdio: 'ignore' });
opened.defer(() => void workload.kill());

const mint = async (name: string): Promise<X509Identity> => {
  const spiffeId = orThrow(parseSpiffeId(`spiffe://sallyport.local/${name}`));
  await server.call('POST', '/api/v1/principals', { type: 'Service', id: name, name, spiffeId });
  const { privateKeyPem, csrPem } = newWorkloadKey();
  const svid = await server.call('POST', '/api/v1/svids/x509', { spiffeId, csrPem });
  const chain = orThrow(decodePem(String(svid['chainPem']), 'CERTIFICATE'));
  const [key = new Uint8Array(0)] = orThrow(decodePem(privateKeyPem, 'PRIVATE KEY'));
  const privateKey = new Secret(key);
  return { spiffeId, chain, privateKey, hint: '', expiresAtMs: Number(svid['expiresAtMs']) };
};

const brokerTarget = async (held: Held): Promise<BrokerTarget> => {
  const shown = {
    nobody: undefined,
    stranger: await mint('stranger'),
    broker: await mint('broker'),
  };
  const open = (as: keyof typeof shown) => dial(brokerSocket, server.trustPem, shown[as]);
  return {
    pid: workload.pid ?? 0,
    connect: async (as, metadata = {}) => grpcClient(await open(as), metadata),
    whileGone: async (during) => {
      const [web, inside, referenced] = held.ids;
      await server.call('DELETE', `${entries}/${referenced}`);
      await during();
      held.ids = [String(web), String(inside), await registerReferenced(held.agentId)];
    },
    serverIds: async () => {
      const socket = await open('broker');
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      return certificate === undefined ? [] : urisOf(viewCertificate(certificate.raw));
    },
  };
};

const entries = '/api/v1/identity/entries';
const authorities = '/api/v1/identity/authorities';

const registerReferenced = async (agentId: string): Promise<string> => {
  const entry = await server.call('POST', entries, {
    spiffeId: 'spiffe://sallyport.local/referenced',
    parent: { agentId },
    selectors: [`unix:path:${sleeper}`],
  });
  return String(entry['id']);
};

const register = async (agent: AgentProcess): Promise<readonly string[]> => {
  const { agentId } = agent.agent.status();
  const ids: string[] = [];
  for (const [path, hint] of [
    ['/web', 'external'],
    ['/web-inside', 'internal'],
  ] as const) {
    const entry = await server.call('POST', entries, {
      spiffeId: `spiffe://sallyport.local${path}`,
      parent: { agentId },
      selectors: ['socket:web'],
      federatesWith: ['partner.example'],
      hint,
    });
    ids.push(String(entry['id']));
  }
  ids.push(await registerReferenced(String(agentId)));
  await until(() => agent.agent.status().entries === ids.length);
  return ids;
};

const activeIntermediate = async (): Promise<string> => {
  const answer = await server.call('GET', authorities);
  const all = answer['authorities'] as readonly Readonly<Record<string, unknown>>[];
  const active = all.find(({ kind, state }) => kind === 'intermediate' && state === 'active');
  return String(active?.['id']);
};

type Held = { ids: readonly string[]; socket: string; readonly agentId: string };

const controlOf = (agent: AgentProcess, held: Held): Control => ({
  rotate: async () => {
    await server.call('POST', `${authorities}/${await activeIntermediate()}/taint`, {});
  },
  whileDenied: async (during) => {
    for (const id of held.ids) await server.call('DELETE', `${entries}/${id}`);
    await until(() => agent.agent.status().entries === 0);
    await during();
    held.ids = await register(agent);
  },
  whileStarting: async (during) => {
    const usual = held.socket;
    held.socket = socketIn('orphan');
    await during().finally(() => {
      held.socket = usual;
    });
  },
});

let run: Run;

describe('SPIFFE conformance of a real agent', () => {
  before(async () => {
    const agent = await startAgent('node-1', server.url);
    await agent.agent.ready();
    await startAgent('orphan', 'https://127.0.0.1:1');
    const { bundle } = createFakeDomain('partner.example', Date.now);
    await server.call('PUT', '/api/v1/identity/federation/partner.example', {
      source: { profile: 'static' },
      bundle: JSON.stringify(bundle),
    });
    const agentId = String(agent.agent.status().agentId);
    const held: Held = { ids: await register(agent), socket: socketIn('node-1'), agentId };
    const target: Target = {
      endpoint: `unix:${held.socket}`,
      trustDomain: 'sallyport.local',
      connect: (metadata: Readonly<Record<string, string>> = security) =>
        grpcClient(`unix:${held.socket}`, metadata),
      control: controlOf(agent, held),
      broker: await brokerTarget(held),
      federation: {
        url: `${server.url}/.well-known/spiffe-bundle`,
        trustDomain: 'sallyport.local',
        authorities: server.trustPem,
      },
    };
    run = await runSuite(target);
    for (const line of describeRun(run)) process.stdout.write(`${line}\n`);
  });

  it('breaks no rule', () => {
    const broken = run.report.filter(({ result }) => result === 'failed');
    assert.deepEqual(
      broken.map(({ id, tests }) => [id, tests.map(({ reason }) => reason)]),
      [],
    );
  });

  it('passes every rule that can be seen at its socket and its bundle endpoint', () => {
    const wanted = new Set(checks.filter(({ needs }) => needs !== 'library').map((c) => c.rule));
    const passed = new Set(run.idsOf('passed'));
    assert.deepEqual(
      [...wanted].filter((id) => !passed.has(id)),
      [],
    );
  });

  it('skips no rule', () => {
    assert.deepEqual(run.idsOf('skipped'), []);
    assert.equal(run.report.length, rules.length);
  });

  it('leaves to the library no rule without a test or a reason', () => {
    const tested = new Set(checks.map(({ rule }) => rule));
    for (const id of run.idsOf('no test')) assert.ok(tested.has(id), id);
  });
});
