/** Unified diffs of policy files: what `patch` reads, with three lines of context. */
import type { PolicySource } from '../../../engines/authorization/index.ts';

type Line = { readonly mark: ' ' | '-' | '+'; readonly text: string };

const context = 3;
/** Tables larger than this are not worth their memory; then all is replaced. */
const maxCells = 16_000_000;

/** Longest common subsequence, between equal beginnings and endings. */
const linesOf = (before: readonly string[], after: readonly string[]): readonly Line[] => {
  const width = after.length + 1;
  const lines: Line[] = [];
  if (before.length * width > maxCells)
    return [
      ...before.map((text) => ({ mark: '-', text }) as const),
      ...after.map((text) => ({ mark: '+', text }) as const),
    ];
  const table = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number): number => table[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      table[i * width + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && before[i] === after[j]) {
      lines.push({ mark: ' ', text: before[i++] ?? '' });
      j++;
    } else if (j >= after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1)))
      lines.push({ mark: '-', text: before[i++] ?? '' });
    else lines.push({ mark: '+', text: after[j++] ?? '' });
  }
  return lines;
};

/** Ranges of lines that have a change within reach. */
const hunksOf = (lines: readonly Line[]): readonly (readonly [number, number])[] => {
  const hunks: [number, number][] = [];
  for (const [at, { mark }] of lines.entries()) {
    if (mark === ' ') continue;
    const last = hunks.at(-1);
    const from = Math.max(0, at - context);
    const to = Math.min(lines.length, at + context + 1);
    if (last !== undefined && from <= last[1]) last[1] = to;
    else hunks.push([from, to]);
  }
  return hunks;
};

const count = (lines: readonly Line[], mark: '-' | '+'): number =>
  lines.filter((line) => line.mark === ' ' || line.mark === mark).length;

const split = (text: string): readonly string[] =>
  text === '' ? [] : text.replace(/\n$/, '').split('\n');

const diffFile = (file: string, before: string, after: string): string => {
  const lines = linesOf(split(before), split(after));
  const hunks = hunksOf(lines).map(([from, to]) => {
    const inside = lines.slice(from, to);
    const range = (mark: '-' | '+'): string => {
      const length = count(inside, mark);
      const start = count(lines.slice(0, from), mark);
      return `${length === 0 ? start : start + 1},${length}`;
    };
    const body = inside.map(({ mark, text }) => mark + text);
    return [`@@ -${range('-')} +${range('+')} @@`, ...body].join('\n');
  });
  return [`--- ${file}`, `+++ ${file}`, ...hunks, ''].join('\n');
};

/** The difference between two versions of files with the same names; empty when there is none. */
export const diffFiles = (
  before: readonly PolicySource[],
  after: readonly PolicySource[],
): string => {
  const texts = new Map(after.map(({ file, text }) => [file, text]));
  return before
    .filter(({ file, text }) => texts.get(file) !== text)
    .map(({ file, text }) => diffFile(file, text, texts.get(file) ?? ''))
    .join('');
};
