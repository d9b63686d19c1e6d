/** Ledgers in temporary directories, with the writer in this thread so that its disk can fail. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Ledger,
  type LedgerConfig,
  ledgerMigrations,
  openLedger,
} from '../../../src/domains/ledger/index.ts';
import {
  type FileOperations,
  nodeFileOperations,
} from '../../../src/domains/ledger/writer/file-operations.ts';
import { startWriterHere } from '../../../src/domains/ledger/writer/writer-handle.ts';
import { systemClock, systemRandom } from '../../../src/kernel/effects.ts';
import { createMemoryKeyStore, type KeyStore } from '../../../src/platform/keys/index.ts';
import { createMemoryLog, type MemoryLog } from '../../../src/platform/log/index.ts';
import { createMetrics } from '../../../src/platform/metrics/index.ts';
import { openMemoryStorage, type Storage } from '../../../src/platform/storage/index.ts';

export type TestLedger = {
  readonly directory: string;
  readonly keys: KeyStore;
  readonly storage: Storage;
  readonly log: MemoryLog;
  /** Opens (or opens again) the ledger of the directory; closed at the end of the test. */
  readonly open: (options?: OpenOptions) => Promise<Ledger>;
};

export type OpenOptions = {
  readonly config?: Partial<LedgerConfig>;
  readonly files?: Partial<FileOperations>;
  readonly storage?: Storage;
};

const baseConfig: LedgerConfig = {
  origin: 'ledger.test/node',
  commitWindowMs: 0,
  checkpointIntervalMs: 60_000,
  reserveBytes: 4096,
  probeIntervalMs: 20,
  witnesses: [],
};

/** Runs a test with a fresh directory, key store and database; cleans up whatever happens. */
export const withLedger = async (test: (given: TestLedger) => Promise<void>): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-ledger-'));
  const keys = createMemoryKeyStore();
  const storage = await openMemoryStorage(ledgerMigrations);
  const log = createMemoryLog();
  const opened: Ledger[] = [];
  const open = async (options: OpenOptions = {}): Promise<Ledger> => {
    const ledger = await openLedger({
      directory,
      keys,
      storage: options.storage ?? storage,
      config: { ...baseConfig, ...options.config },
      clock: systemClock,
      random: systemRandom,
      log,
      metrics: createMetrics(),
      startWriter: startWriterHere({ ...nodeFileOperations, ...options.files }),
    });
    opened.push(ledger);
    return ledger;
  };
  try {
    await test({ directory, keys, storage, log, open });
  } finally {
    await Promise.all(opened.map((ledger) => ledger.close()));
    await storage.close();
    rmSync(directory, { recursive: true, force: true });
  }
};

/** Asserts that a promise rejects with a code. */
export const rejectsWith = async (promise: Promise<unknown>, code: string): Promise<Error> => {
  try {
    await promise;
  } catch (error) {
    if ((error as { code?: unknown }).code === code) return error as Error;
    throw error;
  }
  throw new Error(`nothing was thrown instead of ${code}`);
};
