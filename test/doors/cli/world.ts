/** A command-line run in memory: what was written, and the exit code. */
import type { Composition } from '../../../src/doors/cli/command.ts';
import { runCli } from '../../../src/doors/cli/index.ts';
import type { Environment } from '../../../src/platform/config/index.ts';

export type RunOptions = {
  readonly env?: Environment;
  readonly stdin?: string;
  readonly composition?: Partial<Composition>;
  readonly stopped?: () => Promise<void>;
  /** Called with each piece of standard output. */
  readonly onOutput?: (text: string) => void;
};

export type RunResult = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly json: () => unknown;
};

/** Runs one command line without a process. HOME points nowhere unless given. */
export const run = async (
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> => {
  let stdout = '';
  let stderr = '';
  const code = await runCli({
    args,
    env: { HOME: '/nonexistent', ...options.env },
    stdout: {
      write: (text) => {
        stdout += text;
        options.onOutput?.(text);
      },
    },
    stderr: {
      write: (text) => {
        stderr += text;
      },
    },
    stdin: once(options.stdin ?? ''),
    version: '9.9.9',
    compose: () => Promise.resolve({ ...noComposition, ...options.composition }),
    stopped: options.stopped ?? (() => Promise.resolve()),
  });
  return { code, stdout, stderr, json: () => JSON.parse(stdout) as unknown };
};

const noComposition: Composition = {
  composeServer: () => Promise.reject(new Error('not composed in this test')),
  reindexLedger: () => Promise.reject(new Error('not composed in this test')),
};

// An async generator, because standard input is one to its readers.
const once = async function* (text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
};
