/** The door of our own Cedar: syntax, schemas, validation, entities and evaluation. */
export type {
  ActionConstraint,
  BinaryOperator,
  Condition,
  EntityUid,
  Expr,
  PatternPart,
  PolicyNode,
  ScopeConstraint,
  ScopeTarget,
  Slot,
  Span,
  Variable,
} from './ast.ts';
export type { CedarError, CedarErrorCode } from './syntax/errors.ts';
export { isCedarErrors } from './syntax/errors.ts';

export {
  type NamedPolicy,
  type ParsedPolicies,
  parseExpression,
  parsePolicies,
} from './syntax/parse-policies.ts';
