/**
 * Narrows a permit to what it was used for. The scope stays as it is unless it only gets narrower by
 * the change whatever the entities are; who is named, is named in a further condition.
 */
import { type EntityRef, entityKey, formatEntity } from '../../../engines/authorization/index.ts';
import {
  type ActionConstraint,
  type ActionDefinition,
  type Expr,
  type PolicyNode,
  type ScopeConstraint,
  type Schema,
  uidKey,
} from '../../../engines/cedar/index.ts';
import type { Judge } from './judge.ts';

export type Used = {
  readonly principals: readonly EntityRef[];
  readonly actions: readonly string[];
  readonly resources: readonly EntityRef[];
};

export type Narrowing = {
  readonly judge: Judge;
  readonly schema: Schema;
  /** All entities that may be principals or resources. */
  readonly entities: readonly EntityRef[];
  readonly maxListed: number;
};

export type Narrowed = { readonly node: PolicyNode; readonly details: readonly string[] };

/** The actions with requests that a constraint covers. */
const coveredActions = (
  schema: Schema,
  constraint: ActionConstraint,
): readonly ActionDefinition[] => {
  const wanted =
    constraint.kind === 'any'
      ? undefined
      : new Set((constraint.kind === '==' ? [constraint.entity] : constraint.entities).map(uidKey));
  return [...schema.actions.values()].filter(({ uid, ancestors, principals, resources }) => {
    if (principals.length === 0 || resources.length === 0) return false;
    if (wanted === undefined || wanted.has(uidKey(uid))) return true;
    return constraint.kind === 'in' && [...ancestors].some((key) => wanted.has(key));
  });
};

const narrowAction = (
  schema: Schema,
  constraint: ActionConstraint,
  used: readonly string[],
): ActionConstraint | undefined => {
  const covered = coveredActions(schema, constraint).map(({ uid }) => uid);
  const kept = covered.filter(({ type, id }) => type === 'Action' && used.includes(id));
  if (kept.length === 0 || kept.length >= covered.length) return undefined;
  const [only] = kept;
  if (kept.length === 1 && only !== undefined) return { kind: '==', entity: only };
  return { kind: 'in', entities: kept, isList: true };
};

const covers = ({ graph }: Judge, constraint: ScopeConstraint, ref: EntityRef): boolean => {
  if (constraint.kind === 'any') return true;
  if (constraint.kind === 'is' && constraint.entityType !== ref.type) return false;
  const group = constraint.kind === 'is' ? constraint.in : constraint.entity;
  if (group === undefined) return true;
  if ('slot' in group) return false;
  return (
    entityKey(group) === entityKey(ref) ||
    (constraint.kind !== '==' && graph.ancestors(ref).has(entityKey(group)))
  );
};

/** The smallest group that all of them are in and that not everybody covered is in. */
const commonGroup = (
  { judge }: Narrowing,
  used: readonly EntityRef[],
  covered: readonly EntityRef[],
): EntityRef | undefined => {
  const [first, ...others] = used;
  if (first === undefined) return undefined;
  const shared = [...judge.graph.ancestors(first).values()].filter((group) =>
    others.every((other) => judge.graph.ancestors(other).has(entityKey(group))),
  );
  const sized = shared.map((group) => ({
    group,
    size: covered.filter((ref) => judge.graph.ancestors(ref).has(entityKey(group))).length,
  }));
  sized.sort((left, right) => left.size - right.size);
  const [smallest] = sized;
  return smallest !== undefined && smallest.size < covered.length ? smallest.group : undefined;
};

type Party = 'principal' | 'resource';
const variable = (name: Party): Expr => ({ kind: 'variable', name });
const test = (name: Party, operator: '==' | 'in', uid: EntityRef): Expr => ({
  kind: 'binary',
  operator,
  left: variable(name),
  right: { kind: 'entity', uid: { type: uid.type, id: uid.id } },
});
const either = (tests: readonly Expr[]): Expr =>
  tests.reduce((left, right) => ({ kind: 'or', left, right }));

type Part = {
  readonly scope?: ScopeConstraint;
  readonly condition?: Expr;
  readonly detail: string;
};

const narrowParty = (
  narrowing: Narrowing,
  { name, constraint }: { readonly name: Party; readonly constraint: ScopeConstraint },
  { used, types }: { readonly used: readonly EntityRef[]; readonly types: ReadonlySet<string> },
): Part | undefined => {
  if (constraint.kind === '==' || used.length === 0) return undefined;
  const covered = narrowing.entities.filter(
    (ref) => types.has(ref.type) && covers(narrowing.judge, constraint, ref),
  );
  const known = new Set(used.map(entityKey));
  if (covered.every((ref) => known.has(entityKey(ref)))) return undefined;
  const [only] = used;
  const isFree =
    constraint.kind === 'any' || (constraint.kind === 'is' && constraint.in === undefined);
  if (only !== undefined && used.length === 1 && isFree)
    return { scope: { kind: '==', entity: only }, detail: `${name} == ${formatEntity(only)}` };
  if (used.length <= narrowing.maxListed)
    return {
      condition: either(used.map((uid) => test(name, '==', uid))),
      detail: `${name} is one of ${used.map(formatEntity).join(', ')}`,
    };
  const group = commonGroup(narrowing, used, covered);
  if (group === undefined) return undefined;
  const detail = `${name} in ${formatEntity(group)}`;
  return { condition: test(name, 'in', group), detail };
};

const withCondition = (node: PolicyNode, part: Part | undefined): PolicyNode =>
  part?.condition === undefined
    ? node
    : { ...node, conditions: [...node.conditions, { kind: 'when', body: part.condition }] };

/** The narrower policy, or undefined when all that it covers was used. */
export const narrowPolicy = (
  narrowing: Narrowing,
  node: PolicyNode,
  used: Used,
): Narrowed | undefined => {
  const action = narrowAction(narrowing.schema, node.action, used.actions);
  const actions = coveredActions(narrowing.schema, action ?? node.action);
  const typesOf = (pick: (definition: ActionDefinition) => readonly string[]) =>
    new Set(actions.flatMap(pick));
  const principal = narrowParty(
    narrowing,
    { name: 'principal', constraint: node.principal },
    { used: used.principals, types: typesOf(({ principals }) => principals) },
  );
  const resource = narrowParty(
    narrowing,
    { name: 'resource', constraint: node.resource },
    { used: used.resources, types: typesOf(({ resources }) => resources) },
  );
  if (action === undefined && principal === undefined && resource === undefined) return undefined;
  const scoped: PolicyNode = {
    ...node,
    action: action ?? node.action,
    principal: principal?.scope ?? node.principal,
    resource: resource?.scope ?? node.resource,
  };
  const names = action === undefined ? [] : [...used.actions].sort();
  const details = [
    ...(names.length === 0 ? [] : [`action is one of ${names.join(', ')}`]),
    ...[principal, resource].flatMap((part) => (part === undefined ? [] : [part.detail])),
  ];
  return { node: withCondition(withCondition(scoped, principal), resource), details };
};
