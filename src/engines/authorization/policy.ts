/** One policy, read from its text: place, scope, obligations, and what its conditions read. */
import { isRefusal } from '../../kernel/errors.ts';
import type { CedarEvaluator, ParsedPolicy } from './evaluator.ts';
import { parseObligations } from './obligations.ts';
import { lineFinder } from './policy-tokens.ts';
import { readScopeTest, type Scope } from './scope.ts';
import { maxWeight, type Statement, splitPolicies } from './split-policies.ts';
import type { Obligation, PolicyProblem, PolicySource } from './types.ts';
import { type Usage, usageOf } from './usage.ts';

export type Policy = {
  /** Place in source order over all files. */
  readonly index: number;
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  readonly file: string | undefined;
  readonly line: number;
  readonly text: string;
  /** The policy with its scope already answered: matches every request, same conditions. */
  readonly scopelessText: string;
  readonly scope: Scope;
  /** False when the scope alone decides. */
  readonly conditional: boolean;
  readonly obligations: readonly Obligation[];
  readonly usage: Usage;
};

export type PolicyReading = {
  readonly policies: readonly Policy[];
  readonly problems: readonly PolicyProblem[];
};

export const maxPolicies = 20_000;
const maxStatementLength = 65_536;
/** Ids are printed and logged. */
const idPattern = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,256}$/u;

/** A statement with its place, on its way to being a policy. */
type Draft = {
  readonly statement: Statement;
  readonly index: number;
  readonly file: string | undefined;
  readonly line: number;
};

const problemAt = (draft: Draft, message: string, policyId?: string): PolicyProblem => ({
  severity: 'error',
  message,
  line: draft.line,
  ...(draft.file === undefined ? {} : { file: draft.file }),
  ...(policyId === undefined ? {} : { policyId }),
});

const scopeOf = (parsed: ParsedPolicy): Scope | undefined => {
  const principal = readScopeTest(parsed.principal);
  const action = readScopeTest(parsed.action);
  const resource = readScopeTest(parsed.resource);
  return principal && action && resource ? { principal, action, resource } : undefined;
};

const buildPolicy = (draft: Draft, parsed: ParsedPolicy): Policy | PolicyProblem => {
  const id = parsed.annotations.get('id') ?? `policy${draft.index}`;
  if (!idPattern.test(id))
    return problemAt(
      draft,
      '@id must be 1 to 256 characters without line breaks or other controls',
    );
  const scope = scopeOf(parsed);
  const { text, scopeEnd } = draft.statement;
  if (scope === undefined || scopeEnd === undefined)
    return problemAt(draft, 'the scope has a form this version does not know', id);
  const list = parsed.annotations.get('obligations');
  const obligations = list === undefined ? [] : parseObligations(list);
  if (isRefusal(obligations)) return problemAt(draft, obligations.detail, id);
  return {
    index: draft.index,
    id,
    effect: parsed.effect,
    file: draft.file,
    line: draft.line,
    text,
    scopelessText: `${parsed.effect}(principal, action, resource)${text.slice(scopeEnd)}`,
    scope,
    conditional: parsed.conditions.length > 0,
    obligations,
    usage: usageOf(parsed.conditions),
  };
};

const readDraft = (draft: Draft, evaluator: CedarEvaluator): Policy | PolicyProblem => {
  const { statement } = draft;
  if (statement.text.length > maxStatementLength)
    return problemAt(draft, `the policy is longer than ${maxStatementLength} characters`);
  if (statement.weight > maxWeight)
    return problemAt(draft, 'the policy nests too deeply; split it into several');
  const answer = evaluator.parsePolicy(statement.text);
  if ('policy' in answer) return buildPolicy(draft, answer.policy);
  const line = draft.line + lineFinder(statement.text)(answer.offset) - 1;
  if (!answer.isTemplate) return problemAt({ ...draft, line }, answer.message);
  const inert = 'a template decides nothing by itself; links are not supported yet';
  return { ...problemAt(draft, inert), severity: 'warning' };
};

/** Every statement of every file, numbered through. */
const draftsOf = (sources: readonly (PolicySource | string)[]): readonly Draft[] => {
  const drafts: Draft[] = [];
  for (const source of sources) {
    const text = typeof source === 'string' ? source : source.text;
    const file = typeof source === 'string' ? undefined : source.file;
    const lineOf = lineFinder(text);
    for (const statement of splitPolicies(text))
      drafts.push({ statement, index: drafts.length, file, line: lineOf(statement.start) });
  }
  return drafts;
};

const duplicatesOf = (policies: readonly Policy[]): readonly PolicyProblem[] => {
  const first = new Map<string, Policy>();
  const problems: PolicyProblem[] = [];
  for (const policy of policies) {
    const earlier = first.get(policy.id);
    if (earlier === undefined) first.set(policy.id, policy);
    else
      problems.push({
        severity: 'error',
        message: `the id ${JSON.stringify(policy.id)} is taken by the policy at ${earlier.file ?? 'line'}:${earlier.line}`,
        policyId: policy.id,
        line: policy.line,
        ...(policy.file === undefined ? {} : { file: policy.file }),
      });
  }
  return problems;
};

/** Reads all policies; those with problems of severity `error` are left out. */
export const readPolicies = (
  sources: readonly (PolicySource | string)[],
  evaluator: CedarEvaluator,
): PolicyReading => {
  const drafts = draftsOf(sources);
  if (drafts.length > maxPolicies)
    return {
      policies: [],
      problems: [{ severity: 'error', message: `more than ${maxPolicies} policies` }],
    };
  const policies: Policy[] = [];
  const problems: PolicyProblem[] = [];
  for (const draft of drafts) {
    const read = readDraft(draft, evaluator);
    if ('severity' in read) problems.push(read);
    else policies.push(read);
  }
  return { policies, problems: [...problems, ...duplicatesOf(policies)] };
};
