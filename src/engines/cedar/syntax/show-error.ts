/** An error as people read it: message, place, the line with carets under the fault, next step. */
import type { CedarError } from './errors.ts';
import { positionAt } from './positions.ts';

const window = 100;
/** One cell for every UTF-16 unit, so that carets stand where they should. */
const flatten = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');

/** The part of the line around the fault that fits on a screen. */
const frame = (text: string, start: number): { readonly from: number; readonly to: number } => {
  const lineStart = start === 0 ? 0 : text.lastIndexOf('\n', start - 1) + 1;
  const found = text.indexOf('\n', start);
  const lineEnd = found < 0 ? text.length : found;
  if (lineEnd - lineStart <= window) return { from: lineStart, to: lineEnd };
  const from = Math.max(lineStart, start - window / 2);
  return { from, to: Math.min(lineEnd, from + window) };
};

/** Renders an error over the text it is of. Lines are cropped; without a span only the message. */
export const showError = (text: string, error: CedarError): string => {
  const help = error.help === undefined ? [] : [`help: ${error.help}`];
  if (error.span === undefined) return [error.message, ...help].join('\n');
  const start = Math.min(error.span.start, text.length);
  const { line, column } = positionAt(text, start);
  const { from, to } = frame(text, start);
  const carets = Math.max(1, Math.min(error.span.end, to) - start);
  const gutter = `${line} | `;
  return [
    `${error.message} (line ${line}, column ${column})`,
    gutter + flatten(text.slice(from, to).toWellFormed()),
    `${' '.repeat(gutter.length + start - from)}${'^'.repeat(carets)}`,
    ...help,
  ].join('\n');
};
