/** Lines and columns of offsets, and the picture of an error: its line with carets under it. */
import type { CedarError } from './errors.ts';

export type Position = { readonly line: number; readonly column: number };

/** Line and column, both from 1, of an offset in UTF-16 units. Lines end at a line feed. */
export const positionAt = (text: string, offset: number): Position => {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
};

/** The error with the line and column of its span. */
export const locate = (text: string, error: CedarError): CedarError =>
  error.span === undefined ? error : { ...error, ...positionAt(text, error.span.start) };
