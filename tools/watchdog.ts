/**
 * A worker thread that ends the process when the main thread makes no progress, and says what was
 * going on. Tests that share one process need it: an endless loop in one would silence all.
 */
import { writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

type Watch = {
  /** Counts the seconds in which the event loop turned. */
  readonly beats: Int32Array;
  /** What was begun last: its length in bytes, then UTF-8. */
  readonly note: Uint8Array;
  readonly limitMs: number;
};
export type Watchdog = {
  /** Remembers what is going on, for the message. */
  readonly begin: (what: string) => void;
  readonly stop: () => Promise<number>;
};

const beatMs = 1_000;
const maxNoteBytes = 250;

/** Starts watching. The limit counts from the last time the event loop turned. */
export const startWatchdog = (limitMs: number): Watchdog => {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const note = new Uint8Array(new SharedArrayBuffer(maxNoteBytes + 1));
  const watch: Watch = { beats, note, limitMs };
  const timer = setInterval(() => Atomics.add(beats, 0, 1), beatMs).unref();
  const worker = new Worker(new URL(import.meta.url), { workerData: watch });
  worker.unref();
  return {
    begin: (what) => {
      const bytes = Buffer.from(what).subarray(0, maxNoteBytes);
      note.set(bytes, 1);
      note[0] = bytes.length;
    },
    stop: () => {
      clearInterval(timer);
      return worker.terminate();
    },
  };
};

const accuse = ({ note, limitMs }: Watch): void => {
  const what = Buffer.from(note.subarray(1, 1 + (note[0] ?? 0))).toString();
  writeSync(2, `blocked for ${limitMs / 1000} s in or right after: ${what}\n`);
  process.kill(process.pid, 'SIGKILL');
};

const watchMain = (watch: Watch): void => {
  let seen = -1;
  let sinceMs = performance.now();
  setInterval(() => {
    const now = Atomics.load(watch.beats, 0);
    if (now !== seen) {
      seen = now;
      sinceMs = performance.now();
    } else if (performance.now() - sinceMs > watch.limitMs) accuse(watch);
  }, beatMs);
};

if (!isMainThread) watchMain(workerData as Watch);
