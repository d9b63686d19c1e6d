/** Child processes of the benches: started, watched until ready, measured, always stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export type Child = AsyncDisposable & {
  readonly pid: number;
  readonly process: ChildProcess;
  /** The first line on standard output that passes the test; rejects when the child ends first. */
  readonly line: (isWanted: (line: string) => boolean) => Promise<string>;
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
};

const graceMs = 5_000;
const startupMs = 30_000;
const keptLines = 20;

const stopChild = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(timer);
};

/** Starts a program; its standard error goes to ours when SALLYPORT_BENCH_VERBOSE is set. */
export const startChild = (
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Child => {
  const [program = '', ...args] = command;
  const isVerbose = process.env['SALLYPORT_BENCH_VERBOSE'] !== undefined;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const complaints: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (isVerbose) process.stderr.write(`${line}\n`);
    complaints.push(line);
    if (complaints.length > keptLines) complaints.shift();
  });
  const line = (isWanted: (line: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const found = lines.find(isWanted);
      if (found !== undefined) return resolve(found);
      const timer = setTimeout(() => reject(new Error(`${program} is not ready`)), startupMs);
      reader.on('line', (next) => {
        if (!isWanted(next)) return;
        clearTimeout(timer);
        resolve(next);
      });
      // 'close' comes after the last line of its output, 'exit' may come before.
      child.once('close', (code) => {
        clearTimeout(timer);
        const why = complaints.join('\n');
        reject(new Error(`${command.join(' ')} ended with ${code}:\n${why}`));
      });
      return undefined;
    });
  const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => stopChild(child, signal);
  return { pid: child.pid ?? -1, process: child, line, stop, [Symbol.asyncDispose]: () => stop() };
};

/** Resident memory of a process in megabytes (Linux). */
export const residentMegabytes = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024;
};
