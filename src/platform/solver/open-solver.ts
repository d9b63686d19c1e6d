/** Z3 in a thread of its own: loaded at the first script, ended when one takes too long. */
import { Worker } from 'node:worker_threads';
import type { Solver, SolverOptions, SolverReply, ThreadReply, ThreadStart } from './types.ts';

const defaultTimeoutMs = 10_000;
const defaultMemoryMb = 512;
/** Loading costs a fifth of a second; on a machine that is busy more. */
const loadingMs = 60_000;
const maxScript = 64 * 1024 * 1024;

const threadUrl = (): URL =>
  new URL(`./solver-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

type Thread = {
  readonly worker: Worker;
  readonly ready: Promise<SolverReply>;
  /** Hears of the next reply, or of the end of the thread. */
  settle: (reply: SolverReply) => void;
};

const startThread = (start: ThreadStart): Thread => {
  const worker = new Worker(threadUrl(), {
    workerData: start,
    name: 'solver',
    // Flags of the command line, --input-type above all, are not for this file.
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  const { promise: ready, resolve: becomeReady } = Promise.withResolvers<SolverReply>();
  const thread: Thread = { worker, ready, settle: () => undefined };
  const end = (failure: string): void => {
    becomeReady({ failure });
    thread.settle({ failure });
  };
  worker.on('message', (message: ThreadReply) => {
    if (message.kind === 'ready') becomeReady({ output: '' });
    else thread.settle('output' in message ? { output: message.output } : message);
  });
  worker.on('error', (error: Error) => end(`the solver failed: ${error.message}`));
  worker.on('exit', () => end('the solver has ended'));
  return thread;
};

/** Waits for a reply that may never come. */
const within = (reply: Promise<SolverReply>, ms: number, failure: string): Promise<SolverReply> => {
  const { promise, resolve } = Promise.withResolvers<SolverReply>();
  const timer = setTimeout(() => resolve({ failure }), ms);
  void reply.then(resolve);
  return promise.finally(() => clearTimeout(timer));
};

class SolverThread {
  readonly #timeoutMs: number;
  readonly #start: ThreadStart;
  #thread: Thread | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor({ timeoutMs = defaultTimeoutMs, memoryMb = defaultMemoryMb }: SolverOptions) {
    this.#timeoutMs = timeoutMs;
    this.#start = { memoryMb };
  }

  solve(script: string): Promise<SolverReply> {
    const reply = this.#tail.then(() => this.#run(script));
    this.#tail = reply;
    return reply;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
  }

  async #run(script: string): Promise<SolverReply> {
    if (this.#isClosed) return { failure: 'the solver was closed' };
    if (script.length > maxScript) return { failure: 'the question is too large for the solver' };
    const thread = (this.#thread ??= startThread(this.#start));
    thread.worker.ref();
    const reply = await this.#ask(thread, script);
    if ('failure' in reply) await this.#end();
    else thread.worker.unref();
    return reply;
  }

  async #ask(thread: Thread, script: string): Promise<SolverReply> {
    const loaded = await within(thread.ready, loadingMs, 'the solver could not be loaded in time');
    if ('failure' in loaded) return loaded;
    const { promise, resolve } = Promise.withResolvers<SolverReply>();
    thread.settle = resolve;
    thread.worker.postMessage({ script });
    return within(promise, this.#timeoutMs, `the solver took longer than ${this.#timeoutMs} ms`);
  }

  /** A thread that failed or is stuck is no thread to ask again. */
  async #end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.worker.terminate();
  }
}

/**
 * Makes a solver. Nothing is loaded before the first script, and a solver that waits for scripts does
 * not keep the process alive.
 */
export const openSolver = (options: SolverOptions = {}): Solver => {
  const thread = new SolverThread(options);
  return { solve: (script) => thread.solve(script), close: () => thread.close() };
};
