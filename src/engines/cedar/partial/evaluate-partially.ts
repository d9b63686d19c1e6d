/**
 * Evaluation with parts of the request unknown. What depends on them stays as an expression, the
 * residual; the rest is computed. For every request that fills the unknown parts, over the same
 * entities, the residual comes to what the whole expression comes to: the same value, or a failure
 * where that fails (perhaps for another reason). What fails for certain is a failure at once, except
 * behind something undecided that could leave it out: there it stays as it was written.
 */
import type { Expr } from '../ast.ts';
import { type Env, wrongType } from '../evaluate/code.ts';
import { compileExpression } from '../evaluate/compile.ts';
import { valueToExpr } from '../values/format.ts';
import { attributeOf, emptyRecord } from '../values/record.ts';
import {
  type EntityValue,
  entityValue,
  type Failure,
  isFailure,
  type Value,
} from '../values/value.ts';
import type { PartialEnv, PartialSubject } from './partial-env.ts';
import { cannotFail, givesBool } from './total.ts';

/** What an expression came to. */
export type PartialOutcome =
  | { readonly kind: 'value'; readonly value: Value }
  | Failure
  | { readonly kind: 'residual'; readonly expr: Expr };

type Kind<K extends Expr['kind']> = Extract<Expr, { kind: K }>;

const known = (value: Value): PartialOutcome => ({ kind: 'value', value });
const residual = (expr: Expr): PartialOutcome => ({ kind: 'residual', expr });

/** An expression in place of an outcome. What failed stays as written and will fail again. */
const exprOf = (outcome: PartialOutcome, written: Expr): Expr => {
  if (outcome.kind === 'value') return valueToExpr(outcome.value);
  return outcome.kind === 'residual' ? outcome.expr : written;
};

const subjectOf = (env: PartialEnv, node: Expr): PartialSubject | undefined =>
  node.kind === 'variable' && node.name !== 'context' ? env[node.name] : undefined;

const nobody: EntityValue = entityValue('', '');
const entityOf = (subject: PartialSubject): EntityValue =>
  'entity' in subject ? subject.entity : nobody;
const recordOf = (subject: PartialSubject): Env['principalRecord'] =>
  'entity' in subject ? subject.record : undefined;

/** For expressions without unknown parts: the others are never looked at. */
const wholeEnv = ({ entities, principal, action, resource, context }: PartialEnv): Env => ({
  entities,
  principal: entityOf(principal),
  principalRecord: recordOf(principal),
  action: entityOf(action),
  actionRecord: recordOf(action),
  resource: entityOf(resource),
  resourceRecord: recordOf(resource),
  context: context ?? emptyRecord,
});

/** Computes an expression whose parts are all known. */
const compute = (env: PartialEnv, expr: Expr): PartialOutcome => {
  const outcome = compileExpression(expr)(wholeEnv(env));
  return isFailure(outcome) ? outcome : known(outcome);
};

const variable = (env: PartialEnv, node: Kind<'variable'>): PartialOutcome => {
  if (node.name === 'context')
    return env.context !== undefined && env.unknownContext.size === 0
      ? known(env.context)
      : residual(node);
  const subject = env[node.name];
  return 'entity' in subject ? known(subject.entity) : residual(node);
};

/** `context.a` and `context has a` of a context that is known in part. */
const fromContext = (
  env: PartialEnv,
  node: Kind<'get'> | Kind<'has'>,
): PartialOutcome | undefined => {
  if (node.operand.kind !== 'variable' || node.operand.name !== 'context') return undefined;
  if (env.context === undefined) return undefined;
  const [key, ...rest] = node.kind === 'get' ? [node.attribute] : node.path;
  if (env.unknownContext.has(key as string)) return residual(node);
  const value = attributeOf(env.context, key as string);
  if (node.kind === 'get') return value === undefined ? compute(env, node) : known(value);
  if (value === undefined) return known(false);
  return rest.length === 0 ? known(true) : compute(env, node);
};

/** What the type of an entity decides before the entity is known. */
const byType = (env: PartialEnv, node: Expr): PartialOutcome | undefined => {
  if (node.kind === 'is') {
    const subject = subjectOf(env, node.operand);
    if (subject === undefined || 'entity' in subject || subject.type === undefined)
      return undefined;
    if (subject.type !== node.entityType) return known(false);
    return node.in === undefined ? known(true) : undefined;
  }
  if (node.kind !== 'binary' || (node.operator !== '==' && node.operator !== '!='))
    return undefined;
  const subject = subjectOf(env, node.left);
  if (subject === undefined || 'entity' in subject || subject.type === undefined) return undefined;
  if (node.right.kind !== 'entity' || node.right.uid.type === subject.type) return undefined;
  return known(node.operator === '!=');
};

/** The rest of a conjunction (or disjunction) whose left side is the neutral bool. */
const lastOperand = (outcome: PartialOutcome, node: Kind<'and' | 'or'>): PartialOutcome => {
  const needs = `${node.kind === 'and' ? '&&' : '||'} needs a bool`;
  if (outcome.kind === 'value')
    return typeof outcome.value === 'boolean'
      ? outcome
      : wrongType(outcome.value, needs, node.right);
  if (outcome.kind !== 'residual' || givesBool(outcome.expr)) return outcome;
  const left: Expr = { kind: 'bool', value: node.kind === 'and' };
  return residual({ ...node, left, right: outcome.expr });
};

