/**
 * Finds the policies whose scope matches a question, without looking at the others: first by action,
 * then by principal or resource. Exact: a policy left out cannot match and cannot err.
 */
import type { Policy } from './policy.ts';
import { keysOf, passes, type Subject } from './scope.ts';
import { createWeightedLru } from './weighted-lru.ts';

export type Question = {
  readonly principal: Subject;
  readonly action: Subject;
  readonly resource: Subject;
};

/** All policies that speak about the same actions. */
export type ActionGroup = {
  readonly key: string;
  readonly conditional: readonly Policy[];
  readonly find: (question: Question) => readonly Policy[];
};

export type Candidates = {
  readonly group: ActionGroup;
  /** Matched by scope alone. */
  readonly unconditional: readonly Policy[];
  /** Scope matches, conditions are still to be evaluated. */
  readonly conditional: readonly Policy[];
};

const maxGroups = 1024;

type Buckets = Map<string, Policy[]>;

const addTo = (buckets: Buckets, keys: readonly string[], policy: Policy): void => {
  for (const key of keys) {
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [policy]);
    else bucket.push(policy);
  }
};

const pick = (buckets: Buckets, subject: Subject): readonly Policy[] => {
  const found: Policy[] = [];
  const take = (key: string): void => {
    const bucket = buckets.get(key);
    if (bucket !== undefined) found.push(...bucket);
  };
  if (buckets.size === 0) return found;
  take(subject.key);
  if (subject.ancestors.size <= buckets.size) for (const key of subject.ancestors.keys()) take(key);
  else for (const key of buckets.keys()) if (subject.ancestors.has(key)) take(key);
  return found;
};

const createGroup = (key: string, policies: readonly Policy[]): ActionGroup => {
  const byPrincipal: Buckets = new Map();
  const byResource: Buckets = new Map();
  const others: Policy[] = [];
  for (const policy of policies) {
    const principalKeys = keysOf(policy.scope.principal);
    const resourceKeys = keysOf(policy.scope.resource);
    if (principalKeys !== undefined) addTo(byPrincipal, principalKeys, policy);
    else if (resourceKeys !== undefined) addTo(byResource, resourceKeys, policy);
    else others.push(policy);
  }
  return {
    key,
    conditional: policies.filter(({ conditional }) => conditional),
    find: ({ principal, resource }) => {
      const inScope = ({ scope }: Policy): boolean =>
        passes(scope.principal, principal) && passes(scope.resource, resource);
      return [...others, ...pick(byPrincipal, principal), ...pick(byResource, resource)]
        .filter(inScope)
        .sort((left, right) => left.index - right.index);
    },
  };
};

/** Makes the finder over a set of policies. Groups are made when first asked for. */
export const createCandidateIndex = (
  policies: readonly Policy[],
): ((question: Question) => Candidates) => {
  const mentioned = new Set(policies.flatMap(({ scope }) => keysOf(scope.action) ?? []));
  const groups = createWeightedLru<ActionGroup>(maxGroups, () => undefined);

  /** Only actions that policies mention tell groups apart; unknown ones share a group. */
  const groupOf = (action: Subject): ActionGroup => {
    const above = [...action.ancestors.keys()].filter((key) => mentioned.has(key)).sort();
    const key = JSON.stringify([mentioned.has(action.key) ? action.key : '', above]);
    const known = groups.get(key);
    if (known !== undefined) return known;
    const group = createGroup(
      key,
      policies.filter(({ scope }) => passes(scope.action, action)),
    );
    groups.set(key, group, 1);
    return group;
  };

  return (question) => {
    const group = groupOf(question.action);
    const found = group.find(question);
    return {
      group,
      unconditional: found.filter(({ conditional }) => !conditional),
      conditional: found.filter(({ conditional }) => conditional),
    };
  };
};
