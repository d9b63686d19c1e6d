/**
 * The ledger: durable events a second from two producer threads, time to acknowledgement at a
 * steady 10,000 a second, and entries a second of the independent verifier. Baselines: the same
 * bytes appended and synchronised without a ledger, and hashed without a verifier.
 */
import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  type Ledger,
  ledgerMigrations,
  openLedger,
  verifyLedger,
} from '../src/domains/ledger/index.ts';
import { systemClock, systemRandom } from '../src/kernel/effects.ts';
import { createMemoryKeyStore } from '../src/platform/keys/index.ts';
import { createLog } from '../src/platform/log/index.ts';
import { createMetrics } from '../src/platform/metrics/index.ts';
import { openStorage } from '../src/platform/storage/index.ts';
import { decisionEvent } from './harness/ledger-events.ts';
import type { ProducerResult, ProducerWork } from './harness/ledger-producer.ts';
import { isShort, percentile, report } from './harness/report.ts';

const seconds = isShort() ? 3 : 10;
const producers = 2;
const batchSize = 500;
const steadyRate = 10_000;

type OpenedLedger = AsyncDisposable & { readonly ledger: Ledger; readonly directory: string };

const open = async (parent: string): Promise<OpenedLedger> => {
  const log = createLog({ level: 'error' });
  const storage = await openStorage({ url: 'sqlite:', dataDir: parent, log });
  await storage.migrate(ledgerMigrations);
  const directory = join(parent, 'ledger');
  const ledger = await openLedger({
    directory,
    keys: createMemoryKeyStore(),
    storage,
    config: {
      origin: 'bench.local/ledger',
      commitWindowMs: 2,
      checkpointIntervalMs: 1000,
      reserveBytes: 4 * 1024 * 1024,
      witnesses: [],
    },
    clock: systemClock,
    random: systemRandom,
    log,
    metrics: createMetrics(),
  });
  const close = async (): Promise<void> => {
    await ledger.close();
    await storage.close();
  };
  return { ledger, directory, [Symbol.asyncDispose]: close };
};

const runProducer = (ledger: Ledger, producer: number): Promise<ProducerResult> => {
  const port = ledger.createProducerPort();
  const work: ProducerWork = { port, producer, batchSize, batches: 4, seconds };
  const worker = new Worker(new URL('./harness/ledger-producer.ts', import.meta.url), {
    workerData: work,
    transferList: [port],
  });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
};

const entryBytes = Buffer.from(JSON.stringify(decisionEvent(0, 1)));

/** Appending and synchronising the same bytes in the same batches, with nothing around it. */
const bareAppends = (parent: string): number => {
  const batch = Buffer.concat(Array.from({ length: batchSize }, () => entryBytes));
  const file = openSync(join(parent, 'bare'), 'a');
  const startMs = performance.now();
  let count = 0;
  while (performance.now() - startMs < 1000) {
    writeSync(file, batch);
    fdatasyncSync(file);
    count += batchSize;
  }
  const perSecond = count / ((performance.now() - startMs) / 1000);
  closeSync(file);
  return perSecond;
};

const measureThroughput = async (parent: string): Promise<void> => {
  const baseline = bareAppends(parent);
  await using opened = await open(parent);
  const results = await Promise.all(
    Array.from({ length: producers }, (_, i) => runProducer(opened.ledger, i)),
  );
  const value =
    results.reduce((sum, { durable, elapsedMs }) => sum + durable / elapsedMs, 0) * 1000;
  const name = `ledger: durable events from ${producers} producers`;
  const bound = { of: 'value', atLeast: 50_000 } as const;
  report({ name, value, unit: 'events/s', baseline, bound });
};

const measureVerification = async (directory: string): Promise<void> => {
  const startMs = performance.now();
  const { ok, size, problems } = await verifyLedger({ directory });
  const value = size / ((performance.now() - startMs) / 1000);
  if (!ok) throw new Error(`the ledger does not verify: ${problems[0]?.what}`);
  const hashStartMs = performance.now();
  for (let i = 0; i < size; i++) createHash('sha256').update(entryBytes).digest();
  const baseline = size / ((performance.now() - hashStartMs) / 1000);
  const bound = { of: 'value', atLeast: 100_000 } as const;
  report({ name: 'ledger: verification', value, unit: 'entries/s', baseline, bound });
};

/** Acknowledgement times when so many events a second come, as the gateway sends them. */
const measureAcknowledgement = async (parent: string): Promise<void> => {
  await using opened = await open(parent);
  const times: number[] = [];
  const total = steadyRate * seconds;
  const pending: Promise<void>[] = [];
  const append = async (n: number): Promise<void> => {
    const sentMs = performance.now();
    await opened.ledger.append(decisionEvent(9, n));
    times.push(performance.now() - sentMs);
  };
  const startMs = performance.now();
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, ((performance.now() - startMs) / 1000) * steadyRate);
    for (; sent < due; sent++) pending.push(append(sent));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  const achieved = total / ((performance.now() - startMs) / 1000);
  const at = `at ${Math.round(achieved).toLocaleString('en')} events/s`;
  const name = `ledger: acknowledgement p99 at ${steadyRate.toLocaleString('en')} events/s`;
  process.stderr.write(`acknowledgement ${at}: p50 ${percentile(times, 0.5).toFixed(2)} ms\n`);
  const bound = { of: 'value', atMost: 10 } as const;
  report({ name, value: percentile(times, 0.99), unit: 'ms', bound });
};

const inDirectory = async (work: (directory: string) => Promise<void>): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-ledger-'));
  try {
    await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

await inDirectory(async (directory) => {
  await measureThroughput(directory);
  await measureVerification(join(directory, 'ledger'));
});
await inDirectory(measureAcknowledgement);
