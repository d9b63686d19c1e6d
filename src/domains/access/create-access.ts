/** Puts the access room together: state, deciding, changing, replaying, and hearing of changes. */
import {
  type Decision,
  defaultEvaluator,
  type EvaluatorName,
  type Explanation,
} from '../../engines/authorization/index.ts';
import type { Clock } from '../../kernel/effects.ts';
import type { Metrics } from '../../platform/metrics/index.ts';
import type { Storage } from '../../platform/storage/index.ts';
import type { Ledger } from '../ledger/index.ts';
import {
  type AccessLog,
  type AccessState,
  createAccessState,
  inTurn,
  removalMemoryMs,
  synchronise,
} from './access-state.ts';
import { decideWith, explainWith, invalidPolicies, staleKnowledge } from './decide.ts';
import { createDecisionCache } from './decision-cache.ts';
import { isIn, listEntities, putEntity, removeEntity } from './entities.ts';
import { createAccessPolicies } from './policies.ts';
import { readPolicyFolder } from './policy-folder.ts';
import { compilePolicies, disposePolicies } from './policy-state.ts';
import { search } from './search.ts';
import { replay } from './replay.ts';
import { type AccessStore, createAccessStore } from './store.ts';
import type { Access, AccessRequest } from './types.ts';

export type AccessLedger = Pick<Ledger, 'append' | 'query' | 'read'>;

export type AccessDependencies = {
  readonly storage: Storage;
  /** Absent: replacements are not recorded and nothing can be replayed. For tools and tests. */
  readonly ledger?: AccessLedger;
  /** Where policies come from until the first replacement; the shipped ones when absent. */
  readonly policies?: {
    readonly dir?: string | undefined;
    readonly evaluator?: EvaluatorName;
  };
  readonly clock: Clock;
  readonly log: AccessLog;
  readonly metrics?: Metrics;
  /** Between two looks for changes of other replicas; 500 when absent, 0 never looks. */
  readonly pollMs?: number;
  /** Everything is denied when changes could not be read for this long; 30,000 when absent. */
  readonly staleAfterMs?: number;
};

/** What is left of the dependencies once storage and files have been read. */
export type AccessParts = Omit<AccessDependencies, 'storage' | 'policies' | 'metrics'> & {
  readonly state: AccessState;
  readonly count?: (decision: Decision) => void;
};

const defaultPollMs = 500;
const defaultStaleAfterMs = 30_000;

/** Reads changes every now and then; a failure is logged once per outage. */
const startPolling = (state: AccessState, pollMs: number): (() => void) => {
  let isOut = false;
  const poll = async (): Promise<void> => {
    try {
      await inTurn(state, () => synchronise(state));
      if (isOut) state.log.info({}, 'changes of entities and policies can be read again');
      isOut = false;
    } catch (error) {
      if (!isOut) state.log.error({ error }, 'changes of entities and policies cannot be read');
      isOut = true;
    }
  };
  let isWaiting = false;
  const timer = setInterval(() => {
    if (isWaiting) return;
    isWaiting = true;
    void poll().finally(() => {
      isWaiting = false;
    });
  }, pollMs);
  timer.unref();
  return () => clearInterval(timer);
};

type Decider = Pick<Access, 'decide' | 'explain' | 'search'>;

const createDecider = ({ state, count }: AccessParts, staleAfterMs: number): Decider => {
  /** Why nothing can be decided right now. */
  const obstacle = (): Decision | undefined => {
    const ageMs = state.clock.monotonicMs() - state.heardMs;
    if (ageMs > staleAfterMs) return staleKnowledge(ageMs);
    const { set, info } = state.policies;
    return set === undefined ? invalidPolicies(info.problems.length) : undefined;
  };
  const ask = (request: AccessRequest): Decision => {
    const { set } = state.policies;
    const blocked = obstacle();
    if (blocked !== undefined || set === undefined) return blocked ?? invalidPolicies(0);
    return decideWith({ set, source: state.graph, cache: state.cache }, request);
  };
  return {
    decide: (request) => {
      const decision = ask(request);
      count?.(decision);
      return decision;
    },
    search: (asked) => search(state, asked, ask),
    explain: (request): Explanation => {
      const { set } = state.policies;
      const blocked = obstacle();
      if (blocked !== undefined || set === undefined)
        return { decision: blocked ?? invalidPolicies(0), policies: [] };
      return explainWith({ set, source: state.graph, cache: state.cache }, request);
    },
  };
};

/** Builds the object that others see; changes are read once before it is handed out. */
export const assembleAccess = async (parts: AccessParts): Promise<Access> => {
  const { state, ledger, pollMs = defaultPollMs } = parts;
  await inTurn(state, () => synchronise(state));
  const staleAfterMs =
    pollMs === 0 ? Number.POSITIVE_INFINITY : (parts.staleAfterMs ?? defaultStaleAfterMs);
  const stopPolling = pollMs === 0 ? () => undefined : startPolling(state, pollMs);
  return {
    ...createDecider(parts, staleAfterMs),
    putEntity: (entity) => putEntity(state, entity),
    removeEntity: (uid) => removeEntity(state, uid),
    getEntity: (uid) => state.graph.get(uid),
    listEntities: (filter) => listEntities(state, filter),
    isIn: (child, ancestor) => isIn(state, child, ancestor),
    policies: createAccessPolicies(state, ledger),
    replay: (request) => replay(state, ledger, request),
    onChange: (listener) => {
      state.listeners.add(listener);
      return () => state.listeners.delete(listener);
    },
    revision: () => state.revision,
    refresh: () => inTurn(state, () => synchronise(state)),
    close: async () => {
      stopPolling();
      await state.tail;
      disposePolicies(state.policies);
    },
  };
};

const cacheWatch = (metrics: Metrics | undefined) => {
  const lookups = metrics?.counter(
    'sallyport_access_cache_lookups_total',
    'Decisions looked up in the decision cache.',
    ['result'],
  );
  const hit = lookups?.with({ result: 'hit' });
  const miss = lookups?.with({ result: 'miss' });
  return { hit: () => hit?.inc(), miss: () => miss?.inc() };
};

const decisionCounter = (metrics: Metrics | undefined) => {
  const decisions = metrics?.counter(
    'sallyport_access_decisions_total',
    'Access decisions made in this process.',
    ['decision'],
  );
  const allowed = decisions?.with({ decision: 'allow' });
  const denied = decisions?.with({ decision: 'deny' });
  return ({ decision }: Decision): void => (decision === 'allow' ? allowed : denied)?.inc();
};

/**
 * Opens access: reads entities and policies, and starts hearing of changes by other replicas.
 * Policies that do not validate do not keep it from opening; then everything is denied.
 *
 * @throws SallyportError E_POLICY_FILES when the policy directory cannot be read
 */
export const createAccess = async (dependencies: AccessDependencies): Promise<Access> => {
  const { storage, policies, clock, log, metrics } = dependencies;
  const folder = await readPolicyFolder(policies?.dir);
  const compiled = compilePolicies({
    ...folder,
    version: 0,
    evaluator: policies?.evaluator ?? defaultEvaluator,
  });
  if (compiled.set === undefined)
    log.error({ problems: compiled.info.problems }, 'policies are invalid: everything is denied');
  const store: AccessStore = createAccessStore(storage);
  await store.prune(clock.nowMs() - removalMemoryMs);
  const cache = createDecisionCache(cacheWatch(metrics));
  const state = createAccessState({ store, clock, log, policies: compiled, cache });
  return assembleAccess({ ...dependencies, state, count: decisionCounter(metrics) });
};