const logic = (env: PartialEnv, node: Kind<'and' | 'or'>): PartialOutcome => {
  const neutral = node.kind === 'and';
  const left = evaluatePartially(env, node.left);
  if (left.kind === 'failure') return left;
  if (left.kind === 'value') {
    if (typeof left.value !== 'boolean')
      return wrongType(left.value, `${neutral ? '&&' : '||'} needs a bool`, node.left);
    return left.value === neutral
      ? lastOperand(evaluatePartially(env, node.right), node)
      : known(!neutral);
  }
  const right = evaluatePartially(env, node.right);
  const isSafe = givesBool(left.expr);
  if (right.kind === 'value' && right.value === neutral && isSafe) return left;
  if (right.kind === 'value' && right.value === !neutral && isSafe && cannotFail(left.expr))
    return known(!neutral);
  return residual({ ...node, left: left.expr, right: exprOf(right, node.right) });
};

const choice = (env: PartialEnv, node: Kind<'if'>): PartialOutcome => {
  const condition = evaluatePartially(env, node.condition);
  if (condition.kind === 'failure') return condition;
  if (condition.kind === 'value') {
    if (condition.value === true) return evaluatePartially(env, node.then);
    if (condition.value === false) return evaluatePartially(env, node.otherwise);
    return wrongType(condition.value, 'if needs a bool', node.condition);
  }
  const then = exprOf(evaluatePartially(env, node.then), node.then);
  const otherwise = exprOf(evaluatePartially(env, node.otherwise), node.otherwise);
  return residual({ ...node, condition: condition.expr, then, otherwise });
};

/** `is T in e` does not look at e when the type is another. */
const isIn = (env: PartialEnv, node: Kind<'is'> & { readonly in: Expr }): PartialOutcome => {
  const operand = evaluatePartially(env, node.operand);
  if (operand.kind === 'failure') return operand;
  const above = evaluatePartially(env, node.in);
  const inside = exprOf(above, node.in);
  const rebuilt = { ...node, operand: exprOf(operand, node.operand), in: inside };
  if (operand.kind === 'residual') return residual(rebuilt);
  const { value } = operand;
  const isOther =
    typeof value === 'object' && value.kind === 'entity' && value.type !== node.entityType;
  return isOther || above.kind !== 'residual' ? compute(env, rebuilt) : residual(rebuilt);
};

/** Operators that look at all their parts: computed when all are known, rebuilt when not. */
const strict = (
  env: PartialEnv,
  parts: readonly Expr[],
  rebuild: (parts: readonly Expr[]) => Expr,
): PartialOutcome => {
  const outcomes = parts.map((part) => evaluatePartially(env, part));
  const failed = outcomes.find(({ kind }) => kind === 'failure');
  if (failed !== undefined) return failed;
  const expr = rebuild(outcomes.map((outcome, at) => exprOf(outcome, parts[at] as Expr)));
  return outcomes.every(({ kind }) => kind === 'value') ? compute(env, expr) : residual(expr);
};

const unary = (
  env: PartialEnv,
  node: Kind<'not' | 'negate' | 'isEmpty' | 'like' | 'is' | 'has' | 'get'>,
): PartialOutcome =>
  strict(env, [node.operand], ([operand]) => ({ ...node, operand: operand as Expr }));

const record = (env: PartialEnv, node: Kind<'record'>): PartialOutcome => {
  const { entries } = node;
  return strict(
    env,
    entries.map(({ value }) => value),
    (values) => ({
      ...node,
      entries: entries.map(({ key }, at) => ({ key, value: values[at] as Expr })),
    }),
  );
};

/** Evaluates what can be evaluated. Depth is bounded by the readers of policies. */
export const evaluatePartially = (env: PartialEnv, node: Expr): PartialOutcome => {
  const early = byType(env, node);
  if (early !== undefined) return early;
  switch (node.kind) {
    case 'variable':
      return variable(env, node);
    case 'and':
    case 'or':
      return logic(env, node);
    case 'if':
      return choice(env, node);
    case 'get':
    case 'has':
      return fromContext(env, node) ?? unary(env, node);
    case 'is': {
      const { in: above } = node;
      return above === undefined ? unary(env, node) : isIn(env, { ...node, in: above });
    }
    case 'not':
    case 'negate':
    case 'isEmpty':
    case 'like':
      return unary(env, node);
    case 'binary':
      return strict(env, [node.left, node.right], ([left, right]) => ({
        ...node,
        left: left as Expr,
        right: right as Expr,
      }));
    case 'set':
      return strict(env, node.elements, (elements) => ({ ...node, elements }));
    case 'record':
      return record(env, node);
    case 'call':
      return strict(env, node.args, (args) => ({ ...node, args }));
    default:
      return compute(env, node);
  }
};
