/** The ledger's side of the writer: starts it in its thread (or in this one, for tests). */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { SallyportError } from '../../../kernel/errors.ts';
import { ledgerErrors } from '../errors.ts';
import type { FileOperations } from './file-operations.ts';
import type { ControlCall, ControlReply, ControlRequest, Notice, OpenedFacts } from './protocol.ts';
import { serveWriter, type WriterStart } from './serve-writer.ts';
import { writeRefusing } from './shared-state.ts';
import type { ThreadStart } from './writer-thread.ts';

export type WriterHandle = {
  readonly opened: OpenedFacts;
  /** Rejects with E_LEDGER_UNAVAILABLE when the writer could not do it or is gone. */
  readonly call: (request: ControlCall, transfer?: readonly MessagePort[]) => Promise<unknown>;
  /** Replaces the listener of what the writer says unasked. */
  readonly onNotice: (listener: (notice: Notice) => void) => void;
  /** Closes the writer and waits for its thread to end. */
  readonly close: () => Promise<void>;
};

/** Starts a writer. */
export type WriterStarter = (start: WriterStart) => Promise<WriterHandle>;

const unavailable = (reason: string): SallyportError =>
  new SallyportError(ledgerErrors.E_LEDGER_UNAVAILABLE, `the ledger writer: ${reason}`);

/** Longest wait for an answer; a thread that is stuck in a sync to a dead disk gives none. */
const callTimeoutMs = 30_000;

type Pending = {
  readonly timer: NodeJS.Timeout;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: SallyportError) => void;
};

class Connection {
  readonly #port: MessagePort;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #endReason: string | undefined;
  listener: (notice: Notice) => void = () => undefined;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (message: ControlReply | Notice) => this.#receive(message));
    port.on('close', () => this.end('it has ended'));
  }

  /** From now on only awaited answers keep the process alive. */
  relax(): void {
    if (this.#pending.size === 0) this.#port.unref();
  }

  call(request: ControlCall, transfer: readonly MessagePort[] = []): Promise<unknown> {
    if (this.#endReason !== undefined) return Promise.reject(unavailable(this.#endReason));
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    // The process must not end while an answer is awaited, and may otherwise.
    if (this.#pending.size === 0) this.#port.ref();
    const timer = setTimeout(() => this.#expire(id), callTimeoutMs).unref();
    this.#pending.set(id, { timer, resolve, reject });
    const message: ControlRequest = { id, request };
    this.#port.postMessage(message, [...transfer]);
    return promise;
  }

  /** No more answers will come. */
  end(reason: string): void {
    this.#endReason ??= reason;
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    for (const { timer, reject } of lost) {
      clearTimeout(timer);
      reject(unavailable(this.#endReason));
    }
  }

  #expire(id: number): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.relax();
    pending?.reject(unavailable('it does not answer'));
  }

  #receive(message: ControlReply | Notice): void {
    if ('notice' in message) return this.listener(message);
    const pending = this.#pending.get(message.id);
    clearTimeout(pending?.timer);
    this.#pending.delete(message.id);
    this.relax();
    if ('error' in message) pending?.reject(unavailable(message.error));
    else pending?.resolve(message.value);
  }
}

const awaitOpened = (connection: Connection): Promise<OpenedFacts> =>
  new Promise((resolve, reject) => {
    connection.listener = (notice) => {
      if (notice.notice === 'opened') resolve(notice.opened);
      if (notice.notice !== 'failed') return;
      const { E_LEDGER_CORRUPT, E_LEDGER_UNAVAILABLE } = ledgerErrors;
      const kind = notice.code === 'corrupt' ? E_LEDGER_CORRUPT : E_LEDGER_UNAVAILABLE;
      reject(new SallyportError(kind, notice.reason));
    };
  });

const handleOf = async (
  port: MessagePort,
  thread: { readonly ended: Promise<string>; readonly stop: () => Promise<void> },
): Promise<WriterHandle> => {
  const connection = new Connection(port);
  const lost = thread.ended.then((reason) => {
    connection.end(reason);
    connection.listener({ notice: 'state', state: 'refusing', reason });
    throw unavailable(reason);
  });
  lost.catch(() => undefined);
  try {
    const opened = await Promise.race([awaitOpened(connection), lost]);
    connection.relax();
    return {
      opened,
      call: (request, transfer) => connection.call(request, transfer),
      onNotice: (listener) => {
        connection.listener = listener;
      },
      close: async () => {
        connection.listener = () => undefined;
        await connection.call({ call: 'close' }).catch(() => undefined);
        await thread.stop();
      },
    };
  } catch (error) {
    await thread.stop();
    throw error;
  }
};

/** The file of the thread: TypeScript from a checkout, JavaScript from a build. */
const threadUrl = (): URL =>
  new URL(`./writer-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** Starts the writer in a thread of its own. */
export const startWriterThread: WriterStarter = async (start) => {
  const { port1, port2 } = new MessageChannel();
  const workerData: ThreadStart = { ...start, control: port2 };
  const worker = new Worker(threadUrl(), { workerData, transferList: [port2], name: 'ledger' });
  const ended = new Promise<string>((resolve) => {
    worker.on('error', (error: Error) => resolve(`its thread failed: ${error.message}`));
    worker.on('exit', () => resolve('its thread has ended'));
  });
  void ended.then(() => writeRefusing(start.shared, true));
  worker.on('online', () => worker.unref());
  const stop = async (): Promise<void> => {
    await worker.terminate();
  };
  return handleOf(port1, { ended, stop });
};

/** Starts the writer in this thread over the given file operations. For tests. */
export const startWriterHere =
  (files: FileOperations): WriterStarter =>
  async (start) => {
    const { port1, port2 } = new MessageChannel();
    const ended = new Promise<string>((resolve) => port2.on('close', () => resolve('closed')));
    void serveWriter(start, port2, files);
    const stop = async (): Promise<void> => port1.close();
    return handleOf(port1, { ended, stop });
  };
