/**
 * Policies by what their scopes ask of action, principal and resource. Finding the policies of a
 * request costs a few table look-ups per constraint that holds for its three entities; policies whose
 * scope asks for nothing stand under the key that always holds and are looked at every time.
 */
import type { PolicyNode } from '../ast.ts';
import { type ConditionCode, compileConditions } from '../evaluate/policy.ts';
import { searchScope } from './lift-scope.ts';
import { createScopeKeys, type ScopeKeys } from './scope-keys.ts';

/** One policy, ready. */
export type ReadyPolicy = {
  readonly position: number;
  readonly id: string;
  readonly node: PolicyNode;
  readonly isForbid: boolean;
  /** Undefined: holds whenever the scope does. */
  readonly condition: ConditionCode | undefined;
  readonly reason: { readonly policyId: string };
};

/** Policies by the key of the resource constraint. */
type Row = Map<number, ReadyPolicy[]>;
/** Rows by the key of the principal constraint. */
type Table = Map<number, Row>;

export type PolicyIndex = {
  readonly keys: ScopeKeys;
  /** By the key of the action constraint. */
  readonly tables: readonly (Table | undefined)[];
};

export const readyPolicy = (id: string, node: PolicyNode, position: number): ReadyPolicy => ({
  position,
  id,
  node,
  isForbid: node.effect === 'forbid',
  condition: compileConditions(node),
  reason: Object.freeze({ policyId: id }),
});

export const createPolicyIndex = (policies: readonly ReadyPolicy[]): PolicyIndex => {
  const keys = createScopeKeys();
  const tables: (Table | undefined)[] = [];
  for (const policy of policies) {
    const { principal, resource } = searchScope(policy.node);
    const principalKey = keys.keyOf(principal);
    const resourceKey = keys.keyOf(resource);
    if (principalKey === undefined || resourceKey === undefined) continue;
    const actionKey = keys.keyOfAction(policy.node.action);
    const table = tables[actionKey] ?? new Map<number, Row>();
    tables[actionKey] = table;
    const row = table.get(principalKey) ?? new Map<number, ReadyPolicy[]>();
    table.set(principalKey, row);
    const list = row.get(resourceKey);
    if (list === undefined) row.set(resourceKey, [policy]);
    else list.push(policy);
  }
  return { keys, tables: Array.from(tables) };
};

/** The keys that hold for the three entities of a request. */
export type RequestKeys = {
  readonly principal: readonly number[];
  readonly action: readonly number[];
  readonly resource: readonly number[];
};

/** Calls `visit` with every policy whose scope covers the request, in no particular order. */
export const visitCandidates = (
  { tables }: PolicyIndex,
  keys: RequestKeys,
  visit: (policy: ReadyPolicy) => void,
): void => {
  for (const actionKey of keys.action) {
    const table = tables[actionKey];
    if (table === undefined) continue;
    for (const principalKey of keys.principal) {
      const row = table.get(principalKey);
      if (row === undefined) continue;
      for (const resourceKey of keys.resource) row.get(resourceKey)?.forEach(visit);
    }
  }
};
