/** A policy ready to be asked: its conditions as one closure, its scope as a test. */
import type { ActionConstraint, Condition, Expr, PolicyNode, ScopeConstraint } from '../ast.ts';
import { type EntityValue, entityValue, type Failure } from '../values/value.ts';
import { type Code, type Env, wrongType } from './code.ts';
import { compileExpression, createSharing, type Sharing } from './compile.ts';
import { isWithin } from './entity-operators.ts';

/** What the conditions of a policy come to for a request. */
export type ConditionCode = (env: Env) => boolean | Failure;

const always: Expr = { kind: 'bool', value: true };

const compileCondition = ({ kind, body }: Condition, share?: Sharing): ConditionCode => {
  const code: Code = compileExpression(body, share);
  const wanted = kind === 'when';
  const needs = `\`${kind}\` needs a bool`;
  return (env) => {
    const value = code(env);
    return typeof value === 'boolean' ? value === wanted : wrongType(value, needs, body);
  };
};

const compileAll = (
  conditions: readonly Condition[],
  share?: Sharing,
): ConditionCode | undefined => {
  const [first, ...others] = conditions.map((condition) => compileCondition(condition, share));
  if (first === undefined || others.length === 0) return first;
  return (env) => {
    const start = first(env);
    if (start !== true) return start;
    for (const other of others) {
      const value = other(env);
      if (value !== true) return value;
    }
    return true;
  };
};

/**
 * All conditions, in their order; the first that does not hold (or fails) ends it. Undefined for
 * policies without conditions. Failures say where.
 */
export const compileConditions = ({ conditions }: PolicyNode): ConditionCode | undefined =>
  compileAll(conditions);

export type CompileConditions = typeof compileConditions;

/** Compiles many policies; those with the same conditions share one closure, without places. */
export const createConditionCompiler = (): CompileConditions => {
  const share = createSharing();
  const known = new Map<string, ConditionCode | undefined>();
  return ({ conditions }) => {
    const key = conditions.map(({ kind, body }) => `${kind} ${share.idOf(body)}`).join();
    const code = known.get(key) ?? compileAll(conditions, share);
    known.set(key, code);
    return code;
  };
};

type Target = { readonly type: string; readonly id: string } | { readonly slot: string };

const targetOf = (target: Target): EntityValue | undefined =>
  'slot' in target ? undefined : entityValue(target.type, target.id);

type Finders = { readonly env: Env; readonly find: () => ReturnType<Env['entities']['find']> };

const below = (entity: EntityValue, target: Target, { env, find }: Finders): boolean => {
  const above = targetOf(target);
  return above !== undefined && isWithin(entity, above, { env, find });
};

const holds = (constraint: ScopeConstraint, entity: EntityValue, at: Finders): boolean => {
  switch (constraint.kind) {
    case 'any':
      return true;
    case '==': {
      const target = targetOf(constraint.entity);
      return target?.id === entity.id && target.type === entity.type;
    }
    case 'in':
      return below(entity, constraint.entity, at);
    case 'is':
      return (
        entity.type === constraint.entityType &&
        (constraint.in === undefined || below(entity, constraint.in, at))
      );
  }
};

const holdsForAction = (constraint: ActionConstraint, env: Env): boolean => {
  if (constraint.kind === 'any') return true;
  const at = { env, find: () => env.actionRecord };
  if (constraint.kind === '==') return holds(constraint, env.action, at);
  return constraint.entities.some((entity) => below(env.action, entity, at));
};

/** Whether the scope of a policy covers a request: the plain way, without an index. */
export const scopeHolds = (node: PolicyNode, env: Env): boolean =>
  holds(node.principal, env.principal, { env, find: () => env.principalRecord }) &&
  holdsForAction(node.action, env) &&
  holds(node.resource, env.resource, { env, find: () => env.resourceRecord });

const scopeExpr = (name: 'principal' | 'resource', constraint: ScopeConstraint): Expr => {
  const variable = { kind: 'variable', name } as const;
  const entity = (target: Target): Expr =>
    'slot' in target
      ? { kind: 'slot', slot: target.slot as '?principal' | '?resource' }
      : { kind: 'entity', uid: target };
  switch (constraint.kind) {
    case 'any':
      return always;
    case '==':
    case 'in': {
      const right = entity(constraint.entity);
      return { kind: 'binary', operator: constraint.kind, left: variable, right };
    }
    case 'is': {
      const { entityType } = constraint;
      const base = { kind: 'is', operand: variable, entityType } as const;
      return constraint.in === undefined ? base : { ...base, in: entity(constraint.in) };
    }
  }
};

const actionExpr = (constraint: ActionConstraint): Expr => {
  if (constraint.kind === 'any') return always;
  const left = { kind: 'variable', name: 'action' } as const;
  if (constraint.kind === '==') {
    const right: Expr = { kind: 'entity', uid: constraint.entity };
    return { kind: 'binary', operator: '==', left, right };
  }
  const elements = constraint.entities.map((uid): Expr => ({ kind: 'entity', uid }));
  const [only] = elements;
  const right: Expr = !constraint.isList && only !== undefined ? only : { kind: 'set', elements };
  return { kind: 'binary', operator: 'in', left, right };
};

const conjunction = (parts: readonly Expr[]): Expr => {
  const needed = parts.filter((part) => part !== always);
  return needed.length === 0
    ? always
    : needed.reduce((left, right) => ({ kind: 'and', left, right }));
};

/** The whole policy as one expression: scope, then every condition. */
export const policyToExpr = (node: PolicyNode): Expr =>
  conjunction([
    scopeExpr('principal', node.principal),
    actionExpr(node.action),
    scopeExpr('resource', node.resource),
    ...node.conditions.map(
      ({ kind, body }): Expr => (kind === 'when' ? body : { kind: 'not', operand: body }),
    ),
  ]);
