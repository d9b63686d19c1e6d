/** Policies as text: one clause to a line, long conditions one operand to a line. */
import type {
  ActionConstraint,
  Condition,
  EntityUid,
  PolicyNode,
  ScopeConstraint,
  ScopeTarget,
} from '../ast.ts';
import { chainOf } from './format-expression.ts';
import { quote } from './quote.ts';

const width = 100;

const uidText = ({ type, id }: EntityUid): string => `${type}::${quote(id)}`;
const targetText = (target: ScopeTarget): string =>
  'slot' in target ? target.slot : uidText(target);

const constraintText = (variable: string, constraint: ScopeConstraint): string => {
  if (constraint.kind === 'any') return variable;
  if (constraint.kind !== 'is')
    return `${variable} ${constraint.kind} ${targetText(constraint.entity)}`;
  const test = `${variable} is ${constraint.entityType}`;
  return constraint.in === undefined ? test : `${test} in ${targetText(constraint.in)}`;
};

const actionText = (constraint: ActionConstraint): string => {
  if (constraint.kind === 'any') return 'action';
  if (constraint.kind === '==') return `action == ${uidText(constraint.entity)}`;
  const uids = constraint.entities.map(uidText).join(', ');
  const isList = constraint.isList || constraint.entities.length !== 1;
  return isList ? `action in [${uids}]` : `action in ${uids}`;
};

const scopeText = (node: PolicyNode): string => {
  const parts = [
    constraintText('principal', node.principal),
    actionText(node.action),
    constraintText('resource', node.resource),
  ];
  const line = `${node.effect} (${parts.join(', ')})`;
  return line.length <= width ? line : `${node.effect} (\n  ${parts.join(',\n  ')}\n)`;
};

const conditionText = ({ kind, body }: Condition): string => {
  const operator = body.kind === 'or' ? '||' : '&&';
  const parts = chainOf(body);
  const line = `${kind} { ${parts.join(` ${operator} `)} }`;
  return line.length <= width ? line : `${kind} {\n  ${parts.join(` ${operator}\n  `)}\n}`;
};

const annotationText = (name: string, value: string): string =>
  value === '' ? `@${name}` : `@${name}(${quote(value)})`;

/**
 * Writes a policy or template. The text parses back to the same tree; the exceptions are paths of
 * `has` with names that need quotes (JSON only), which are written out step by step, and trees that
 * need more brackets inside each other than the parser accepts.
 */
export const formatPolicy = (node: PolicyNode): string => {
  const lines = [...node.annotations].map(([name, value]) => annotationText(name, value));
  lines.push(scopeText(node), ...node.conditions.map(conditionText));
  return `${lines.join('\n')};`;
};
