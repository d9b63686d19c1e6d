/** Questions about policy sets, answered for every request and all entities that fit a schema. */
import { requestKinds, type Schema } from '../cedar/index.ts';
import { buildExample, termsToAsk } from './build-example.ts';
import { closeWorld } from './close-world.ts';
import { type Confirm, createConfirm, type Decided } from './confirm.ts';
import { createPolicyEncoder, type EncodedSet } from './encode-policies.ts';
import { readAnswer, readModel } from './read-model.ts';
import { and, not, type Term } from './smt.ts';
import type {
  AnalysedSet,
  Doubt,
  Example,
  Finding,
  RequestEnvironment,
  Semantics,
  Solve,
  Verdict,
} from './types.ts';
import { createWorld, type World } from './world.ts';

/** Something to look for: as a term for the solver, and as a test of what was found. */
type Search = {
  readonly term: (sets: readonly EncodedSet[]) => Term;
  readonly test: (decided: readonly Decided[]) => boolean;
};

const nothing: EncodedSet = { allows: 'false', errs: 'false' };
const pair = (sets: readonly EncodedSet[]) => [sets[0] ?? nothing, sets[1] ?? nothing] as const;

const firstOnly: Search = {
  term: (sets) => and(pair(sets)[0].allows, not(pair(sets)[1].allows)),
  test: ([first, second]) => first?.allows === true && second?.allows === false,
};
const eitherOnly: Search = {
  term: (sets) => {
    const [first, second] = pair(sets);
    if (first.allows === second.allows) return 'false';
    return `(not (= ${first.allows} ${second.allows}))`;
  },
  test: ([first, second]) => first?.allows !== second?.allows,
};
const both: Search = {
  term: (sets) => and(pair(sets)[0].allows, pair(sets)[1].allows),
  test: ([first, second]) => first?.allows === true && second?.allows === true,
};
const allowed: Search = {
  term: (sets) => pair(sets)[0].allows,
  test: ([first]) => first?.allows === true,
};
const denied: Search = {
  term: (sets) => not(pair(sets)[0].allows),
  test: ([first]) => first?.allows === false,
};
const erring: Search = {
  term: (sets) => pair(sets)[0].errs,
  test: ([first]) => first?.errs === true,
};

type Parts = {
  readonly schema: Schema;
  readonly semantics: Semantics;
  readonly solve: Solve;
  readonly confirm: Confirm;
};

const unknown = (environment: RequestEnvironment, doubts: readonly Doubt[]): Finding => ({
  outcome: 'unknown',
  environment,
  doubts,
});

type Task = {
  readonly parts: Parts;
  readonly world: World;
  readonly sets: readonly AnalysedSet[];
  readonly search: Search;
  readonly doubts: readonly Doubt[];
};

/** What a model describes counts only when our evaluator agrees. */
const confirmed = (task: Task, output: string): Example | string => {
  const { parts, world, sets, search } = task;
  const model = readModel(output, termsToAsk(world));
  if (model === undefined) return 'the model of the solver was not understood';
  const candidate = buildExample(world, model);
  const decided = parts.confirm(candidate, sets);
  if ('problem' in decided) return `the example does not fit the schema: ${decided.problem}`;
  if (!search.test(decided))
    return 'the example that the solver found is none: the encoding allows more than Cedar';
  return {
    environment: world.environment,
    ...candidate,
    decisions: decided.map(({ allows }) => (allows ? 'allow' : 'deny')),
    reasons: decided.map(({ reasons }) => reasons),
  };
};

const scriptOf = (world: World): string => {
  const terms = termsToAsk(world);
  const values = terms.length === 0 ? [] : [`(get-value (${terms.join(' ')}))`];
  return [...world.script.lines(), '(check-sat)', ...values].join('\n');
};

/** Asks the solver once; a reason instead of a finding where it cannot say. */
const ask = async (task: Task): Promise<Finding | string> => {
  const { environment } = task.world;
  const reply = await task.parts.solve(scriptOf(task.world));
  if ('failure' in reply) return reply.failure;
  const answer = readAnswer(reply.output);
  if (answer.kind === 'unsat') return { outcome: 'none', environment };
  if (answer.kind === 'unknown') return answer.reason;
  const example = confirmed(task, answer.rest);
  return typeof example === 'string' ? example : { outcome: 'found', environment, example };
};

/** Examples with ranges of addresses may be none; then single hosts are tried, for examples only. */
const askForHosts = async (task: Task, reason: string): Promise<Finding | string> => {
  const { hosts, script } = task.world;
  if (hosts.length === 0) return reason;
  for (const host of hosts) script.assert(host);
  const second = await ask(task);
  return typeof second !== 'string' && second.outcome === 'found' ? second : reason;
};

