/** Server, agent and workload for real: registered, served, revoked, cut off, restarted. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  type AgentProcess,
  joinTokenEvidence,
  proveBy,
  startAgentProcess,
} from '../../src/doors/agent/index.ts';
import { createWorkloadClient, type WorkloadClient } from '../../src/doors/workload-api/index.ts';
import { splitCertificates } from '../../src/engines/pki/index.ts';
import { orThrow } from '../../src/kernel/errors.ts';
import { createMemoryLog } from '../../src/platform/log/index.ts';
import { type RealServer, startRealServer } from './real-server.ts';

type Update = { readonly ids: readonly string[]; readonly serial: string; readonly atMs: number };

const evidenceEffects = {
  readText: (path: string) => import('node:fs/promises').then((fs) => fs.readFile(path, 'utf8')),
  fetchText: () => Promise.reject(new Error('no metadata service')),
};

/** Follows the X.509 stream; `next` gives what came after the last look. */
const follow = (client: WorkloadClient) => {
  const updates: Update[] = [];
  const stop = new AbortController();
  let wake = (): void => undefined;
  let taken = 0;
  const run = async (): Promise<void> => {
    for await (const { svids } of client.fetchX509SVID({}, { signal: stop.signal })) {
      const [leaf] = orThrow(splitCertificates(svids[0]?.x509Svid ?? new Uint8Array(0)));
      const { serialNumber: serial } = new X509Certificate(leaf ?? new Uint8Array(0));
      updates.push({ ids: svids.map(({ spiffeId }) => spiffeId), serial, atMs: performance.now() });
      wake();
    }
  };
  const ended = run().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  const next = async (): Promise<Update> => {
    while (updates.length <= taken) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await Promise.race([promise, ended]);
    }
    return updates[taken++] as Update;
  };
  return { next, stop: () => stop.abort(), updates };
};

let directory = '';
let server: RealServer & { readonly token: string };
let agent: AgentProcess;
let client: WorkloadClient;
let entryId = '';
const log = createMemoryLog();
const uid = process.getuid?.() ?? 0;
const socket = (): string => join(directory, 'run', 'web.sock');

const startAgent = async (): Promise<AgentProcess> =>
  startAgentProcess({
    serverUrl: server.url,
    firstTrust: { kind: 'pem', text: server.trustPem },
    prove: proveBy(joinTokenEvidence(join(directory, 'join-token'), evidenceEffects)),
    stateDirectory: join(directory, 'agent'),
    sockets: [{ path: socket(), uid }],
    log,
  });

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-workload-'));
  server = await startRealServer({ directory });
  const { token } = await server.call('POST', '/api/v1/identity/agents/join-tokens', {
    node: 'rack-1',
  });
  writeFileSync(join(directory, 'join-token'), String(token), { mode: 0o600 });
  agent = await startAgent();
  await agent.agent.ready();
  client = orThrow(createWorkloadClient(`unix:${socket()}`));
});

after(async () => {
  await agent.close();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const spiffeId = 'spiffe://sallyport.local/web';

describe('workload identity', () => {
  it('gives a workload its SVID within a moment of its registration', async () => {
    const agentId = agent.agent.status().agentId;
    const follower = follow(client);
    const startedAt = performance.now();
    const entry = await server.call('POST', '/api/v1/identity/entries', {
      spiffeId,
      parent: { agentId },
      selectors: ['socket:web', `unix:uid:${uid}`, `unix:path:${process.execPath}`],
    });
    entryId = String(entry['id']);
    const { ids, atMs } = await follower.next();
    assert.deepEqual(ids, [spiffeId]);
    process.stdout.write(`registered to served: ${Math.round(atMs - startedAt)} ms\n`);
    assert.ok(atMs - startedAt < 1_000);
    follower.stop();
  });

  it('is believed by openssl', async () => {
    const [first] = await Array.fromAsync(takeOne(client));
    const svid = first?.svids[0];
    const chain = orThrow(splitCertificates(svid?.x509Svid ?? new Uint8Array(0)));
    const pem = (der: Uint8Array): string => new X509Certificate(der).toString();
    writeFileSync(join(directory, 'chain.pem'), chain.slice(1).map(pem).join(''));
    writeFileSync(join(directory, 'leaf.pem'), pem(chain[0] ?? new Uint8Array(0)));
    writeFileSync(join(directory, 'root.pem'), pem(svid?.bundle ?? new Uint8Array(0)));
    const words = ['verify', '-CAfile', 'root.pem', '-untrusted', 'chain.pem', 'leaf.pem'];
    assert.match(execFileSync('openssl', words, { cwd: directory, encoding: 'utf8' }), /OK/);
  });

  it('issues and validates JWT-SVIDs', async () => {
    const { svids } = await client.fetchJWTSVID({ audience: ['api'] });
    const token = svids[0]?.svid ?? '';
    const valid = await client.validateJWTSVID({ audience: 'api', svid: token });
    assert.equal(valid.spiffeId, spiffeId);
    await assert.rejects(client.validateJWTSVID({ audience: 'other', svid: token }));
  });

  it('replaces a revoked SVID within a second', async () => {
    const follower = follow(client);
    const { serial } = await follower.next();
    const startedAt = performance.now();
    await server.call('POST', '/api/v1/identity/revocations', {
      credentialId: `x509:${serial.toLowerCase()}`,
    });
    let update = await follower.next();
    while (update.serial === serial) update = await follower.next();
    process.stdout.write(`revoked to replaced: ${Math.round(update.atMs - startedAt)} ms\n`);
    assert.ok(update.atMs - startedAt < 1_000);
    follower.stop();
  });

  it('goes on serving while the server is away, and is connected again by itself', async () => {
    const { port } = new URL(server.url);
    const { token } = server;
    await server.stop('SIGKILL');
    const [first] = await Array.fromAsync(takeOne(client));
    assert.equal(first?.svids[0]?.spiffeId, spiffeId);
    server = await startRealServer({ directory, port: Number(port), token });
    while (!agent.agent.status().isConnected)
      await new Promise<void>((resolve) => void setTimeout(resolve, 20));
    const [again] = await Array.fromAsync(takeOne(client));
    assert.equal(again?.svids[0]?.spiffeId, spiffeId);
  });

  it('restarts with the identity it kept, without a new join token', async () => {
    await agent.close();
    agent = await startAgent();
    await agent.agent.ready();
    const [first] = await Array.fromAsync(takeOne(client));
    assert.equal(first?.svids[0]?.spiffeId, spiffeId);
  });

  it('takes the identity away when the entry is removed', async () => {
    const follower = follow(client);
    await follower.next();
    await server.call('DELETE', `/api/v1/identity/entries/${entryId}`);
    await assert.rejects(follower.next(), /permission_denied|no identity|403|closed/i);
  });
});

const takeOne = async function* (from: WorkloadClient) {
  for await (const message of from.fetchX509SVID({})) {
    yield message;
    return;
  }
};
