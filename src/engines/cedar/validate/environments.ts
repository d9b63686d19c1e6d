/** The kinds of requests a schema allows, and those a template has to be checked for. */
import type { PolicyNode, ScopeConstraint, Slot } from '../ast.ts';
import { type Schema, uidKey } from '../schema/model.ts';
import type { Environment } from './check.ts';
import type { RequestKind } from './findings.ts';
import { canBeIn } from './types.ts';

/** Every kind of request that can be valid: principal type, action, resource type. */
export const requestEnvironments = function* (schema: Schema): Generator<Environment> {
  for (const action of schema.actions.values()) {
    const context = { kind: 'record' as const, attributes: action.context };
    const name = uidKey(action.uid);
    for (const principal of action.principals)
      for (const resource of action.resources) {
        const kind = { principal, action: name, resource };
        yield { principal, action, resource, context, slots: {}, kind };
      }
  }
};

/** The same as plain data, for people and tools. */
export const requestKinds = (schema: Schema): readonly RequestKind[] =>
  Array.from(requestEnvironments(schema), ({ kind }) => kind);

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
