/**
 * `npm run check`: format, types, lint, dead code and unit tests (among them floors, lock file and
 * docs drift), two at a time, each with its time. Ends with exit code 1 when any part failed.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { styleText } from 'node:util';
import { writeTally } from './tally.ts';

type Part = { readonly name: string; readonly command: readonly string[]; readonly tallies?: true };
type Outcome = { readonly code: number; readonly output: string; readonly seconds: number };

/** Longest first, so that the short ones fill the gaps. */
const parts: readonly Part[] = [
  {
    name: 'unit tests 1',
    command: ['node', 'tools/test.ts', 'unit', '--shard=1/2'],
    tallies: true,
  },
  {
    name: 'unit tests 2',
    command: ['node', 'tools/test.ts', 'unit', '--shard=2/2'],
    tallies: true,
  },
  { name: 'types', command: ['tsc', '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'dead code', command: ['knip', '--no-progress', '--no-config-hints'] },
  { name: 'format', command: ['biome', 'format', '.'] },
];

const partDeadlineMs = 240_000;

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const runPart = (part: Part): Promise<Outcome> => {
  const startMs = performance.now();
  const [program = '', ...args] = part.command;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: partDeadlineMs,
    killSignal: 'SIGKILL',
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    const finish = (code: number, extra = ''): void => {
      const output = Buffer.concat(chunks).toString() + extra;
      resolve({ code, output, seconds: (performance.now() - startMs) / 1000 });
    };
    child.on('error', (error) => finish(127, String(error)));
    child.on('close', (code) => finish(code ?? 1));
  });
};

const report = (part: Part, outcome: Outcome): void => {
  const isOk = outcome.code === 0;
  const mark = isOk ? styleText('green', 'ok  ') : styleText('red', 'FAIL');
  write(`${mark} ${part.name.padEnd(12)} ${outcome.seconds.toFixed(1).padStart(5)} s`);
  if (!isOk || part.tallies === true) write(outcome.output.trimEnd().replace(/^/gm, '     '));
  if (part.tallies !== true || (!isOk && !/\d+ failed/.test(outcome.output)))
    writeTally({ name: part.name, passed: isOk ? 1 : 0, failed: isOk ? 0 : 1, skipped: 0 });
};

const main = async (only: readonly string[]): Promise<number> => {
  const startMs = performance.now();
  const queue = parts.filter((part) => only.length === 0 || only.includes(part.name));
  let failures = 0;
  const worker = async (): Promise<void> => {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
      const outcome = await runPart(part);
      if (outcome.code !== 0) failures++;
      report(part, outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker));
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  write(failures === 0 ? `all good in ${seconds} s` : `${failures} parts failed in ${seconds} s`);
  return failures === 0 ? 0 : 1;
};

process.exit(await main(process.argv.slice(2)));
