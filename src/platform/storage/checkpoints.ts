/**
 * Moves SQLite's write-ahead log into the database file from a thread of its own, so that its syncs
 * never stop the event loop. Should that thread fail, SQLite does it at commits again, as by default.
 */
import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { StorageLog } from './types.ts';

/** Pages of 4 KiB not yet in the database file that are worth starting a thread for. */
const worthwhilePages = 2_000;
/** Beyond this the log is moved at a commit, whoever waits: the thread does not keep up. */
const boundPages = 16_000;
/** What SQLite would do by itself. */
const ordinaryPages = 1_000;
const lookIntervalMs = 1_000;

export type Checkpoints = {
  /** Looks now instead of later; resolves when what was found worthwhile has been moved. */
  readonly look: () => Promise<void>;
  /** Waits for the thread; afterwards none is started. */
  readonly close: () => Promise<void>;
};

export type CheckpointsOptions = {
  readonly database: DatabaseSync;
  readonly path: string;
  readonly log: StorageLog;
};

/** The file of the thread: TypeScript from a checkout, JavaScript from a build. */
const threadUrl = (): URL =>
  new URL(`./checkpoint-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** Lives as long as the work: a thread that waited for the next time would cost its memory. */
const runThread = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(threadUrl(), { workerData: path, name: 'checkpoint' });
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });

const setBound = (database: DatabaseSync, pages: number): void =>
  database.exec(`pragma wal_autocheckpoint = ${pages}`);

/** Pages that wait; none can be counted from within a transaction. */
const waitingPages = (database: DatabaseSync): number => {
  if (!database.isOpen || database.isTransaction) return 0;
  const row = database.prepare('pragma wal_checkpoint(noop)').get();
  return Number(row?.['log'] ?? 0) - Number(row?.['checkpointed'] ?? 0);
};

/** Begins to look after the write-ahead log of an open database file. */
export const startCheckpoints = ({ database, path, log }: CheckpointsOptions): Checkpoints => {
  let running: Promise<void> | undefined;
  const move = async (): Promise<void> => {
    try {
      await runThread(path);
    } catch (error) {
      stop();
      if (database.isOpen) setBound(database, ordinaryPages);
      log.warn({ error }, 'the database is checkpointed at commits: its own thread failed');
    } finally {
      running = undefined;
    }
  };
  const look = async (): Promise<void> => {
    if (running === undefined && waitingPages(database) >= worthwhilePages) running = move();
    await running;
  };
  const timer = setInterval(() => void look(), lookIntervalMs).unref();
  const stop = (): void => clearInterval(timer);
  setBound(database, boundPages);
  return {
    look,
    close: async () => {
      stop();
      await running;
    },
  };
};
