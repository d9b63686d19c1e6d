/**
 * Kills a process that writes to a ledger (SIGKILL) at random moments and checks after every kill
 * that no acknowledged event is missing, that the independent verifier finds nothing and that the
 * index follows. Every fourth kill comes while the ledger is still being opened.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyLedger } from '../../../src/domains/ledger/index.ts';
import { openCrashLedger } from './crash-ledger.ts';

export type SweepResult = {
  readonly kills: number;
  readonly acknowledged: number;
  readonly size: number;
  readonly problems: readonly string[];
};

const program = join(import.meta.dirname, 'crash-program.ts');
const longestLifeMs = 400;
const longestStartMs = 250;

type Child = ChildProcessByStdio<null, Readable, null>;
type Acknowledged = Map<number, number>;

/** Collects whole lines; a line cut off by the kill was not acknowledged to us. */
const listen = (child: Child, into: Acknowledged): Promise<void> => {
  let rest = '';
  const ready = Promise.withResolvers<void>();
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [index, number] = line.split(' ').map(Number);
      if (index !== undefined && number !== undefined) into.set(index, number);
      else ready.resolve();
    }
  });
  child.stdout.on('end', () => ready.resolve());
  return ready.promise;
};

const killOnce = async (
  directory: string,
  turn: { readonly number: number; readonly first: number },
): Promise<Acknowledged> => {
  const acknowledged: Acknowledged = new Map();
  const arguments_ = [program, directory, String(turn.first)];
  const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const ready = listen(child, acknowledged);
  if (turn.number % 4 === 3) await sleep(Math.random() * longestStartMs);
  else {
    await ready;
    await sleep(Math.random() * longestLifeMs);
  }
  child.kill('SIGKILL');
  await closed;
  return acknowledged;
};

const check = async (directory: string, acknowledged: Acknowledged): Promise<string[]> => {
  const problems: string[] = [];
  const { ledger, storage } = await openCrashLedger(directory);
  try {
    for (const [index, number] of acknowledged) {
      const entry = index < ledger.size() ? await ledger.read(index) : undefined;
      if (entry?.ocsf.metadata.correlation_uid !== `exchange-${number}`)
        problems.push(`acknowledged event ${number} is not entry ${index}`);
    }
    const [newest] = await ledger.query({ limit: 1 });
    if (ledger.size() > 0 && newest?.index !== ledger.size() - 1)
      problems.push(`the index ends at ${newest?.index}, the log at ${ledger.size() - 1}`);
  } finally {
    await ledger.close();
    await storage.close();
  }
  const verified = await verifyLedger({ directory: join(directory, 'ledger') });
  return [...problems, ...verified.problems.map(({ what }) => what)];
};

/** Runs a sweep in a fresh directory; stops at the first kill that did harm. */
export const sweepCrashes = async (kills: number): Promise<SweepResult> => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-crash-'));
  let acknowledged = 0;
  let size = 0;
  try {
    for (let number = 0; number < kills; number++) {
      const found = await killOnce(directory, { number, first: number * 1_000_000 });
      acknowledged += found.size;
      const problems = await check(directory, found);
      size = Math.max(size, ...found.keys());
      if (problems.length > 0) return { kills: number + 1, acknowledged, size, problems };
    }
    return { kills, acknowledged, size, problems: [] };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
