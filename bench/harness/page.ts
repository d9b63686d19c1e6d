/** The page of figures in docs/reference: written by `--write`, read back by `--check`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname } from 'node:path';
import type { Figure } from './report.ts';

export type Page = {
  readonly page: string;
  readonly command: string;
  readonly isShort: boolean;
  readonly figures: readonly Figure[];
};

const tolerance = 0.15;

const row = (figure: Figure): string => {
  const { name, value, unit, baseline, ratio, bound, ok } = figure;
  const cells = [name, value, unit, baseline ?? '', ratio ?? '', bound ?? '', ok ? 'yes' : 'NO'];
  return `| ${cells.join(' | ')} |`;
};

/** Writes the page, with the command and the machine that made the figures. */
export const writePage = ({ page, command, isShort, figures }: Page): void => {
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'unknown'}`;
  const lines = [
    `# ${page.endsWith('accuracy.md') ? 'Accuracy' : 'Benchmarks'}`,
    '',
    `Made by \`${command} -- ${isShort ? '--short ' : ''}--write\` with Node ${process.version} on`,
    `${machine}. The baseline of a figure is measured in the same run; the ratio is figure ÷ baseline.`,
    '',
    '| figure | value | unit | baseline | ratio | bound | kept |',
    '|---|---|---|---|---|---|---|',
    ...figures.map(row),
    '',
  ];
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(page, lines.join('\n'));
};

/** The figures on a page, by name; empty when there is no page yet. */
export const readPage = (page: string): ReadonlyMap<string, readonly string[]> => {
  if (!existsSync(page)) return new Map();
  const rows = readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .slice(1);
  return new Map(rows.map((cells) => [cells[1] ?? '', cells]));
};

/**
 * Figures that got worse than the page by more than 15 %. Ratios are compared where there is a
 * baseline, since they survive a change of machine; the bound says which direction is worse.
 */
export const findRegressions = (
  stored: ReadonlyMap<string, readonly string[]>,
  figures: readonly Figure[],
): readonly string[] =>
  figures.flatMap((figure) => {
    const cells = stored.get(figure.name);
    if (cells === undefined || figure.bound === undefined) return [];
    const before = Number(figure.ratio === undefined ? cells[2] : cells[5]);
    const now = figure.ratio ?? figure.value;
    const isLowerBetter = figure.bound.includes('≤');
    const change = isLowerBetter ? now / before - 1 : before / now - 1;
    return change > tolerance ? [`${figure.name}: was ${before}, is ${now}`] : [];
  });
