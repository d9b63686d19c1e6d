/** How a schema is refused: what is wrong, where, and what may help. */
import type { Span } from '../ast.ts';
import type { CedarError, CedarErrorCode } from '../syntax/errors.ts';

/** `span` counts UTF-16 units of the schema text; JSON schemas have a `path` instead. */
export type SchemaProblem = CedarError & { readonly path?: string };

/** The codes the readers and the resolver of schemas give. */
export const schemaCodes = Object.freeze({
  /** A text that is not of the human notation. */
  syntax: 'E_CEDAR_SCHEMA_SYNTAX',
  /** JSON that is not of the JSON notation. */
  format: 'E_CEDAR_SCHEMA_FORMAT',
  /** Larger or deeper than this reader accepts. */
  limit: 'E_CEDAR_SCHEMA_LIMIT',
  /** A name that cannot be declared. */
  name: 'E_CEDAR_SCHEMA_NAME',
  /** Something declared twice. */
  duplicate: 'E_CEDAR_SCHEMA_DUPLICATE',
  /** A name of a namespace that hides one of the unnamed namespace. */
  shadowing: 'E_CEDAR_SCHEMA_SHADOWING',
  /** A type that is not declared. */
  unknownType: 'E_CEDAR_SCHEMA_UNKNOWN_TYPE',
  /** An action that is not declared. */
  unknownAction: 'E_CEDAR_SCHEMA_UNKNOWN_ACTION',
  /** Types or action groups that contain themselves. */
  cycle: 'E_CEDAR_SCHEMA_CYCLE',
  /** A shape or context that is not a record. */
  record: 'E_CEDAR_SCHEMA_RECORD',
  /** What Cedar once had or tries out. */
  unsupported: 'E_CEDAR_SCHEMA_UNSUPPORTED',
} as const);

/** Leaves a reader at the first problem; caught where the reader starts, never seen outside. */
export class SchemaFault extends Error {
  readonly problem: SchemaProblem;

  constructor(problem: SchemaProblem) {
    super(problem.message);
    this.name = 'SchemaFault';
    this.problem = problem;
  }
}

/** Runs a reader and hands back its result, or the problems it left with. */
export const catchFault = <T extends object>(read: () => T): T | readonly SchemaProblem[] => {
  try {
    return read();
  } catch (error) {
    if (error instanceof SchemaFault) return [error.problem];
    throw error;
  }
};

/** Drops what is undefined, as `exactOptionalPropertyTypes` wants. */
export const problem = (
  code: CedarErrorCode,
  message: string,
  more: {
    readonly span?: Span | undefined;
    readonly path?: string;
    readonly help?: string | undefined;
  } = {},
): SchemaProblem => ({
  code,
  message,
  ...(more.span === undefined ? {} : { span: more.span }),
  ...(more.path === undefined ? {} : { path: more.path }),
  ...(more.help === undefined ? {} : { help: more.help }),
});
