/**
 * Scope constraints that people write as conditions: `when { principal in Team::"x" && … }`. Only
 * what stands in front of everything that could fail is taken, so that using it for finding
 * policies changes neither decisions nor errors. The conditions stay as they are.
 */
import type { Expr, PolicyNode, ScopeConstraint } from '../ast.ts';

type Lifted = { readonly name: 'principal' | 'resource'; readonly constraint: ScopeConstraint };

const subjectOf = (node: Expr): Lifted['name'] | undefined =>
  node.kind === 'variable' && (node.name === 'principal' || node.name === 'resource')
    ? node.name
    : undefined;

const liftIs = (node: Extract<Expr, { kind: 'is' }>): Lifted | undefined => {
  const name = subjectOf(node.operand);
  if (name === undefined || (node.in !== undefined && node.in.kind !== 'entity')) return undefined;
  const constraint = { kind: 'is', entityType: node.entityType } as const;
  return { name, constraint: node.in ? { ...constraint, in: node.in.uid } : constraint };
};

/** A conjunct that says what a scope could say; such a conjunct never fails. */
const lift = (node: Expr): Lifted | undefined => {
  if (node.kind === 'is') return liftIs(node);
  if (node.kind !== 'binary' || (node.operator !== '==' && node.operator !== 'in'))
    return undefined;
  const name = subjectOf(node.left);
  if (name === undefined || node.right.kind !== 'entity') return undefined;
  return { name, constraint: { kind: node.operator, entity: node.right.uid } };
};

/** The conjuncts of a chain of `&&`, first to last. */
function* conjuncts(node: Expr): Generator<Expr> {
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop())
    if (next.kind === 'and') open.push(next.right, next.left);
    else yield next;
}

/** The constraints to find a policy by: those of its scope, or else what its conditions begin with. */
export const searchScope = (node: PolicyNode): Pick<PolicyNode, 'principal' | 'resource'> => {
  const found = { principal: node.principal, resource: node.resource };
  for (const { kind, body } of node.conditions) {
    if (kind === 'unless') return found;
    for (const conjunct of conjuncts(body)) {
      const lifted = lift(conjunct);
      if (lifted === undefined) return found;
      if (found[lifted.name].kind === 'any') found[lifted.name] = lifted.constraint;
    }
  }
  return found;
};
