/**
 * A job fans out: a real server, agents of four nodes and 10,000 workers of one group, 2,000 of them
 * with a Workload API client of their own over a real socket; the time until everybody has its SVID.
 * Then the time from registering one workload to the SVID in its hands, and how even renewals are
 * over one TTL. `--short` has 1,000 workers.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Agent,
  bundleFromPem,
  createAgent,
  createServerTrust,
  createWorkloadAttestor,
  proveBy,
  systemEffects,
} from '../src/doors/agent/index.ts';
import { renewAfterMs } from '../src/doors/agent/svids/renewal-times.ts';
import {
  createWorkloadClient,
  serveWorkloadApi,
  type WorkloadApi,
} from '../src/doors/workload-api/index.ts';
import { orThrow } from '../src/kernel/errors.ts';
import { createLog } from '../src/platform/log/index.ts';
import { createMetrics } from '../src/platform/metrics/index.ts';
import { type RealServer, startRealServer } from '../test/journeys/real-server.ts';
import { isShort, type Measurement, percentile, report } from './harness/report.ts';

const nodes = 4;
const workers = isShort() ? 1_000 : 10_000;
const overSockets = isShort() ? 200 : 2_000;
const registered = isShort() ? 50 : 300;
const warmUps = 20;
const directory = mkdtempSync(join(tmpdir(), 'sallyport-fan-out-'));
const log = createLog({ level: 'error' });

type Node = { readonly agent: Agent; readonly api: WorkloadApi; readonly socket: string };

/** Workers live in this process: each connection counts as a process of its own. */
const createNumbers = (): (() => number) => {
  let last = 0;
  return () => (last += 1);
};
const nextPid = createNumbers();

/** `…/w-17.sock` has the selector `socket:w-17`. */
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1, -'.sock'.length);

const startNode = async (server: RealServer, at: number): Promise<Node> => {
  const { token } = await server.call('POST', '/api/v1/identity/agents/join-tokens', {
    node: `node-${at}`,
  });
  const agent = await createAgent({
    server: server.url,
    trust: createServerTrust(orThrow(bundleFromPem(server.trustPem))),
    prove: proveBy({
      attestor: 'join-token',
      evidence: () => Promise.resolve({ token: String(token) }),
    }),
    state: join(directory, `agent-${at}`),
    attest: createWorkloadAttestor({ credentials: undefined, socketName: nameOf }),
    keysAhead: 512,
    graceMs: 5_000,
    effects: systemEffects,
    log,
    metrics: createMetrics(),
  });
  const socket = join(directory, `n${at}`, 'job.sock');
  const api = await serveWorkloadApi({
    source: agent.source,
    places: [{ kind: 'unix', path: socket }],
    identify: (_socket, place) => ({
      uid: 1000,
      gid: 1000,
      pid: nextPid(),
      socket: place.kind === 'unix' ? place.path : '',
    }),
    log,
  });
  await agent.ready();
  return { agent, api, socket };
};

const nodeAt = (all: readonly Node[], n: number): Node => {
  const node = all[n % all.length];
  if (node === undefined) throw new Error('no nodes');
  return node;
};

/** A worker with its own connection; resolves with its SPIFFE ID and keeps its stream open. */
const workOverSocket = async ({ socket }: Node, stop: AbortSignal): Promise<string> => {
  const client = orThrow(createWorkloadClient(`unix:${socket}`));
  const stream = client.fetchX509SVID({}, { signal: stop })[Symbol.asyncIterator]();
  const { value } = (await stream.next()) as IteratorResult<
    { readonly svids: readonly { readonly spiffeId: string }[] },
    undefined
  >;
  stream.next().catch(() => undefined);
  return value?.svids[0]?.spiffeId ?? '';
};

const workInside = async ({ agent, socket }: Node): Promise<string> => {
  const peer = { uid: 1000, gid: 1000, pid: nextPid(), socket };
  const session = orThrow(await agent.source.open(peer));
  return session.current().identities[0]?.spiffeId ?? '';
};

