/** The scope of a policy as an expression, so that one checker serves both. */
import type { ActionConstraint, Expr, PolicyNode, ScopeConstraint, ScopeTarget } from '../ast.ts';

const variable = (name: 'principal' | 'action' | 'resource'): Expr => ({ kind: 'variable', name });

const target = (of: ScopeTarget): Expr =>
  'slot' in of ? { kind: 'slot', slot: of.slot } : { kind: 'entity', uid: of };

const relation = (operator: '==' | 'in', left: Expr, right: Expr): Expr => ({
  kind: 'binary',
  operator,
  left,
  right,
});

const scopeExpr = (
  name: 'principal' | 'resource',
  constraint: ScopeConstraint,
): Expr | undefined => {
  if (constraint.kind === 'any') return undefined;
  if (constraint.kind !== 'is')
    return relation(constraint.kind, variable(name), target(constraint.entity));
  const { entityType, in: group } = constraint;
  const test = { kind: 'is', operand: variable(name), entityType } as const;
  return group === undefined ? test : { ...test, in: target(group) };
};

const actionExpr = (constraint: ActionConstraint): Expr | undefined => {
  if (constraint.kind === 'any') return undefined;
  if (constraint.kind === '==')
    return relation('==', variable('action'), { kind: 'entity', uid: constraint.entity });
  const elements = constraint.entities.map((uid): Expr => ({ kind: 'entity', uid }));
  const [only] = elements;
  const group: Expr = constraint.isList || only === undefined ? { kind: 'set', elements } : only;
  return relation('in', variable('action'), group);
};

const allOf = (parts: readonly (Expr | undefined)[]): Expr => {
  const [first, ...others] = parts.filter((part) => part !== undefined);
  return others.reduce<Expr>(
    (left, right) => ({ kind: 'and', left, right }),
    first ?? { kind: 'bool', value: true },
  );
};

/** What the scope asks for. */
export const scopeCondition = ({ principal, action, resource }: PolicyNode): Expr =>
  allOf([scopeExpr('principal', principal), actionExpr(action), scopeExpr('resource', resource)]);

/** What a policy asks for altogether. */
export const policyCondition = (policy: PolicyNode): Expr =>
  allOf([
    scopeCondition(policy),
    ...policy.conditions.map(
      ({ kind, body }): Expr =>
        kind === 'when'
          ? body
          : { kind: 'not', operand: body, ...(body.span ? { span: body.span } : {}) },
    ),
  ]);
