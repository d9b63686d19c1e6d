/**
 * What this process knows of entities and policies, and how it comes to know more: every change is
 * read back from the store in the order of its revision, be it our own or another replica's.
 */
import {
  createEntityGraph,
  type EntityGraph,
  type EntityRef,
  formatEntity,
  type PolicySource,
} from '../../engines/authorization/index.ts';
import type { Clock } from '../../kernel/effects.ts';
import { createDecisionCache, type DecisionCache } from './decision-cache.ts';
import { entityOfRow } from './entity-row.ts';
import { compilePolicies, disposePolicies, type PolicyState } from './policy-state.ts';
import type { EntityRow, PolicySetRow } from './schema.ts';
import type { AccessStore, Changes } from './store.ts';
import type { AccessChange } from './types.ts';

export type AccessLog = {
  readonly info: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  readonly error: (fields: Readonly<Record<string, unknown>>, message: string) => void;
};

export type AccessState = {
  readonly store: AccessStore;
  readonly clock: Clock;
  readonly log: AccessLog;
  readonly cache: DecisionCache;
  readonly listeners: Set<(change: AccessChange) => void>;
  graph: EntityGraph;
  policies: PolicyState;
  /** Revision of the store up to which everything is known. */
  known: number;
  /** Grows with every change seen here. */
  revision: number;
  /** Monotonic time of the last answer of the store. */
  heardMs: number;
  /** Work that changes or reads changes, one at a time. */
  tail: Promise<unknown>;
};

type Start = Pick<AccessState, 'store' | 'clock' | 'log' | 'policies'> & {
  readonly cache?: DecisionCache;
};

export const createAccessState = (start: Start): AccessState => ({
  cache: createDecisionCache(),
  ...start,
  listeners: new Set(),
  graph: createEntityGraph(),
  known: 0,
  revision: 0,
  heardMs: start.clock.monotonicMs(),
  tail: Promise.resolve(),
});

/** Runs `step` after everything that was asked for before; a failure does not stop the line. */
export const inTurn = <T>(state: AccessState, step: () => Promise<T>): Promise<T> => {
  const result = state.tail.then(step);
  state.tail = result.catch(() => undefined);
  return result;
};

const notify = (state: AccessState, change: AccessChange): void => {
  for (const listener of state.listeners) {
    try {
      listener(change);
    } catch (error) {
      state.log.error({ error }, 'a listener of access changes failed');
    }
  }
};

const applyEntity = (state: AccessState, row: EntityRow): EntityRef => {
  const uid = { type: row.type, id: row.id };
  if (row.removed === 1) {
    state.graph.remove(uid);
    return uid;
  }
  const entity = entityOfRow(row);
  const refusal = state.graph.put(entity);
  if (refusal !== undefined) {
    // Writers check this in one order; only a hand that wrote to the database itself gets here.
    state.log.error({ entity: formatEntity(uid), reason: refusal.detail }, 'entity left out');
    state.graph.remove(uid);
  }
  return uid;
};

const applyPolicies = (state: AccessState, row: PolicySetRow): void => {
  const files = JSON.parse(row.files) as readonly PolicySource[];
  const { version, schema_text: schema } = row;
  const previous = state.policies;
  state.policies = compilePolicies({
    evaluator: previous.evaluator,
    source: 'database',
    version,
    files,
    schema,
  });
  disposePolicies(previous);
  const { digest, problems } = state.policies.info;
  if (state.policies.set === undefined)
    state.log.error({ version, digest, problems }, 'policies are invalid: everything is denied');
  else state.log.info({ version, digest }, 'policies are in force');
};

const apply = (state: AccessState, { revision, entities, policies }: Changes): void => {
  const changed = entities.map((row) => applyEntity(state, row));
  if (policies !== undefined) applyPolicies(state, policies);
  state.cache.clear();
  state.known = revision;
  state.revision++;
  const seen = state.revision;
  if (changed.length > 0) notify(state, { kind: 'entities', revision: seen, changed });
  if (policies !== undefined) notify(state, { kind: 'policies', revision: seen });
};

/** A replica that was cut off for longer may have missed removals that were forgotten since. */
export const removalMemoryMs = 7 * 24 * 3_600_000;

/** Reads what is new. Call it through `inTurn`. */
export const synchronise = async (state: AccessState): Promise<void> => {
  const askedMs = state.clock.monotonicMs();
  if (askedMs - state.heardMs > removalMemoryMs / 2) {
    state.graph = createEntityGraph();
    state.cache.clear();
    state.known = 0;
  }
  const version = state.policies.info.version;
  const changes = await state.store.changesSince({ revision: state.known, version });
  if (changes !== undefined) apply(state, changes);
  state.heardMs = askedMs;
};
