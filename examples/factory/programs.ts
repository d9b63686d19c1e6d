/** Programs the story runs: the server, the model server and single commands of the tool. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type Program = {
  /** The first line of JSON on standard output. */
  readonly announced: Readonly<Record<string, unknown>>;
  readonly pid: number;
  /** Ends it with SIGTERM; resolves with its exit code. */
  readonly stop: () => Promise<number | null>;
};
export type Finished = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

const startDeadlineMs = 30_000;
const stopDeadlineMs = 15_000;

/** `bin/sallyport.js` of this repository. */
export const sallyport = join(import.meta.dirname, '..', '..', 'bin', 'sallyport.js');

const stop = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
  await ended;
  clearTimeout(timer);
  return child.exitCode;
};

/** Starts a Node program and waits for its line of JSON; rejects with what it said instead. */
export const startProgram = async (args: readonly string[]): Promise<Program> => {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  const announced = await new Promise<string>((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new Error(`${args[0] ?? ''} ${why}\n${said.slice(-20).join('\n')}`));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail('was not ready in time');
    }, startDeadlineMs);
    child.once('exit', (code) => fail(`ended with code ${code}`));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      clearTimeout(timer);
      resolve(line);
    });
  });
  return {
    announced: JSON.parse(announced) as Readonly<Record<string, unknown>>,
    pid: child.pid ?? -1,
    stop: () => stop(child),
  };
};

/** Runs one command of the tool to its end. */
export const runTool = async (args: readonly string[]): Promise<Finished> => {
  const child = spawn(process.execPath, [sallyport, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  await once(child, 'close');
  return {
    code: child.exitCode,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
};