const solveTask = async (task: Task, goal: Term): Promise<Finding> => {
  const { world, doubts } = task;
  world.script.assert(goal);
  closeWorld(world);
  const first = await ask(task);
  const finding = typeof first === 'string' ? await askForHosts(task, first) : first;
  if (typeof finding !== 'string') return finding;
  const { environment } = world;
  return unknown(environment, [...doubts, { environment, reason: finding }]);
};

const searchOne = async (
  parts: Parts,
  environment: RequestEnvironment,
  { search, sets }: Pick<Task, 'search' | 'sets'>,
): Promise<Finding> => {
  const world = createWorld(parts.schema, environment, parts.semantics);
  if (world === undefined)
    return unknown(environment, [{ environment, reason: 'the schema has no such action' }]);
  const encoder = createPolicyEncoder(world);
  const goal = search.term(sets.map(encoder.encodeSet));
  if (goal === 'false') return { outcome: 'none', environment };
  return solveTask({ parts, world, sets, search, doubts: encoder.doubts() }, goal);
};

const environmentsOf = (schema: Schema): readonly RequestEnvironment[] =>
  requestKinds(schema).flatMap(({ principal, action: key, resource }) => {
    const action = schema.actions.get(key)?.uid;
    return action === undefined ? [] : [{ principal, action, resource }];
  });

export type AnalysisOptions = Semantics & {
  readonly schema: Schema;
  readonly solve: Solve;
};

/** Finds an example in each kind of request, or none, or cannot say. */
export type Sweep = (...sets: readonly AnalysedSet[]) => AsyncGenerator<Finding, void, undefined>;

export type Analysis = {
  /** Every kind of request of the schema. */
  readonly environments: readonly RequestEnvironment[];
  /** Requests that the first set allows and the second denies, one for each kind of request. */
  readonly allowedOnlyByFirst: Sweep;
  /** The first set allows everything that the second allows. */
  readonly subsumes: (larger: AnalysedSet, smaller: AnalysedSet) => Promise<Verdict>;
  readonly equivalent: (left: AnalysedSet, right: AnalysedSet) => Promise<Verdict>;
  /** No request is allowed by both. */
  readonly disjoint: (left: AnalysedSet, right: AnalysedSet) => Promise<Verdict>;
  readonly alwaysAllows: (set: AnalysedSet) => Promise<Verdict>;
  readonly alwaysDenies: (set: AnalysedSet) => Promise<Verdict>;
  /** No policy fails to evaluate. */
  readonly neverErrs: (set: AnalysedSet) => Promise<Verdict>;
  /** The smaller one allows nothing that the larger denies, and denies something that it allows. */
  readonly strictlySmaller: (smaller: AnalysedSet, larger: AnalysedSet) => Promise<StrictVerdict>;
};

export type StrictVerdict = {
  readonly subset: Verdict;
  /** Something the larger set allows and the smaller denies; undefined when none was found. */
  readonly difference: Example | undefined;
  /** True only when both were shown. */
  readonly isStrictlySmaller: boolean;
};

/** One example settles it; otherwise whatever could not be said counts. */
const verdictOf = async (findings: AsyncGenerator<Finding>): Promise<Verdict> => {
  const doubts: Doubt[] = [];
  let environments = 0;
  for await (const finding of findings) {
    environments++;
    if (finding.outcome === 'found') return { answer: 'fails', example: finding.example };
    if (finding.outcome === 'unknown') doubts.push(...finding.doubts);
  }
  return doubts.length > 0 ? { answer: 'unknown', doubts } : { answer: 'holds', environments };
};

/**
 * Opens a schema for questions. Answers are about requests and entities that fit the schema; entities
 * may be missing unless `entitiesExist` says otherwise. Never throws for what policies say.
 */
export const createAnalysis = (options: AnalysisOptions): Analysis => {
  const { schema, solve, ...semantics } = options;
  const parts: Parts = { schema, solve, semantics, confirm: createConfirm(schema, semantics) };
  const environments = environmentsOf(schema);
  const sweep = (search: Search): Sweep =>
    async function* (...sets) {
      for (const environment of environments)
        yield await searchOne(parts, environment, { search, sets });
    };
  const none =
    (search: Search) =>
    (...sets: readonly AnalysedSet[]): Promise<Verdict> =>
      verdictOf(sweep(search)(...sets));
  const subsumes: Analysis['subsumes'] = (larger, smaller) => none(firstOnly)(smaller, larger);
  return {
    environments,
    allowedOnlyByFirst: sweep(firstOnly),
    subsumes,
    equivalent: none(eitherOnly),
    disjoint: none(both),
    alwaysAllows: none(denied),
    alwaysDenies: none(allowed),
    neverErrs: none(erring),
    strictlySmaller: async (smaller, larger) => {
      const subset = await subsumes(larger, smaller);
      const gap = await none(firstOnly)(larger, smaller);
      const difference = gap.answer === 'fails' ? gap.example : undefined;
      const isStrictlySmaller = subset.answer === 'holds' && difference !== undefined;
      return { subset, difference, isStrictlySmaller };
    },
  };
};
