/**
 * Runs the figures: `node bench/run.ts [--suite speed|accuracy] [--short] [--only NAME] [--write]
 * [--check]`. A suite is a folder of programs that print figures (see harness/report.ts), one
 * program at a time. A program that misses a bound is run once more and the better figure kept,
 * since a busy machine can only make things slower. Exit code 1 when a bound is missed; but speed
 * in the short form is shown and not judged: it proves that the programs run, on machines that are
 * doing other things. The full form judges.
 * `--write` puts the figures on a page of docs/reference; `--check` also compares with that page
 * and fails when a figure got worse by more than 15 %.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { styleText } from 'node:util';
import { writeTally } from '../tools/tally.ts';
import { findRegressions, readPage, writePage } from './harness/page.ts';
import type { Figure } from './harness/report.ts';

const suites = {
  speed: { folder: 'bench', page: 'docs/reference/benchmarks.md', command: 'npm run bench' },
  accuracy: {
    folder: 'bench/accuracy',
    page: 'docs/reference/accuracy.md',
    command: 'npm run evaluate',
  },
} as const;

type Outcome = { readonly figures: readonly Figure[]; readonly isComplete: boolean };

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const option = (args: readonly string[], name: string): string | undefined => {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
};

const parseFigure = (line: string): Figure | undefined => {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Partial<Figure>;
    return typeof value.name === 'string' && typeof value.ok === 'boolean'
      ? (value as Figure)
      : undefined;
  } catch {
    return undefined;
  }
};

/** Runs one program; what it says beside figures is passed on to standard error. */
const runProgram = (file: string, isShort: boolean): Promise<Outcome> => {
  const args = ['--expose-gc', file, ...(isShort ? ['--short'] : [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      const lines = Buffer.concat(chunks).toString().split('\n');
      const figures = lines.map(parseFigure).filter((figure) => figure !== undefined);
      for (const line of lines)
        if (line !== '' && parseFigure(line) === undefined) process.stderr.write(`${line}\n`);
      resolve({ figures, isComplete: code === 0 && figures.length > 0 });
    });
  });
};

/** Keeps of two runs, figure by figure, the one that kept its bound. */
const better = (first: Outcome, second: Outcome): Outcome => {
  const again = new Map(second.figures.map((figure) => [figure.name, figure]));
  const known = new Set(first.figures.map(({ name }) => name));
  const kept = first.figures.map((figure) =>
    figure.ok ? figure : (again.get(figure.name) ?? figure),
  );
  const added = second.figures.filter(({ name }) => !known.has(name));
  return {
    figures: [...kept, ...added],
    isComplete: first.isComplete || second.isComplete,
  };
};

const describeFigure = (figure: Figure): string => {
  const { name, value, unit, baseline, ratio, bound, ok } = figure;
  const mark = ok ? styleText('green', 'ok  ') : styleText('red', 'MISS');
  const against = baseline === undefined ? '' : `, baseline ${baseline}, ratio ${ratio}`;
  const promise = bound === undefined ? '' : ` (${bound})`;
  return `${mark} ${name}: ${value} ${unit}${against}${promise}`;
};

type Mode = { readonly isShort: boolean; readonly isJudged: boolean };

const runAll = async (files: readonly string[], { isShort, isJudged }: Mode): Promise<Outcome> => {
  const all: Figure[] = [];
  let isComplete = true;
  for (const file of files) {
    write(styleText('bold', basename(file, '.ts')));
    let outcome = await runProgram(file, isShort);
    const hasMissed = isJudged && outcome.figures.some(({ ok }) => !ok);
    if (!outcome.isComplete || hasMissed) {
      write('     missed a bound, once more');
      outcome = better(outcome, await runProgram(file, isShort));
    }
    for (const figure of outcome.figures) write(`${describeFigure(figure)}`);
    if (!outcome.isComplete) write(styleText('red', `FAIL ${file} did not finish`));
    isComplete &&= outcome.isComplete;
    all.push(...outcome.figures);
    const missed = outcome.figures.filter(({ ok }) => !ok).length;
    writeTally({
      name: file,
      passed: outcome.figures.length - missed,
      failed: (isJudged ? missed : 0) + (outcome.isComplete ? 0 : 1),
      skipped: isJudged ? 0 : missed,
    });
  }
  return { figures: all, isComplete };
};

const main = async (args: readonly string[]): Promise<number> => {
  const isAccuracy = option(args, '--suite') === 'accuracy';
  const { folder, page, command } = suites[isAccuracy ? 'accuracy' : 'speed'];
  const only = option(args, '--only');
  const isShort = args.includes('--short');
  const isJudged = isAccuracy || !isShort;
  const files = globSync(`${folder}/*.ts`)
    .filter((file) => file !== 'bench/run.ts')
    .filter((file) => only === undefined || basename(file, '.ts') === only)
    .sort();
  const { figures, isComplete } = await runAll(files, { isShort, isJudged });
  const missed = figures.filter(({ ok }) => !ok);
  const worse = args.includes('--check') ? findRegressions(readPage(page), figures) : [];
  for (const line of worse) write(styleText('red', `WORSE ${line}`));
  if (args.includes('--write')) writePage({ page, command, isShort, figures });
  const remark = isJudged ? '' : ' (short form: shown, not judged)';
  write(`${figures.length - missed.length} of ${figures.length} figures kept their bound${remark}`);
  if (!isComplete || figures.length === 0 || worse.length > 0) return 1;
  return isJudged && missed.length > 0 ? 1 : 0;
};

process.exitCode = await main(process.argv.slice(2));
