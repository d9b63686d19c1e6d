/** What the story prints: steps as they happen, the commands it runs, and a table at the end. */
import { styleText } from 'node:util';

export type ActResult = {
  readonly name: string;
  readonly told: string;
  readonly happened: string;
  readonly ok: boolean;
  readonly milliseconds: number;
};
export type Narrator = {
  readonly chapter: (title: string) => void;
  readonly command: (line: string) => void;
  readonly say: (text: string) => void;
  readonly act: (result: ActResult) => void;
  readonly summary: (results: readonly ActResult[], seconds: number) => void;
};

type Style = Parameters<typeof styleText>[0];

const maxCell = 72;
const cut = (text: string): string =>
  text.length <= maxCell ? text : `${text.slice(0, maxCell - 1)}…`;

/** A narrator that writes lines with `write`; colors only when `isTerminal`. */
export const createNarrator = (write: (line: string) => void, isTerminal: boolean): Narrator => {
  const paint = (style: Style, text: string): string =>
    isTerminal ? styleText(style, text, { validateStream: false }) : text;
  const mark = (ok: boolean): string => paint(ok ? 'green' : 'red', ok ? '✔' : '✖');
  return {
    chapter: (title) => write(`\n${paint('bold', title)}`),
    command: (line) => write(paint('dim', `  $ ${line}`)),
    say: (text) => write(`  ${text}`),
    act: ({ name, happened, ok, milliseconds }) =>
      write(
        `  ${mark(ok)} ${name}: ${happened} ${paint('dim', `(${Math.round(milliseconds)} ms)`)}`,
      ),
    summary: (results, seconds) => {
      const width = Math.max(...results.map(({ name }) => name.length));
      const toldWidth = Math.max(...results.map(({ told }) => told.length));
      write(`\n${paint('bold', 'What was told and what happened')}`);
      for (const { name, told, happened, ok } of results)
        write(`  ${mark(ok)} ${name.padEnd(width)}  ${told.padEnd(toldWidth)}  ${cut(happened)}`);
      const failed = results.filter(({ ok }) => !ok).length;
      const verdict =
        failed === 0
          ? `all ${results.length} acts as told`
          : `${failed} of ${results.length} FAILED`;
      write(`\n${paint(failed === 0 ? 'green' : 'red', verdict)} in ${seconds.toFixed(1)} s`);
    },
  };
};
