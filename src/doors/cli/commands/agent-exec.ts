/**
 * `sallyport agent exec`: runs a program, without a shell, with the Workload API in its environment
 * and files that are fresh before it starts. Its exit code becomes ours.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { SallyportError } from '../../../kernel/errors.ts';
import { writeSvidState } from '../../agent/index.ts';
import type { Invocation } from '../command.ts';
import { cliErrors } from '../errors.ts';
import { followStream, type SvidStream } from '../svid-stream.ts';
import { endpointAddress } from '../workload-endpoint.ts';

const defaultWaitSeconds = 30;
const signalBase = 128;

/** Files are written in the order of their states. */
const keepFiles = (invocation: Invocation, directory: string): SvidStream => {
  let writing: Promise<unknown> = Promise.resolve();
  const stream = followStream(invocation, (state) => {
    writing = writing.then(() => writeSvidState(directory, state));
    writing.catch((error: unknown) =>
      invocation.terminal.complain(`files were not refreshed: ${String(error)}`),
    );
  });
  const first = async (waitMs: number) => {
    const state = await stream.first(waitMs);
    await writing;
    return state;
  };
  return { ...stream, first };
};

const exitOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new SallyportError(cliErrors.E_EXEC_COMMAND, cause.message, { cause })),
    );
    child.once('exit', (code, signal) =>
      resolve(signal === null ? (code ?? 1) : signalBase + constants.signals[signal]),
    );
  });

const runProgram = (invocation: Invocation, directory: string | undefined): Promise<number> => {
  const [program = '', ...words] = invocation.arguments;
  const child = spawn(program, words, {
    stdio: 'inherit',
    shell: false,
    env: {
      ...invocation.env,
      SPIFFE_ENDPOINT_SOCKET: endpointAddress(invocation),
      ...(directory === undefined ? {} : { SPIFFE_SVID_DIRECTORY: directory }),
    },
  });
  // At a terminal Ctrl-C reaches the program by itself; a manager's SIGTERM comes to us alone.
  void invocation.stopped().then(() => child.kill('SIGTERM'));
  return exitOf(child);
};

/** Resolves with the exit code of the program. */
export const run = async (invocation: Invocation): Promise<number> => {
  const { options } = invocation;
  const directory = options.text('files');
  if (directory === undefined) return runProgram(invocation, undefined);
  const stream = keepFiles(invocation, directory);
  try {
    await stream.first((options.seconds('wait') ?? defaultWaitSeconds) * 1000);
    stream.ended.catch(() => undefined);
    return await runProgram(invocation, directory);
  } finally {
    stream.stop();
  }
};
