/**
 * A worker thread that ends the process when the main thread makes no progress, and says what was
 * going on. Tests that share one process need it: an endless loop in one would silence all.
 */
import { writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

type Watch = {
  /** Counts the seconds in which the event loop turned, and the things begun. */
  readonly counts: Int32Array;
  /** What was begun last: its length in bytes, then UTF-8. */
  readonly note: Uint8Array;
  readonly limits: Limits;
};
export type Limits = {
  /** How long the event loop may stand still. */
  readonly blockedMs: number;
  /** How long nothing new may begin. */
  readonly stalledMs: number;
};
export type Watchdog = {
  /** Remembers what is going on, for the message. */
  readonly begin: (what: string) => void;
  readonly stop: () => Promise<number>;
};

const beatMs = 1_000;
const maxNoteBytes = 250;

/** Starts watching. Ends the process with SIGKILL when a limit is reached. */
export const startWatchdog = (limits: Limits): Watchdog => {
  const counts = new Int32Array(new SharedArrayBuffer(8));
  const note = new Uint8Array(new SharedArrayBuffer(maxNoteBytes + 1));
  const watch: Watch = { counts, note, limits };
  const timer = setInterval(() => Atomics.add(counts, 0, 1), beatMs).unref();
  const worker = new Worker(new URL(import.meta.url), { workerData: watch });
  worker.unref();
  return {
    begin: (what) => {
      const bytes = Buffer.from(what).subarray(0, maxNoteBytes);
      note.set(bytes, 1);
      note[0] = bytes.length;
      Atomics.add(counts, 1, 1);
    },
    stop: () => {
      clearInterval(timer);
      return worker.terminate();
    },
  };
};

const accuse = (note: Uint8Array, what: string): void => {
  const last = Buffer.from(note.subarray(1, 1 + (note[0] ?? 0))).toString();
  writeSync(2, `${what} in or right after: ${last}\n`);
  process.kill(process.pid, 'SIGKILL');
};

/** Calls `alarm` when the counter at `index` has not moved for so long. */
const watchCounter = (
  { counts }: Watch,
  { index, limitMs }: { readonly index: number; readonly limitMs: number },
  alarm: () => void,
): void => {
  let seen = -1;
  let sinceMs = performance.now();
  setInterval(() => {
    const now = Atomics.load(counts, index);
    if (now !== seen) {
      seen = now;
      sinceMs = performance.now();
    } else if (performance.now() - sinceMs > limitMs) alarm();
  }, beatMs);
};

const watchMain = (watch: Watch): void => {
  const { blockedMs, stalledMs } = watch.limits;
  watchCounter(watch, { index: 0, limitMs: blockedMs }, () =>
    accuse(watch.note, `blocked for ${blockedMs / 1000} s`),
  );
  watchCounter(watch, { index: 1, limitMs: stalledMs }, () =>
    accuse(watch.note, `nothing began for ${stalledMs / 1000} s`),
  );
};

if (!isMainThread) watchMain(workerData as Watch);
