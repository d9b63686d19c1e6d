/**
 * Policies by what their scopes ask of principal, action and resource. An entity's profile (which
 * constraints hold for it) leads straight to the policies whose principal constraint holds; among
 * them those for action and resource are found by comparing small integers. Policies whose scope asks
 * for nothing stand under the key that always holds and are looked at every time. Memory is touched
 * sparingly: at ten thousand policies, waiting for it is most of the price.
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

type Placed = { readonly policy: ReadyPolicy; readonly action: number; readonly resource: number };
/**
 * The policies of one principal constraint. Few ones are a stretch of a list that all share; many
 * are found by action and resource key.
 */
type Entry = { readonly from: number; readonly to: number; readonly many: Many | undefined };
type Many = ReadonlyMap<number, ReadonlyMap<number, readonly ReadyPolicy[]>>;

/** What holds for an entity, by the part it may play. Entities alike share one. */
export type Profile = {
  readonly owner: PolicyIndex;
  readonly asPrincipal: readonly Entry[];
  readonly asAction: readonly number[];
  readonly asResource: readonly number[];
};

export type PolicyIndex = {
  /** Policies that are found by walking over a stretch, and action and resource key of each. */
  readonly listed: readonly ReadyPolicy[];
  readonly listedKeys: Int32Array;
  readonly profileOf: (entity: EntityValue, ancestors: readonly EntityValue[]) => Profile;
};

/** Principal constraints with more policies are searched by table. */
const mostFew = 12;
/** Profiles that entities share, at most; beyond, sharing starts anew. */
const maxProfiles = 65_536;

const manyOf = (placed: readonly Placed[]): Many => {
  const byAction = new Map<number, Map<number, ReadyPolicy[]>>();
  for (const { policy, action, resource } of placed) {
    const byResource = byAction.get(action) ?? new Map<number, ReadyPolicy[]>();
    byAction.set(action, byResource);
    const list = byResource.get(resource);
    if (list === undefined) byResource.set(resource, [policy]);
    else list.push(policy);
  }
  return byAction;
};

const entriesOf = (placed: ReadonlyMap<number, readonly Placed[]>) => {
  const listed: Placed[] = [];
  const entries = new Map<number, Entry>();
  for (const [key, list] of placed) {
    const from = listed.length;
    if (list.length > mostFew) entries.set(key, { from, to: from, many: manyOf(list) });
    else {
      listed.push(...list);
      entries.set(key, { from, to: listed.length, many: undefined });
    }
  }
  return {
    entries,
    listed: listed.map(({ policy }) => policy),
    listedKeys: Int32Array.from(listed.flatMap(({ action, resource }) => [action, resource])),
  };
};

const createTables = (policies: readonly ReadyPolicy[], keys: ScopeKeys) => {
  const placed = new Map<number, Placed[]>();
  const actions = new Set<number>();
  const resources = new Set<number>();
  for (const policy of policies) {
    const scope = searchScope(policy.node);
    const principal = keys.keyOf(scope.principal);
    const resource = keys.keyOf(scope.resource);
    if (principal === undefined || resource === undefined) continue;
    const action = keys.keyOfAction(policy.node.action);
    actions.add(action);
    resources.add(resource);
    const list = placed.get(principal);
    if (list === undefined) placed.set(principal, [{ policy, action, resource }]);
    else list.push({ policy, action, resource });
  }
  return { ...entriesOf(placed), actions, resources };
};

export const createPolicyIndex = (policies: readonly ReadyPolicy[]): PolicyIndex => {
  const keys = createScopeKeys();
  const { entries, actions, resources, listed, listedKeys } = createTables(policies, keys);
  const shared = new Map<string, Profile>();
  const makeProfile = (holding: readonly number[]): Profile => ({
    owner: index,
    asPrincipal: holding.map((key) => entries.get(key)).filter((entry) => entry !== undefined),
    asAction: holding.filter((key) => actions.has(key)),
    asResource: holding.filter((key) => resources.has(key)),
  });
  const index: PolicyIndex = {
    listed,
    listedKeys,
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

type Found<State> = {
  readonly profiles: RequestProfiles;
  readonly visit: Visit<State>;
  readonly state: State;
};

const visitFew = <State>({ from, to }: Entry, found: Found<State>): void => {
  const { action, resource, principal } = found.profiles;
  const { listed, listedKeys } = principal.owner;
  for (let at = from; at < to; at++) {
    const actionKey = listedKeys[2 * at] as number;
    const resourceKey = listedKeys[2 * at + 1] as number;
    if (action.asAction.includes(actionKey) && resource.asResource.includes(resourceKey))
      found.visit(listed[at] as ReadyPolicy, found.state);
  }
};

const visitMany = <State>(many: Many, { profiles, visit, state }: Found<State>): void => {
  for (const actionKey of profiles.action.asAction) {
    const byResource = many.get(actionKey);
    if (byResource === undefined) continue;
    for (const resourceKey of profiles.resource.asResource)
      for (const policy of byResource.get(resourceKey) ?? none) visit(policy, state);
  }
};
const none: readonly never[] = [];

/** Calls `visit` with every policy whose scope covers the request, in no particular order. */
export const visitCandidates = <State>(
  profiles: RequestProfiles,
  visit: Visit<State>,
  state: State,
): void => {
  const found = { profiles, visit, state };
  for (const entry of profiles.principal.asPrincipal)
    if (entry.many === undefined) visitFew(entry, found);
    else visitMany(entry.many, found);
};
