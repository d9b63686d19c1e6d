/** The kinds of requests a schema allows, and those a template has to be checked for. */
import type { PolicyNode, ScopeConstraint, Slot } from '../ast.ts';
import { type ActionDefinition, type Schema, uidKey } from '../schema/model.ts';
import type { Environment } from './check.ts';
import type { RequestKind } from './findings.ts';
import { canBeIn } from './types.ts';

const kindsOf = (action: ActionDefinition): readonly Environment[] =>
  action.principals.flatMap((principal) =>
    action.resources.map((resource) => ({
      principal,
      action,
      resource,
      context: { kind: 'record' as const, attributes: action.context },
      slots: {},
      kind: { principal, action: uidKey(action.uid), resource },
    })),
  );

/** Every kind of request that can be valid: principal type, action, resource type. */
export const requestEnvironments = (schema: Schema): readonly Environment[] =>
  [...schema.actions.values()].flatMap(kindsOf);

/** The same as plain data, for people and tools. */
export const requestKinds = (schema: Schema): readonly RequestKind[] =>
  requestEnvironments(schema).map(({ kind }) => kind);

/** The types a slot can stand for so that the scope can hold for values of this type. */
const slotTypes = (
  schema: Schema,
  constraint: ScopeConstraint,
  type: string,
): readonly (string | undefined)[] => {
  if (constraint.kind === '==') return 'slot' in constraint.entity ? [type] : [undefined];
  const target =
    constraint.kind === 'in'
      ? constraint.entity
      : constraint.kind === 'is'
        ? constraint.in
        : undefined;
  if (target === undefined || !('slot' in target)) return [undefined];
  return [...new Set([type, ...schema.entityTypes.keys()])].filter((outer) =>
    canBeIn(schema, type, outer),
  );
};

const slot = (name: Slot, type: string | undefined): Environment['slots'] =>
  type === undefined ? {} : { [name]: type };

/** The environments of a template: one for each choice of types for its slots. */
export const linkedEnvironments = (
  schema: Schema,
  { principal, resource }: PolicyNode,
  environment: Environment,
): readonly Environment[] =>
  slotTypes(schema, principal, environment.principal).flatMap((first) =>
    slotTypes(schema, resource, environment.resource).map((second) => ({
      ...environment,
      slots: { ...slot('?principal', first), ...slot('?resource', second) },
    })),
  );
