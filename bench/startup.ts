/** Cold start of the server to ready, and its memory when idle. Each start is a fresh directory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sallyport } from '../examples/factory/programs.ts';
import { residentMegabytes, startChild } from './harness/child.ts';
import { isShort, percentile, report } from './harness/report.ts';

const starts = isShort() ? 3 : 7;
const idleMs = 2_000;

type Start = { readonly readyMs: number; readonly againMs: number; readonly megabytes: number };

const time = async (dataDir: string): Promise<{ ms: number; megabytes: number }> => {
  const startMs = performance.now();
  const flags = ['--data-dir', dataDir, '--port', '0', '--json', '--log-level', 'error'];
  await using child = startChild([process.execPath, sallyport, 'server', ...flags]);
  await child.line((line) => line.startsWith('{'));
  const ms = performance.now() - startMs;
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  return { ms, megabytes: residentMegabytes(child.pid) };
};

const startTwice = async (): Promise<Start> => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-startup-'));
  try {
    const first = await time(join(directory, 'data'));
    const second = await time(join(directory, 'data'));
    return { readyMs: first.ms, againMs: second.ms, megabytes: second.megabytes };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const all: Start[] = [];
for (let i = 0; i < starts; i++) all.push(await startTwice());
const middle = (pick: (start: Start) => number): number => percentile(all.map(pick), 0.5);

const bound = { of: 'value', atMost: 1.5 } as const;
const first = middle(({ readyMs }) => readyMs) / 1000;
report({ name: 'startup: first start to ready', value: first, unit: 's', bound });
const again = middle(({ againMs }) => againMs) / 1000;
report({ name: 'startup: later start to ready', value: again, unit: 's', bound });
const megabytes = middle((start) => start.megabytes);
report({
  name: 'startup: RSS when idle',
  value: megabytes,
  unit: 'MB',
  bound: { of: 'value', atMost: 180 },
});
