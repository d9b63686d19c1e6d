/**
 * Workload identity through the whole room, with a durable ledger and SQLite: SVIDs issued by the
 * batch from requests with proof of possession, the time from a new entry to the line that tells
 * its agent, and finding an agent's entries among 100,000. Baseline of issuing: the two signatures
 * that nobody can avoid, one checked and one made.
 */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Actor,
  type AttestedAgent,
  createIdentity,
  type Identity,
  migrations,
  systemActor,
} from '../src/domains/identity/index.ts';
import { ledgerMigrations, openLedger } from '../src/domains/ledger/index.ts';
import { createCertificateRequest } from '../src/engines/pki/index.ts';
import { systemClock as clock, systemRandom as random } from '../src/kernel/effects.ts';
import { orThrow } from '../src/kernel/errors.ts';
import { parseSpiffeId, parseTenantId, parseTrustDomain } from '../src/kernel/ids.ts';
import { createMemoryKeyStore } from '../src/platform/keys/index.ts';
import { createLog } from '../src/platform/log/index.ts';
import { createMetrics } from '../src/platform/metrics/index.ts';
import { openStorage } from '../src/platform/storage/index.ts';
import { isShort, percentile, report } from './harness/report.ts';

const batchSize = 500;
const nodes = 4;
const batches = isShort() ? 2 : 10;
const entriesPushed = isShort() ? 100 : 500;
const entriesIndexed = isShort() ? 5000 : 100_000;
const trustDomain = orThrow(parseTrustDomain('bench.example'));
const tenant = orThrow(parseTenantId('default'));
const actor: Actor = systemActor(tenant);
const spiffe = (path: string) => orThrow(parseSpiffeId(`spiffe://${trustDomain}${path}`));

const newCsr = (): Uint8Array => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return createCertificateRequest({
    spki: publicKey.export({ format: 'der', type: 'spki' }),
    sign: (data) => sign('sha256', data, privateKey),
  });
};

type Room = AsyncDisposable & { readonly identity: Identity };

const open = async (dataDir: string): Promise<Room> => {
  const log = createLog({ level: 'error' });
  const storage = await openStorage({ url: 'sqlite:', dataDir, log });
  await storage.migrate([...migrations, ...ledgerMigrations]);
  const keys = createMemoryKeyStore({ clock, random });
  const metrics = createMetrics();
  const common = { keys, storage, clock, random, log };
  const ledger = await openLedger({
    ...common,
    metrics,
    directory: join(dataDir, 'ledger'),
    config: {
      origin: 'bench.example/ledger',
      commitWindowMs: 2,
      checkpointIntervalMs: 1000,
      reserveBytes: 4 * 1024 * 1024,
      witnesses: [],
    },
  });
  const identity = await createIdentity({
    ...common,
    ledger,
    access: {
      putEntity: () => Promise.resolve(),
      getEntity: () => undefined,
      removeEntity: () => Promise.resolve(false),
      isIn: () => false,
    },
    config: {
      trustDomain,
      tenant,
      dataDir,
      issueLimit: { perSecond: 1_000_000, burst: 1_000_000 },
    },
  });
  const dispose = async (): Promise<void> => {
    await identity.close();
    await ledger.close();
    await storage.close();
  };
  return { identity, [Symbol.asyncDispose]: dispose };
};

const attest = async ({ identity }: Room, node: string): Promise<AttestedAgent> => {
  const { token } = orThrow(await identity.agents.createJoinToken(actor, { node }));
  const evidence = { token: token.reveal() };
  const answer = orThrow(
    await identity.agents.attest({ attestor: 'join-token', evidence, csr: newCsr() }),
  );
  if ('challenge' in answer) throw new Error('not attested');
  return orThrow(identity.agents.authenticate(answer.chain));
};

/** What nobody can avoid: one signature checked, one made. */
const bareSignatures = (): number => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const data = Buffer.alloc(512, 7);
  const signature = sign('sha256', data, privateKey);
  const startMs = performance.now();
  let count = 0;
  while (performance.now() - startMs < 1000) {
    verify('sha256', data, publicKey, signature);
    sign('sha256', data, privateKey);
    count += 1;
  }
  return count / ((performance.now() - startMs) / 1000);
};

