/** What the parts of the type checker share: the context, and how an operand is asked for a type. */
import type { EntityUid, Expr } from '../ast.ts';
import type { ActionDefinition, Schema } from '../schema/model.ts';
import type { Capabilities, Numbering } from './capabilities.ts';
import { noCapabilities } from './capabilities.ts';
import { findingCodes, type Note, type Reporter, type RequestKind } from './findings.ts';
import { formatType, isBoolean, never, type RecordType, type Type } from './types.ts';

/** A kind of request: types of principal and resource, one action, and types for the slots. */
export type Environment = {
  readonly principal: string;
  readonly action: ActionDefinition;
  readonly resource: string;
  readonly context: RecordType;
  readonly slots: { readonly '?principal'?: string; readonly '?resource'?: string };
  readonly kind: RequestKind;
};

/** The type of an expression and what is known where it was true. */
export type Typed = { readonly type: Type; readonly gains: Capabilities };

export type Check = {
  readonly schema: Schema;
  readonly environment: Environment;
  readonly reporter: Reporter;
  readonly numbering: Numbering;
  /** The type of any expression where these capabilities are known. */
  readonly typeOf: (expr: Expr, known: Capabilities) => Typed;
};

/** Types one kind of expression. */
export type Rule<Kind extends Expr['kind']> = (
  check: Check,
  expr: ExprOf<Kind>,
  known: Capabilities,
) => Typed;

/** The expressions of these kinds; nodes that share fields share one member of `Expr`. */
type ExprOf<Kind extends Expr['kind']> = Expr extends infer Node
  ? Node extends { readonly kind: infer Kinds }
    ? [Kind & Kinds] extends [never]
      ? never
      : Node
    : never
  : never;

export const typed = (type: Type): Typed => ({ type, gains: noCapabilities });

export const report = (check: Check, note: Note): void =>
  check.reporter.error({ ...note, request: check.environment.kind });

type Expectation = {
  readonly fits: (type: Type) => boolean;
  readonly expected: string;
  readonly help?: (type: Type) => string | undefined;
};

/** Types an operand; when it does not fit, reports it and hands back `never`. */
export const expectType = (
  check: Check,
  expr: Expr,
  { known, fits, expected, help }: Expectation & { readonly known: Capabilities },
): Typed => {
  const result = check.typeOf(expr, known);
  if (result.type.kind === 'never' || fits(result.type)) return result;
  const message = `expected ${expected}, found ${formatType(result.type)}`;
  const hint = help?.(result.type);
  report(check, { code: findingCodes.type, message, span: expr.span, help: hint });
  return { type: never, gains: result.gains };
};

export const expectBoolean = (check: Check, expr: Expr, known: Capabilities): Typed =>
  expectType(check, expr, { known, fits: isBoolean, expected: 'Bool' });

export const expectEntity = (check: Check, expr: Expr, known: Capabilities): Typed =>
  expectType(check, expr, {
    known,
    fits: ({ kind }) => kind === 'entity',
    expected: 'an entity',
    help: ({ kind }) => (kind === 'set' ? 'use `contains` to look into a set' : undefined),
  });

/** The entity an expression names whatever the request: a literal, or the action of this kind. */
export const entityNamed = (check: Check, expr: Expr): EntityUid | undefined => {
  if (expr.kind === 'entity') return expr.uid;
  const isAction = expr.kind === 'variable' && expr.name === 'action';
  return isAction ? check.environment.action.uid : undefined;
};
