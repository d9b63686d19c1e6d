/**
 * The two channels of a command: standard output for data, standard error for words. Text from
 * elsewhere loses its control characters, so that no server can steer the terminal.
 */
import { styleText } from 'node:util';
import { formatTable, type Row } from './table.ts';

export type Output = { readonly write: (text: string) => unknown; readonly isTTY?: boolean };

export type TerminalOptions = {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly mayColor: boolean;
};

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

export type Terminal = {
  readonly isJson: boolean;
  /** One value: JSON with --json, otherwise what `human` makes of it. */
  readonly show: <T>(value: T, human: (value: T) => string) => void;
  /** Rows: a JSON array inside `{name: rows}` with --json, otherwise a table. */
  readonly showRows: (name: string, rows: readonly Row[]) => void;
  /** One line of a stream: a JSON line with --json, otherwise text. */
  readonly line: <T>(value: T, human: (value: T) => string) => void;
  /** Text as it is, for documents and scripts. */
  readonly raw: (text: string) => void;
  /** Words for people, on standard error; silent with --quiet. */
  readonly say: (text: string) => void;
  /** Problems, on standard error; never silent. */
  readonly complain: (text: string) => void;
  /** Color for standard error. */
  readonly style: (style: Style, text: string) => string;
};

/** Creates the terminal of one command run. */
export const createTerminal = (options: TerminalOptions): Terminal => {
  const { stdout, stderr, isJson, isQuiet } = options;
  const colors = options.mayColor && stderr.isTTY === true;
  const json = (value: unknown): void => void stdout.write(`${JSON.stringify(value)}\n`);
  const text = (human: string): void => void stdout.write(`${printable(human)}\n`);
  const show = <T>(value: T, human: (value: T) => string): void =>
    isJson ? json(value) : text(human(value));
  return {
    isJson,
    show,
    showRows: (name, rows) => (isJson ? json({ [name]: rows }) : text(formatTable(rows))),
    line: show,
    raw: (document) => void stdout.write(document),
    say: (words) => {
      if (!isQuiet) stderr.write(`${printable(words, colors)}\n`);
    },
    complain: (words) => void stderr.write(`${printable(words, colors)}\n`),
    style: (style, words) =>
      colors ? styleText(style, printable(words), { validateStream: false }) : words,
  };
};

const escape = 0x1b;

/** Replaces control characters except newline and tab; keeps our own color sequences when asked. */
export const printable = (text: string, keepColors = false): string => {
  let clean = '';
  for (const character of text.toWellFormed()) {
    const code = character.codePointAt(0) ?? 0;
    const isControl =
      (code < 0x20 && code !== 0x0a && code !== 0x09) || (code > 0x7e && code < 0xa0);
    const isBidirectional =
      (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    const isOurs = keepColors && code === escape;
    clean += (isControl || isBidirectional) && !isOurs ? '\ufffd' : character;
  }
  return clean;
};
