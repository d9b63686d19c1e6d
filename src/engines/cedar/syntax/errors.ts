/** What can be wrong with Cedar source and where: plain values with place and next step. */
import type { Span } from '../ast.ts';

/** Stable codes of this room; those of the syntax are listed in `syntaxCodes`. */
export type CedarErrorCode = `E_CEDAR_${string}`;

export type CedarError = {
  readonly code: CedarErrorCode;
  readonly message: string;
  /** The text to underline, in UTF-16 offsets. Absent when the source is no text. */
  readonly span?: Span;
  /** Place of `span.start`, both from 1; columns count UTF-16 units. */
  readonly line?: number;
  readonly column?: number;
  /** The next step, where one can be named. */
  readonly help?: string;
};

/** The codes the syntax gives. */
export const syntaxCodes = Object.freeze({
  /** Characters that are no token of the language. */
  token: 'E_CEDAR_TOKEN',
  /** A token that cannot stand here. */
  unexpected: 'E_CEDAR_SYNTAX',
  /** An escape sequence in a string or pattern. */
  escape: 'E_CEDAR_ESCAPE',
  /** A well-formed text that means nothing: unknown function, wrong slot, duplicate key … */
  meaning: 'E_CEDAR_MEANING',
  /** Two policies with one id. */
  id: 'E_CEDAR_DUPLICATE_ID',
  /** JSON that is no policy. */
  json: 'E_CEDAR_JSON',
  /** A template link that does not fit its template. */
  link: 'E_CEDAR_LINK',
  /** Larger or deeper than this reader accepts. */
  limit: 'E_CEDAR_LIMIT',
} as const);

/** True for the error side of an answer. */
export const isCedarErrors = <T extends object>(
  answer: T | readonly CedarError[],
): answer is readonly CedarError[] => Array.isArray(answer);

/** Leaves the parser; never leaves this folder. */
export class SyntaxFailure extends Error {
  override readonly name = 'SyntaxFailure';
  readonly error: CedarError;

  constructor(error: CedarError) {
    super(error.message);
    this.error = error;
  }
}

/** The error a parser gave up with; a stack that ran out is one too. Defects go on. */
export const errorOf = (cause: unknown): CedarError => {
  if (cause instanceof SyntaxFailure) return cause.error;
  if (!(cause instanceof RangeError)) throw cause;
  return { code: syntaxCodes.limit, message: 'nested too deeply for the stack that is left' };
};
