/**
 * Remembers decisions. The key is everything a decision depends on: who, what, about what, and of the
 * context exactly what the policies in question read. Policies and entities are not in the key:
 * whoever changes them clears the cache.
 */
import type { Decision, EntitySource, Plan, PolicySet } from '../../engines/authorization/index.ts';
import type { AccessRequest } from './types.ts';

export type DecisionCache = {
  readonly decide: (set: PolicySet, source: EntitySource, request: AccessRequest) => Decision;
  readonly clear: () => void;
  readonly size: () => number;
};

/** Called on every decision; for metrics. */
export type CacheWatch = { readonly hit: () => void; readonly miss: () => void };

type Entry = { readonly plan: Plan; readonly decisions: Map<string, Decision> };

const maxQuestions = 8192;
/** Contexts remembered per question: a policy that reads the time fills this and no more. */
const maxContexts = 32;
/** Over all questions; reached, everything is forgotten. */
const maxDecisions = 32_768;
/** Longer keys are not remembered, so that hostile facts cannot fill memory. */
const maxKeyLength = 768;

/** Lengths first, so that no two questions share a key whatever characters ids hold. */
const questionKey = ({ principal, action, resource }: AccessRequest): string =>
  `${principal.type.length},${principal.id.length},${action.length},${resource.type.length}|` +
  principal.type +
  principal.id +
  action +
  resource.type +
  resource.id;

/** Drops the oldest entry of a map that is full. */
const makeRoom = (map: Map<string, unknown>, capacity: number): void => {
  if (map.size < capacity) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
};

/** The policy engine's request for one of ours. */
export const toQuestion = ({ principal, action, resource }: AccessRequest) => ({
  principal,
  action: { type: 'Action', id: action },
  resource,
});

export const createDecisionCache = (watch?: CacheWatch): DecisionCache => {
  const questions = new Map<string, Entry>();
  let remembered = 0;
  /** Stands at the young end already: most questions are the one before again. */
  let youngest = '';
  const clear = (): void => {
    questions.clear();
    remembered = 0;
  };
  const remember = ({ decisions }: Entry, key: string, decision: Decision): void => {
    if (key.length > maxKeyLength) return;
    makeRoom(decisions, maxContexts);
    decisions.set(key, decision);
    remembered++;
    if (remembered >= maxDecisions) clear();
  };

  const entryOf = (set: PolicySet, source: EntitySource, request: AccessRequest): Entry => {
    const key = questionKey(request);
    const known = questions.get(key);
    if (known !== undefined) {
      if (key === youngest) return known;
      // To the young end: what is asked again stays.
      questions.delete(key);
      questions.set(key, known);
      youngest = key;
      return known;
    }
    const entry = { plan: set.plan(toQuestion(request), source), decisions: new Map() };
    makeRoom(questions, maxQuestions);
    if (key.length > maxKeyLength) return entry;
    questions.set(key, entry);
    youngest = key;
    return entry;
  };

  return {
    decide: (set, source, request) => {
      const entry = entryOf(set, source, request);
      const key = entry.plan.contextKey(request.context);
      const known = entry.decisions.get(key);
      if (known !== undefined) {
        watch?.hit();
        return known;
      }
      watch?.miss();
      const decision = entry.plan.decide(request.context);
      remember(entry, key, decision);
      return decision;
    },
    clear,
    size: () => questions.size,
  };
};
