/**
 * Policies by what their scopes ask of principal, action and resource. An entity's profile (which
 * constraints hold for it) leads straight to the policies that stand under those constraints; among
 * them the ones for the rest of the request are found by comparing small integers. Policies whose
 * scope asks for nothing stand under the key that always holds and are looked at every time. Memory
 * is touched sparingly: at ten thousand policies, waiting for it is most of the price.
 */
import type { PolicyNode } from '../ast.ts';
import type { ConditionCode } from '../evaluate/policy.ts';
import type { EntityValue } from '../values/value.ts';
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
/** Policies by action key and the other key. */
type Table = ReadonlyMap<number, ReadonlyMap<number, readonly ReadyPolicy[]>>;
/** The policies under one constraint: few ones are a stretch of a list that all share. */
type Entry = { readonly from: number; readonly to: number; readonly table: Table | undefined };

/** What holds for an entity, by the part it may play. Entities alike share one. */
export type Profile = {
  readonly owner: PolicyIndex;
  readonly underPrincipal: readonly Entry[];
  readonly underResource: readonly Entry[];
  readonly asPrincipal: readonly number[];
  readonly asAction: readonly number[];
  readonly asResource: readonly number[];
};

export type PolicyIndex = {
  /** Policies that are found by walking over a stretch; action and other key of each. */
  readonly listed: readonly ReadyPolicy[];
  readonly listedKeys: Int32Array;
  readonly profileOf: (entity: EntityValue, ancestors: readonly EntityValue[]) => Profile;
};

/** Constraints with more policies under them are searched by table. */
const mostFew = 12;
/** Profiles that entities share, at most; beyond, sharing starts anew. */
const maxProfiles = 65_536;

const listIn = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
};

const tableOf = (placed: readonly Placed[]): Table => {
  const table = new Map<number, Map<number, ReadyPolicy[]>>();
  for (const { policy, action, other } of placed) {
    const byOther = table.get(action) ?? new Map<number, ReadyPolicy[]>();
    table.set(action, byOther);
    listIn(byOther, other, policy);
  }
  return table;
};

/** The stretches and tables of one side; few policies are added to the shared list. */
const entriesOf = (
  placed: ReadonlyMap<number, readonly Placed[]>,
  listed: Placed[],
): ReadonlyMap<number, Entry> => {
  const entries = new Map<number, Entry>();
  for (const [key, list] of placed) {
    const from = listed.length;
    const isFew = list.length <= mostFew;
    if (isFew) listed.push(...list);
    entries.set(key, { from, to: listed.length, table: isFew ? undefined : tableOf(list) });
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

export const createPolicyIndex = (policies: readonly ReadyPolicy[]): PolicyIndex => {
  const keys = createScopeKeys();
  const tables = createTables(keyPolicies(policies, keys));
  const shared = new Map<string, Profile>();
  const pick = (holding: readonly number[], side: ReadonlyMap<number, Entry>): readonly Entry[] =>
    holding.map((key) => side.get(key)).filter((entry) => entry !== undefined);
  const makeProfile = (holding: readonly number[]): Profile => ({
    owner: index,
    underPrincipal: pick(holding, tables.underPrincipal),
    underResource: pick(holding, tables.underResource),
    asPrincipal: holding.filter((key) => tables.principals.has(key)),
    asAction: holding.filter((key) => tables.actions.has(key)),
    asResource: holding.filter((key) => tables.resources.has(key)),
  });
  const index: PolicyIndex = {
    listed: tables.listed.map(({ policy }) => policy),
    listedKeys: Int32Array.from(tables.listed.flatMap(({ action, other }) => [action, other])),
    profileOf: (entity, ancestors) => {
      const holding = keys.matching(entity, ancestors);
      const name = holding.join();
      const known = shared.get(name);
      if (known !== undefined) return known;
      if (shared.size >= maxProfiles) shared.clear();
      const profile = makeProfile(holding);
      shared.set(name, profile);
      return profile;
    },
  };
  return index;
};

/** The profiles of the three entities of a request. */
export type RequestProfiles = {
  readonly principal: Profile;
  readonly action: Profile;
  readonly resource: Profile;
};

/** What is done with each policy found; `state` goes along so that no closure is made per request. */
export type Visit<State> = (policy: ReadyPolicy, state: State) => void;

/** Keys that must hold beside the one that led here. */
type Wanted<State> = {
  readonly actions: readonly number[];
  readonly others: readonly number[];
  readonly index: PolicyIndex;
  readonly visit: Visit<State>;
  readonly state: State;
};

const visitStretch = <State>({ from, to }: Entry, wanted: Wanted<State>): void => {
  const { actions, others, index, visit, state } = wanted;
  const { listed, listedKeys } = index;
  for (let at = from; at < to; at++)
    if (
      actions.includes(listedKeys[2 * at] as number) &&
      others.includes(listedKeys[2 * at + 1] as number)
    )
      visit(listed[at] as ReadyPolicy, state);
};

const none: readonly never[] = [];

const visitTable = <State>(table: Table, wanted: Wanted<State>): void => {
  const { actions, others, visit, state } = wanted;
  for (const action of actions) {
    const byOther = table.get(action);
    if (byOther === undefined) continue;
    for (const other of others)
      for (const policy of byOther.get(other) ?? none) visit(policy, state);
  }
};

const visitEntries = <State>(entries: readonly Entry[], wanted: Wanted<State>): void => {
  for (const entry of entries)
    if (entry.table === undefined) visitStretch(entry, wanted);
    else visitTable(entry.table, wanted);
};

/** Calls `visit` with every policy whose scope covers the request, in no particular order. */
export const visitCandidates = <State>(
  { principal, action, resource }: RequestProfiles,
  visit: Visit<State>,
  state: State,
): void => {
  const index = principal.owner;
  const actions = action.asAction;
  const byPrincipal = { actions, others: resource.asResource, index, visit, state };
  visitEntries(principal.underPrincipal, byPrincipal);
  const byResource = { actions, others: principal.asPrincipal, index, visit, state };
  visitEntries(resource.underResource, byResource);
};
