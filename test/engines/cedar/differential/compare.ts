/**
 * Asks Cedar's WebAssembly build and our policy store the same random questions and compares
 * decision, determining policies and policies that fail.
 */
import { createRequire } from 'node:module';
import type * as Cedar from '@cedar-policy/cedar-wasm/nodejs';
import {
  createPolicyStore,
  type PolicyStore,
} from '../../../../src/engines/cedar/store/policy-store.ts';
import { createEntityStore } from '../../../../src/engines/cedar/entities/entity-store.ts';
import { orThrow } from '../../../../src/kernel/errors.ts';
import { type PolicySet, policySet, type Request, request } from './policies.ts';
import { createChance } from './random.ts';
import { randomWorld, type World } from './world.ts';

export type Answer = {
  readonly decision: string;
  readonly reasons: readonly string[];
  readonly errors: readonly string[];
};
export type Disagreement = {
  readonly seed: number;
  readonly policies: PolicySet;
  readonly world: World;
  readonly request: Request;
  readonly ours: Answer;
  readonly theirs: Answer;
};
export type Comparison = {
  readonly requests: number;
  readonly allowed: number;
  readonly withErrors: number;
  readonly disagreements: readonly Disagreement[];
};

const load = (): typeof Cedar => {
  const require = createRequire(import.meta.url);
  return require('@cedar-policy/cedar-wasm/nodejs') as typeof Cedar;
};
const slot = 'differential';

const failed = (message: string): Answer => ({
  decision: `failure: ${message}`,
  reasons: [],
  errors: [],
});

type Ask = (asked: Request) => Answer;

const askCedar = (cedar: typeof Cedar, policies: PolicySet, world: World): Ask => {
  const parsed = cedar.preparsePolicySet(slot, policies);
  if (parsed.type !== 'success') return () => failed(parsed.errors[0]?.message ?? '');
  return (asked) => {
    const call = {
      ...asked,
      entities: world.entities,
      preparsedPolicySetId: slot,
    } as unknown as Parameters<typeof cedar.statefulIsAuthorized>[0];
    const answer = cedar.statefulIsAuthorized(call);
    if (answer.type !== 'success') return failed(answer.errors[0]?.message ?? '');
    const { decision, diagnostics } = answer.response;
    const errors = diagnostics.errors.map(({ policyId }) => policyId).sort();
    return { decision, reasons: [...diagnostics.reason].sort(), errors };
  };
};

const storeOf = (policies: PolicySet): PolicyStore | string => {
  try {
    return createPolicyStore({ policies });
  } catch (error) {
    return String(error);
  }
};

const askUs = (policies: PolicySet, world: World): Ask => {
  const store = storeOf(policies);
  if (typeof store === 'string') return () => failed(store);
  const entities = orThrow(createEntityStore({ entities: world.entities }));
  return (asked) => {
    const { decision, reasons, errors } = store.decide(asked, entities);
    if (errors[0]?.policyId === '') return failed(errors[0].message);
    return {
      decision,
      reasons: reasons.map(({ policyId }) => policyId).sort(),
      errors: errors.map(({ policyId }) => policyId).sort(),
    };
  };
};

const isSame = (ours: Answer, theirs: Answer): boolean =>
  theirs.decision.startsWith('failure') || ours.decision.startsWith('failure')
    ? ours.decision.slice(0, 7) === theirs.decision.slice(0, 7)
    : JSON.stringify(ours) === JSON.stringify(theirs);

export type CompareOptions = {
  readonly requests: number;
  readonly seed: number;
  /** Requests per policy set; each set costs the oracle its parsing. */
  readonly perSet?: number;
  /** Stop after so many disagreements. */
  readonly atMost?: number;
};

/** Asks so many random questions. 2,000 take about a second, 200,000 a minute or two. */
export const compareWithCedar = (options: CompareOptions): Comparison => {
  const { requests, seed, perSet = 20, atMost = 10 } = options;
  const cedar = load();
  const disagreements: Disagreement[] = [];
  let asked = 0;
  let allowed = 0;
  let withErrors = 0;
  for (let round = 0; asked < requests && disagreements.length < atMost; round++) {
    const chance = createChance(seed + round);
    const world = randomWorld(chance);
    const scene = { chance, world };
    const policies = policySet(scene);
    const cedarSays = askCedar(cedar, policies, world);
    const weSay = askUs(policies, world);
    for (let n = 0; n < perSet && asked < requests; n++) {
      const question = request(scene);
      const theirs = cedarSays(question);
      const ours = weSay(question);
      asked++;
      allowed += theirs.decision === 'allow' ? 1 : 0;
      withErrors += theirs.errors.length > 0 ? 1 : 0;
      if (isSame(ours, theirs)) continue;
      disagreements.push({ seed: seed + round, policies, world, request: question, ours, theirs });
      break;
    }
  }
  return { requests: asked, allowed, withErrors, disagreements };
};
