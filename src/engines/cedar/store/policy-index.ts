/**
 * Policies by what their scopes ask of principal, action and resource. An entity's profile (which
 * constraints hold for it) leads straight to the policies that stand under those constraints; among
 * them the ones for the rest of the request are found by comparing small integers. Policies whose
 * scope asks for nothing stand under the key that always holds and are looked at every time. Memory
 * is touched sparingly: at ten thousand policies, waiting for it is most of the price.
 */
import type { PolicyNode } from '../ast.ts';
import type { ConditionCode } from '../evaluate/policy.ts';
import {
  actionKeys,
  createProfileArena,
  type Leads,
  principalKeys,
  principalLeads,
  type Profile,
  type ProfileArena,
  resourceKeys,
  resourceLeads,
} from './profile-arena.ts';
import { searchScope } from './lift-scope.ts';
import { createScopeKeys, type ScopeKeys } from './scope-keys.ts';

/** One policy, ready. */
export type ReadyPolicy = {
  readonly isForbid: boolean;
  /** Undefined: holds whenever the scope does. */
  readonly condition: ConditionCode | undefined;
  readonly position: number;
  readonly reason: { readonly policyId: string };
  readonly id: string;
  readonly node: PolicyNode;
  /** The condition compiled with its places in the text, once it has failed. */
  exact: ConditionCode | undefined;
};

/** A policy with the keys of its three constraints. */
type Keyed = {
  readonly policy: ReadyPolicy;
  readonly principal: number;
  readonly action: number;
  readonly resource: number;
};
/**
 * A policy stands under its principal or under its resource constraint, whichever fewer policies
 * share; `other` is the key of the one it does not stand under.
 */
type Placed = { readonly policy: ReadyPolicy; readonly action: number; readonly other: number };
/** Places in the list by action key and the other key. */
type Table = ReadonlyMap<number, ReadonlyMap<number, readonly number[]>>;
/** The policies under one constraint: a stretch of the list; many have a table too. */
type Entry = { readonly from: number; readonly to: number; readonly table: Table | undefined };

/** The policies of a set, found by integers. */
export type PolicyIndex = {
  /** All policies, those under one constraint together. */
  readonly listed: readonly ReadyPolicy[];
  /** Their conditions: most policies that are looked at do not hold, and are not touched. */
  readonly conditions: readonly (ConditionCode | undefined)[];
  /** Action and other key of each. */
  readonly listedKeys: Int32Array;
  readonly tables: readonly Table[];
  readonly profiles: ProfileArena;
};

/** Constraints with more policies under them are searched by table. */
const mostFew = 12;

const listIn = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
};

const tableOf = (placed: readonly Placed[], from: number): Table => {
  const table = new Map<number, Map<number, number[]>>();
  for (const [at, { action, other }] of placed.entries()) {
    const byOther = table.get(action) ?? new Map<number, number[]>();
    table.set(action, byOther);
    listIn(byOther, other, from + at);
  }
  return table;
};

/** The stretches and tables of one side; its policies are added to the list. */
const entriesOf = (
  placed: ReadonlyMap<number, readonly Placed[]>,
  listed: Placed[],
): ReadonlyMap<number, Entry> => {
  const entries = new Map<number, Entry>();
  for (const [key, list] of placed) {
    const from = listed.length;
    for (const each of list) listed.push(each);
    const table = list.length > mostFew ? tableOf(list, from) : undefined;
    entries.set(key, { from, to: listed.length, table });
  }
  return entries;
};

const keyPolicies = (policies: readonly ReadyPolicy[], keys: ScopeKeys): readonly Keyed[] => {
  const keyed: Keyed[] = [];
  for (const policy of policies) {
    const scope = searchScope(policy.node);
    const principal = keys.keyOf(scope.principal);
    const resource = keys.keyOf(scope.resource);
    if (principal === undefined || resource === undefined) continue;
    keyed.push({ policy, principal, action: keys.keyOfAction(policy.node.action), resource });
  }
  return keyed;
};

const countBy = (keys: readonly number[]): ReadonlyMap<number, number> => {
  const counts = new Map<number, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
};

const createTables = (keyed: readonly Keyed[]) => {
  const principals = countBy(keyed.map(({ principal }) => principal));
  const resources = countBy(keyed.map(({ resource }) => resource));
  const byPrincipal = new Map<number, Placed[]>();
  const byResource = new Map<number, Placed[]>();
  for (const { policy, principal, action, resource } of keyed)
    if ((principals.get(principal) ?? 0) <= (resources.get(resource) ?? 0))
      listIn(byPrincipal, principal, { policy, action, other: resource });
    else listIn(byResource, resource, { policy, action, other: principal });
  const listed: Placed[] = [];
  return {
    principals,
    resources,
    actions: new Set(keyed.map(({ action }) => action)),
    underPrincipal: entriesOf(byPrincipal, listed),
    underResource: entriesOf(byResource, listed),
    listed,
  };
};

