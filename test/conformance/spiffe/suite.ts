/** All checks, how they run, and the list of rules with what came out. */
import { bundleChecks } from './checks/bundles.ts';
import { brokerChecks } from './checks/broker.ts';
import { endpointChecks } from './checks/endpoint.ts';
import { federationChecks } from './checks/federation.ts';
import { idChecks } from './checks/ids.ts';
import { jwtChecks } from './checks/jwt.ts';
import { witChecks } from './checks/wit.ts';
import { workloadChecks } from './checks/workload.ts';
import { x509DocumentChecks } from './checks/x509-documents.ts';
import { x509ValidatorChecks } from './checks/x509-validator.ts';
import { notObservable, rules } from './rules.ts';
import type { Check, Target } from './types.ts';

export const checks: readonly Check[] = [
  ...idChecks,
  ...x509DocumentChecks,
  ...x509ValidatorChecks,
  ...jwtChecks,
  ...witChecks,
  ...endpointChecks,
  ...workloadChecks,
  ...brokerChecks,
  ...bundleChecks,
  ...federationChecks,
];

export type Outcome = {
  readonly rule: string;
  readonly title: string;
  readonly result: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  readonly reason?: string;
};

/** Why a check cannot run here; nothing when it can. */
export const whySkipped = ({ needs }: Check, target: Target): string | undefined => {
  if (needs === 'control' && target.control === undefined)
    return 'needs an implementation whose state the suite may change';
  if (needs === 'broker' && target.broker === undefined) return 'needs a Broker API endpoint';
  if (needs === 'federation' && target.federation === undefined)
    return 'needs a federation endpoint';
  return undefined;
};

export const runCheck = async (check: Check, target: Target): Promise<Outcome> => {
  const { rule, title } = check;
  const reason = whySkipped(check, target);
  if (reason !== undefined) return { rule, title, result: 'skipped', reason };
  try {
    await check.run(target);
    return { rule, title, result: 'passed' };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { rule, title, result: 'failed', reason: message };
  }
};

export type RuleReport = {
  readonly id: string;
  readonly statement: string;
  readonly result: 'passed' | 'failed' | 'skipped' | 'not observable' | 'no test';
  readonly tests: readonly Outcome[];
  readonly reason?: string;
};

const resultOf = (tests: readonly Outcome[]): RuleReport['result'] => {
  if (tests.some(({ result }) => result === 'failed')) return 'failed';
  return tests.some(({ result }) => result === 'passed') ? 'passed' : 'skipped';
};

/** Every rule with its tests. */
export const reportRules = (outcomes: readonly Outcome[]): readonly RuleReport[] =>
  rules.map(({ id, statement }) => {
    const tests = outcomes.filter(({ rule }) => rule === id);
    if (tests.length > 0) return { id, statement, tests, result: resultOf(tests) };
    const reason = notObservable.get(id);
    if (reason === undefined) return { id, statement, tests, result: 'no test' };
    return { id, statement, tests, result: 'not observable', reason };
  });