const fanOut = async (server: RealServer, all: readonly Node[]): Promise<number> => {
  const stop = new AbortController();
  const startedAt = performance.now();
  const ids = Array.from({ length: workers }, (_, n) =>
    n < overSockets ? workOverSocket(nodeAt(all, n), stop.signal) : workInside(nodeAt(all, n)),
  );
  // Workers are there before their group: the first-SVID race at full size.
  const groups = all.map(({ agent }) =>
    server.call('POST', '/api/v1/identity/groups', {
      spiffeId: 'spiffe://sallyport.local/job',
      parent: { agentId: agent.status().agentId },
      selectors: ['socket:job', 'unix:uid:1000'],
      instances: workers,
    }),
  );
  await Promise.all(groups);
  const distinct = new Set(await Promise.all(ids));
  const seconds = (performance.now() - startedAt) / 1000;
  stop.abort();
  if (distinct.size !== workers) throw new Error(`${distinct.size} of ${workers} identities`);
  return seconds;
};

/** One workload that waits on its own socket, then is registered: milliseconds until it is served. */
const registerOne = async (server: RealServer, node: Node, n: number) => {
  const agentId = node.agent.status().agentId ?? '';
  const path = join(directory, 'one', `w-${n}.sock`);
  const listener = await node.api.listen({ kind: 'unix', path });
  const client = orThrow(createWorkloadClient(`unix:${path}`));
  const stop = new AbortController();
  const stream = client.fetchX509SVID({}, { signal: stop.signal })[Symbol.asyncIterator]();
  const first = stream.next().then(() => performance.now());
  const startedAt = performance.now();
  const created = server
    .call('POST', '/api/v1/identity/entries', {
      spiffeId: `spiffe://sallyport.local/one/${n}`,
      parent: { agentId },
      selectors: [`socket:w-${n}`],
    })
    .then(() => performance.now());
  const [servedAt, createdAt] = await Promise.all([first, created]);
  stop.abort();
  await listener.close();
  return { sinceAsked: servedAt - startedAt, sinceCreated: Math.max(0, servedAt - createdAt) };
};

/** Renewals of a fleet that starts at once, by 60-second buckets of one TTL. */
const renewalEvenness = (): number => {
  const ttlMs = 3_600_000;
  const buckets = Array.from({ length: 60 }, () => 0);
  for (let worker = 0; worker < 10_000; worker++) {
    let atMs = renewAfterMs(ttlMs, 'first', Math.random());
    while (atMs < ttlMs) {
      const bucket = Math.floor(atMs / 60_000);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      atMs += renewAfterMs(ttlMs, 'later', Math.random());
    }
  }
  const mean = buckets.reduce((sum, count) => sum + count, 0) / buckets.length;
  return Math.max(...buckets) / mean;
};

const run = async (): Promise<void> => {
  const server = await startRealServer({ directory });
  const all = await Promise.all(Array.from({ length: nodes }, (_, at) => startNode(server, at)));
  const latencies: { readonly sinceAsked: number; readonly sinceCreated: number }[] = [];
  for (let n = 0; n < registered + warmUps; n++)
    latencies.push(await registerOne(server, nodeAt(all, n), n));
  const warm = latencies.slice(warmUps);
  const seconds = await fanOut(server, all);
  const asked = warm.map(({ sinceAsked }) => sinceAsked);
  const confirmed = warm.map(({ sinceCreated }) => sinceCreated);
  const measurements: readonly Measurement[] = [
    { name: 'all workers served', value: seconds, unit: 's', bound: { of: 'value', atMost: 15 } },
    {
      name: 'entry to SVID in hands, p99',
      value: percentile(asked, 0.99),
      unit: 'ms',
      bound: { of: 'value', atMost: 100 },
    },
    { name: 'entry to SVID in hands, p50', value: percentile(asked, 0.5), unit: 'ms' },
    { name: 'confirmed entry to SVID, p99', value: percentile(confirmed, 0.99), unit: 'ms' },
    {
      name: 'renewals per 60 s over one TTL, most to mean',
      value: renewalEvenness(),
      unit: '',
      bound: { of: 'value', atMost: 1.5 },
    },
  ];
  for (const measurement of measurements)
    report({ ...measurement, name: `fan-out: ${measurement.name}` });
  for (const { api, agent } of all) {
    await api.close();
    await agent.close();
  }
  await server.stop();
};

try {
  await run();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
