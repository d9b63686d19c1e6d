/**
 * What was used, as far as the record tells: every recorded permission that still is one, by policy and
 * by principal, action and resource. Memory is bounded; who reaches a bound is told so.
 */
import { type EntityRef, entityKey } from '../../../engines/authorization/index.ts';
import type { AccessRequest } from '../types.ts';
import type { Judge } from './judge.ts';
import type { Count, Evidence, RecordedDecision, Situation } from './types.ts';

type Tally = { count: number; lastMs: number };

export type UsedEntity = Count & { readonly ref: EntityRef };

/** By whom, for what and on what a policy was used; undefined when there were too many to keep. */
export type PolicyUsage = Tally & {
  readonly principals: Map<string, Tally & { ref: EntityRef }>;
  readonly actions: Map<string, Tally>;
  readonly resources: Map<string, Tally & { ref: EntityRef }>;
  truncated: boolean;
};

export type Use = Tally & { readonly request: AccessRequest };

export type Usage = {
  readonly evidence: Evidence;
  readonly policies: ReadonlyMap<string, PolicyUsage>;
  /** By `useKey`; the request is the latest. */
  readonly uses: ReadonlyMap<string, Use>;
};

/** Principals or resources kept per policy; more are no reason to name them. */
const maxNamed = 4096;
const defaultMaxUses = 250_000;
const progressEvery = 10_000;

export const useKey = (principal: EntityRef, action: string, resource: EntityRef): string =>
  JSON.stringify([principal.type, principal.id, action, resource.type, resource.id]);

const add = <T extends Tally>(known: T, timeMs: number): T => {
  known.count++;
  known.lastMs = Math.max(known.lastMs, timeMs);
  return known;
};

const fresh = (): Tally => ({ count: 0, lastMs: 0 });
const newPolicyUsage = (): PolicyUsage => ({
  ...fresh(),
  principals: new Map(),
  actions: new Map(),
  resources: new Map(),
  truncated: false,
});

/** Adds to a map that may not grow beyond its bound; false when there was no room. */
const addTo = <T extends Tally>(
  map: Map<string, T>,
  key: string,
  { make, timeMs, max }: { readonly make: () => T; readonly timeMs: number; readonly max: number },
): boolean => {
  const known = map.get(key);
  if (known === undefined && map.size >= max) return false;
  map.set(key, add(known ?? make(), timeMs));
  return true;
};

const noteForPolicy = (policy: PolicyUsage, request: AccessRequest, timeMs: number): void => {
  const { principal, action, resource } = request;
  add(policy, timeMs);
  const named = (ref: EntityRef) => ({ make: () => ({ ...fresh(), ref }), timeMs, max: maxNamed });
  const isWhole = [
    addTo(policy.principals, entityKey(principal), named(principal)),
    addTo(policy.actions, action, { make: fresh, timeMs, max: maxNamed }),
    addTo(policy.resources, entityKey(resource), named(resource)),
  ].every(Boolean);
  if (!isWhole) policy.truncated = true;
};

type Gathering = {
  examined: number;
  skipped: number;
  oldestMs: number | null;
  truncated: boolean;
  readonly policies: Map<string, PolicyUsage>;
  readonly uses: Map<string, Use>;
};

export type GatherOptions = {
  /** Decisions read at most; default 1,000,000. */
  readonly limit?: number;
  readonly maxUses?: number;
};

/** What was denied when it was asked was not used, even if it is allowed by now. */
const note = (
  gathering: Gathering,
  { request, timeMs, before: recorded }: RecordedDecision,
  { judge, maxUses }: { readonly judge: Judge; readonly maxUses: number },
): void => {
  const { decision, reasons } = judge.decide(request);
  if (decision === 'allow' && recorded === 'deny') return;
  for (const { policyId } of reasons) {
    const known = gathering.policies.get(policyId) ?? newPolicyUsage();
    gathering.policies.set(policyId, known);
    noteForPolicy(known, request, timeMs);
  }
  if (decision !== 'allow') return;
  const { principal, action, resource } = request;
  const key = useKey(principal, action, resource);
  const before = gathering.uses.get(key);
  const latest = before !== undefined && before.lastMs > timeMs ? before.request : request;
  if (before === undefined && gathering.uses.size >= maxUses) gathering.truncated = true;
  else
    gathering.uses.set(key, { ...add(before ?? { ...fresh(), request }, timeMs), request: latest });
};

/** Reads the record once. Recorded denials count for forbids only. */
export const gatherUsage = async (
  { decisions, onProgress }: Pick<Situation, 'decisions' | 'onProgress'>,
  judge: Judge,
  { limit = 1_000_000, maxUses = defaultMaxUses }: GatherOptions = {},
): Promise<Usage> => {
  const gathering: Gathering = {
    examined: 0,
    skipped: 0,
    oldestMs: null,
    truncated: false,
    policies: new Map(),
    uses: new Map(),
  };
  for await (const recorded of decisions()) {
    if (gathering.examined >= limit) {
      gathering.truncated = true;
      break;
    }
    gathering.examined++;
    if (gathering.examined % progressEvery === 0) onProgress?.(gathering.examined);
    if (recorded === undefined) {
      gathering.skipped++;
      continue;
    }
    gathering.oldestMs = Math.min(gathering.oldestMs ?? recorded.timeMs, recorded.timeMs);
    note(gathering, recorded, { judge, maxUses });
  }
  const { policies, uses, ...evidence } = gathering;
  return { evidence, policies, uses };
};