type Side = ReadonlyMap<number, Entry>;

/** Stretches and tables that hold for an entity, as the numbers that a profile keeps. */
const leadsOf = (holding: readonly number[], side: Side, tables: Table[]): Leads => {
  const stretches: number[] = [];
  const found: number[] = [];
  for (const key of holding) {
    const entry = side.get(key);
    if (entry === undefined) continue;
    if (entry.table === undefined) stretches.push(entry.from, entry.to);
    else found.push(tables.indexOf(entry.table));
  }
  return { stretches, tables: found };
};

export const createPolicyIndex = (policies: readonly ReadyPolicy[]): PolicyIndex => {
  const keys = createScopeKeys();
  const made = createTables(keyPolicies(policies, keys));
  const sides = [made.underPrincipal, made.underResource];
  const tables = sides.flatMap((side) =>
    [...side.values()].map(({ table }) => table).filter((table) => table !== undefined),
  );
  const describe = (holding: readonly number[]): Profile => ({
    principal: {
      ...leadsOf(holding, made.underPrincipal, tables),
      keys: holding.filter((key) => made.principals.has(key)),
    },
    resource: {
      ...leadsOf(holding, made.underResource, tables),
      keys: holding.filter((key) => made.resources.has(key)),
    },
    action: holding.filter((key) => made.actions.has(key)),
  });
  return {
    listed: made.listed.map(({ policy }) => policy),
    conditions: made.listed.map(({ policy }) => policy.condition),
    listedKeys: Int32Array.from(made.listed.flatMap(({ action, other }) => [action, other])),
    tables,
    profiles: createProfileArena(keys.matching, describe),
  };
};

/** Where the profiles of the three entities of a request begin in the arena. */
export type RequestProfiles = {
  readonly principal: number;
  readonly action: number;
  readonly resource: number;
};

/**
 * What is done with each policy found, by its place in the list; `state` goes along so that no
 * closure is made per request.
 */
export type Visit<State> = (at: number, state: State) => void;

/** One side of the search: where its leads begin, and which keys must hold beside them. */
type Search<State> = {
  readonly index: PolicyIndex;
  readonly data: Int32Array;
  readonly leads: number;
  /** Places of counted lists of keys. */
  readonly actions: number;
  readonly others: number;
  readonly visit: Visit<State>;
  readonly state: State;
};

/** True when the counted list at this place has the key. */
const holds = (data: Int32Array, list: number, key: number): boolean => {
  const end = list + 1 + (data[list] as number);
  for (let at = list + 1; at < end; at++) if (data[at] === key) return true;
  return false;
};

const visitStretch = <State>(search: Search<State>, from: number, to: number): void => {
  const { index, data, actions, others } = search;
  const { listedKeys } = index;
  for (let at = from; at < to; at++)
    if (
      holds(data, actions, listedKeys[2 * at] as number) &&
      holds(data, others, listedKeys[2 * at + 1] as number)
    )
      search.visit(at, search.state);
};

const none: readonly never[] = [];

const visitTable = <State>(search: Search<State>, table: Table | undefined): void => {
  const { data, actions, others } = search;
  const lastAction = actions + (data[actions] as number);
  const lastOther = others + (data[others] as number);
  for (let action = actions + 1; action <= lastAction; action++) {
    const byOther = table?.get(data[action] as number);
    if (byOther === undefined) continue;
    for (let other = others + 1; other <= lastOther; other++)
      for (const at of byOther.get(data[other] as number) ?? none) search.visit(at, search.state);
  }
};

const visitLeads = <State>(search: Search<State>): void => {
  const { data, leads } = search;
  const lastStretch = leads + (data[leads] as number);
  for (let at = leads + 1; at <= lastStretch; at += 2)
    visitStretch(search, data[at] as number, data[at + 1] as number);
  const tables = lastStretch + 1;
  const lastTable = tables + (data[tables] as number);
  for (let at = tables + 1; at <= lastTable; at++)
    visitTable(search, search.index.tables[data[at] as number]);
};

/** Calls `visit` for every policy whose scope covers the request, in no particular order. */
export const visitCandidates = <State>(
  index: PolicyIndex,
  { principal, action, resource }: RequestProfiles,
  [visit, state]: readonly [Visit<State>, State],
): void => {
  const { data } = index.profiles;
  const actions = actionKeys(data, action);
  const principals = principalKeys(data, principal);
  const resources = resourceKeys(data, resource);
  const first = principalLeads(data, principal);
  visitLeads({ index, data, actions, visit, state, leads: first, others: resources });
  const second = resourceLeads(data, resource);
  visitLeads({ index, data, actions, visit, state, leads: second, others: principals });
};
