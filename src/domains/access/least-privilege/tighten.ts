/**
 * `policy tighten`: a smaller set that still allows what was used. It is asked the whole record again
 * and held against the set in force by a solver. Nothing is put in force here.
 */
import {
  type EntityRef,
  entityKey,
  type PolicySource,
} from '../../../engines/authorization/index.ts';
import { createAnalysis, type Solve } from '../../../engines/policy-analysis/index.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import { type Edit, editFiles } from './edit-files.ts';
import { leastPrivilegeErrors } from './errors.ts';
import { schemaOf } from './grants.ts';
import type { AccessRequest } from '../types.ts';
import { createJudge, type Judge } from './judge.ts';
import { narrowPolicy, type Narrowing, type Used } from './narrow.ts';
import { toPlain } from './plain.ts';
import { isKept, type PlacedPolicy, readPolicyTexts } from './policy-texts.ts';
import { diffFiles } from './text-diff.ts';
import type {
  Count,
  LostAccess,
  PolicyFiles,
  Proof,
  Proposal,
  ProposedChange,
  Situation,
  TightenOptions,
} from './types.ts';
import { gatherUsage, type GatherOptions, type PolicyUsage, type Usage } from './usage.ts';

const defaultMaxListed = 8;
const maxLostShown = 100;

type Thresholds = { readonly minUses: number; readonly keepFromMs: number };

const isUsed = ({ count, lastMs }: Count, { minUses, keepFromMs }: Thresholds): boolean =>
  count >= minUses || lastMs >= keepFromMs;

const usedOf = (usage: PolicyUsage, thresholds: Thresholds): Used => {
  const refs = (map: ReadonlyMap<string, Count & { readonly ref: EntityRef }>) =>
    [...map.values()].filter((each) => isUsed(each, thresholds)).map(({ ref }) => ref);
  const actions = [...usage.actions].filter(([, each]) => isUsed(each, thresholds));
  return {
    principals: refs(usage.principals).sort(byKey),
    actions: actions.map(([action]) => action),
    resources: refs(usage.resources).sort(byKey),
  };
};

const byKey = (left: EntityRef, right: EntityRef): number =>
  entityKey(left) < entityKey(right) ? -1 : 1;

type Proposing = {
  readonly usage: Usage;
  readonly thresholds: Thresholds;
  readonly narrowing: Narrowing;
  readonly keep: readonly string[];
};

type Step = { readonly edit: Edit; readonly change: ProposedChange };

const stepFor = (proposing: Proposing, policy: PlacedPolicy): Step | undefined => {
  const { usage, thresholds, narrowing, keep } = proposing;
  const { id: policyId, node, file, line } = policy;
  if (node.effect === 'forbid' || isKept(policy, keep)) return undefined;
  const known = usage.policies.get(policyId);
  const place = { policyId, file, line };
  if (known === undefined || !isUsed(known, thresholds))
    return {
      edit: { policy, replacement: undefined },
      change: { ...place, kind: 'dropped', details: [`used ${known?.count ?? 0} times`] },
    };
  const narrowed = known.truncated
    ? undefined
    : narrowPolicy(narrowing, node, usedOf(known, thresholds));
  if (narrowed === undefined) return undefined;
  return {
    edit: { policy, replacement: narrowed.node },
    change: { ...place, kind: 'narrowed', details: narrowed.details },
  };
};

/** Asks the record again: what is used and allowed today must stay allowed. */
const replayRecord = async (
  { decisions }: Situation,
  current: Judge,
  proposal: Judge,
): Promise<Proposal['replay']> => {
  const examples: LostAccess[] = [];
  let [checked, lost] = [0, 0];
  for await (const recorded of decisions()) {
    if (recorded?.before !== 'allow') continue;
    const { request, timeMs } = recorded;
    if (current.decide(request).decision !== 'allow') continue;
    checked++;
    if (proposal.decide(request).decision === 'allow') continue;
    lost++;
    if (examples.length < maxLostShown) examples.push({ request, timeMs });
  }
  return { checked, lost, examples };
};

/** Shows that one set is smaller than another for every request, or what speaks against it. */
export const proveSmaller = async (
  solve: Solve,
  smaller: PolicyFiles,
  larger: PolicyFiles,
): Promise<Proof | Refusal> => {
  const schema = schemaOf(larger.schema);
  if (isRefusal(schema)) return schema;
  const [inner, outer] = [readPolicyTexts(smaller.files), readPolicyTexts(larger.files)];
  if (isRefusal(inner)) return inner;
  if (isRefusal(outer)) return outer;
  // What access does with a forbid that errs.
  const analysis = createAnalysis({ schema, solve, erringForbids: 'deny' });
  const { subset, difference, isStrictlySmaller } = await analysis.strictlySmaller(inner, outer);
  const doubts = subset.answer === 'unknown' ? subset.doubts : [];
  if (subset.answer === 'fails')
    return { verdict: 'refuted', counterexample: subset.example, doubts };
  if (isStrictlySmaller && difference !== undefined)
    return { verdict: 'strictly-smaller', difference, doubts };
  const back = await analysis.subsumes(inner, outer);
  if (subset.answer === 'holds' && back.answer === 'holds')
    return { verdict: 'equivalent', doubts };
  const more = back.answer === 'unknown' ? back.doubts : [];
  const found = difference === undefined ? {} : { difference };
  return { verdict: 'unknown', ...found, doubts: [...doubts, ...more] };
};