/** A node with a job of as many workers as a call may ask for. */
const openJob = async (room: Room, number: number) => {
  const agent = await attest(room, `issuing-${number}`);
  const job = orThrow(
    await room.identity.entries.create(actor, {
      spiffeId: spiffe(`/job-${number}`),
      parent: { kind: 'agent', agentId: agent.agentId },
      selectors: ['unix:uid:1000'],
      instances: batchSize,
    }),
  );
  const requests = Array.from({ length: batchSize }, (_, at) => ({
    entryId: job.id,
    csr: newCsr(),
    instance: `rank-${at}`,
  }));
  return { agent, requests };
};

/** Several nodes ask at once, as they do when a job starts. */
const measureIssuing = async (room: Room): Promise<void> => {
  const jobs = await Promise.all(Array.from({ length: nodes }, (_, at) => openJob(room, at)));
  const issue = async (
    { agent, requests }: (typeof jobs)[number],
    times: number,
  ): Promise<void> => {
    for (let batch = 0; batch < times; batch++) {
      const answers = orThrow(await room.identity.agents.issueX509Svids(agent, requests));
      if (answers.some((answer) => 'error' in answer)) throw new Error('an SVID was refused');
    }
  };
  await Promise.all(jobs.map((job) => issue(job, 1)));
  const startMs = performance.now();
  await Promise.all(jobs.map((job) => issue(job, batches)));
  report({
    name: 'identity: SVIDs by the batch, possession proven, recorded',
    value: (nodes * batches * batchSize) / ((performance.now() - startMs) / 1000),
    unit: 'SVIDs/s',
    baseline: bareSignatures(),
    bound: { of: 'ratio', atLeast: 0.4 },
  });
};

/** From the call that makes the entry to the news at its agent, ledger and storage included. */
const measurePush = async (room: Room): Promise<void> => {
  const agent = await attest(room, 'pushed');
  const times: number[] = [];
  let heard: (() => void) | undefined;
  const { close } = room.identity.agents.subscribe(agent, (news) => {
    if (news.type === 'change' && news.entries.length > 0) heard?.();
  });
  for (let at = 0; at < entriesPushed; at++) {
    const arrived = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const startMs = performance.now();
    const made = room.identity.entries.create(actor, {
      spiffeId: spiffe('/pushed'),
      parent: { kind: 'agent', agentId: agent.agentId },
      selectors: [`unix:uid:${at}`],
    });
    await arrived;
    times.push(performance.now() - startMs);
    orThrow(await made);
  }
  close();
  report({
    name: 'identity: new entry to its agent, p99',
    value: percentile(times, 0.99),
    unit: 'ms',
    bound: { of: 'value', atMost: 50 },
  });
};

const measureIndex = async (room: Room): Promise<void> => {
  const agent = await attest(room, 'indexed');
  const perNode = 100;
  for (let at = 0; at < entriesIndexed; at += 200) {
    const some = Array.from({ length: 200 }, (_, i) => at + i);
    await Promise.all(
      some.map(async (number) => {
        const node = Math.floor(number / perNode);
        const parent =
          node === 0
            ? ({ kind: 'agent', agentId: agent.agentId } as const)
            : ({ kind: 'nodes', selectors: ['k8s:cluster:a', `k8s:node:${node}`] } as const);
        const selectors = [`unix:uid:${number}`];
        const spiffeId = spiffe(`/indexed/${number % 100}`);
        orThrow(await room.identity.entries.create(actor, { spiffeId, parent, selectors }));
      }),
    );
  }
  const times: number[] = [];
  for (let round = 0; round < 200; round++) {
    const startMs = performance.now();
    room.identity.agents.subscribe(agent, () => {}).close();
    times.push(performance.now() - startMs);
  }
  report({
    name: `identity: state of an agent with ${perNode} of ${room.identity.entries.size()} entries, p99`,
    value: percentile(times, 0.99),
    unit: 'ms',
    bound: { of: 'value', atMost: 10 },
  });
};

const dataDir = mkdtempSync(join(tmpdir(), 'sallyport-bench-identity-'));
try {
  await using room = await open(dataDir);
  await measureIssuing(room);
  await measurePush(room);
  await measureIndex(room);
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