const thresholdsOf = ({ minUses = 1, keepMs = 0 }: TightenOptions, nowMs: number): Thresholds => ({
  minUses: Math.max(1, minUses),
  keepFromMs: keepMs > 0 ? nowMs - keepMs : Number.POSITIVE_INFINITY,
});

const knownEntities = ({ entities }: Situation, usage: Usage): readonly EntityRef[] => {
  const seen = [...usage.uses.values()].flatMap(({ request }) => [
    request.principal,
    request.resource,
  ]);
  const all = [...entities.map(({ uid }) => uid), ...seen];
  return [...new Map(all.map((ref) => [entityKey(ref), ref])).values()];
};

type Draft = {
  readonly files: readonly PolicySource[];
  readonly changes: readonly ProposedChange[];
};

const draftOf = (situation: Situation, { judge, usage, options }: Drafting): Draft | Refusal => {
  const policies = readPolicyTexts(situation.files);
  if (isRefusal(policies)) return policies;
  const schema = schemaOf(situation.schema);
  if (isRefusal(schema)) return schema;
  const { keep = [], maxListed = defaultMaxListed } = options;
  const proposing: Proposing = {
    usage,
    keep,
    thresholds: thresholdsOf(options, situation.nowMs),
    narrowing: { judge, schema, entities: knownEntities(situation, usage), maxListed },
  };
  const steps = policies
    .map((policy) => stepFor(proposing, policy))
    .filter((step) => step !== undefined);
  return {
    files: editFiles(
      situation.files,
      steps.map(({ edit }) => edit),
    ),
    changes: steps.map(({ change }) => change),
  };
};

/** What somebody must be allowed, or no set can be put in force any more. */
const wayBack = (principal: EntityRef): AccessRequest => ({
  principal,
  action: 'policy:update',
  resource: { type: 'System', id: 'sallyport' },
  context: {},
});

/** The policies that let somebody replace policies today, when nobody could under the proposal. */
const lockedOut = ({ entities }: Situation, current: Judge, proposal: Judge): readonly string[] => {
  const requests = entities
    .map(({ uid }) => wayBack(uid))
    .filter((request) => current.decide(request).decision === 'allow');
  if (requests.some((request) => proposal.decide(request).decision === 'allow')) return [];
  const reasons = requests.flatMap((request) => current.decide(request).reasons);
  return [...new Set(reasons.map(({ policyId }) => policyId))];
};

type Drafting = {
  readonly judge: Judge;
  readonly usage: Usage;
  readonly options: TightenOptions;
};
type Drafted = Draft & { readonly leftAlone: readonly string[]; readonly proposal: Judge };

/** A second draft keeps the policies without which the first would lock everybody out. */
const safeDraftOf = (
  situation: Situation,
  drafting: Drafting,
  leftAlone: readonly string[] = [],
): Drafted | Refusal => {
  const { options, judge } = drafting;
  const keep = [...(options.keep ?? []), ...leftAlone];
  const draft = draftOf(situation, { ...drafting, options: { ...options, keep } });
  if (isRefusal(draft)) return draft;
  const candidate = { files: draft.files, schema: situation.schema };
  const proposal = createJudge(candidate, situation.entities);
  if (isRefusal(proposal)) return proposal;
  const needed = leftAlone.length > 0 ? [] : lockedOut(situation, judge, proposal);
  if (needed.length === 0) return { ...draft, leftAlone, proposal };
  proposal.dispose();
  return safeDraftOf(situation, drafting, needed);
};

const tooLittle = ({ evidence }: Usage): Refusal | undefined => {
  if (evidence.truncated)
    return refuse(
      leastPrivilegeErrors.E_EVIDENCE_MISSING,
      `the record is longer than the ${evidence.examined} decisions that were read`,
    );
  return evidence.examined - evidence.skipped > 0
    ? undefined
    : refuse(leastPrivilegeErrors.E_EVIDENCE_MISSING, 'no decision is recorded in this time');
};

const propose = async (
  situation: Situation,
  judge: Judge,
  { solve, options }: { readonly solve: Solve; readonly options: TightenOptions & GatherOptions },
): Promise<Proposal | Refusal> => {
  const usage = await gatherUsage(situation, judge, options);
  const draft = tooLittle(usage) ?? safeDraftOf(situation, { judge, usage, options });
  if (isRefusal(draft)) return draft;
  const { proposal, files, changes, leftAlone } = draft;
  try {
    const replay = await replayRecord(situation, judge, proposal);
    const proof = await proveSmaller(solve, { files, schema: situation.schema }, situation);
    if (isRefusal(proof)) return proof;
    const diff = diffFiles(situation.files, files);
    const { evidence } = usage;
    return toPlain({ evidence, changes, leftAlone, files, diff, replay, proof });
  } finally {
    proposal.dispose();
  }
};

/**
 * Proposes. Refused with E_EVIDENCE_MISSING when nothing is recorded or the record was not read to its
 * end, and when policies, schema or entities cannot be used.
 */
export const tighten = async (
  situation: Situation,
  solve: Solve,
  options: TightenOptions & GatherOptions = {},
): Promise<Proposal | Refusal> => {
  const judge = createJudge(situation, situation.entities);
  if (isRefusal(judge)) return judge;
  try {
    return await propose(situation, judge, { solve, options });
  } finally {
    judge.dispose();
  }
};
