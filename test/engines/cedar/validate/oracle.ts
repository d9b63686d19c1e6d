/** Our validator next to the oracle, and where they part. */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import assert from 'node:assert/strict';
import { isSchemaProblems, readSchema } from '../../../../src/engines/cedar/schema/read.ts';
import { isCedarErrors } from '../../../../src/engines/cedar/syntax/errors.ts';
import { parsePolicies } from '../../../../src/engines/cedar/syntax/parse-policies.ts';
import { validatePolicies } from '../../../../src/engines/cedar/validate/validate.ts';
import type { Schema } from '../../../../src/engines/cedar/schema/model.ts';

type PolicySet = Parameters<typeof cedar.validate>[0]['policies'];
export type Verdict = {
  /** Ids of the policies with errors. */
  readonly errors: readonly string[];
  /** Number of warnings of the policies without errors. */
  readonly warnings: number;
};

/** What the oracle says; undefined when it cannot read the policies. */
export const oracleVerdict = (schema: string, policies: PolicySet): Verdict | undefined => {
  const answer = cedar.validate({ schema, policies, validationSettings: { mode: 'strict' } });
  if (answer.type === 'failure') return undefined;
  const errors = [...new Set(answer.validationErrors.map(({ policyId }) => policyId))].sort();
  const warnings = answer.validationWarnings.filter(({ policyId }) => !errors.includes(policyId));
  return { errors, warnings: warnings.length };
};

/** A schema that must be good. */
export const mustRead = (source: string | object): Schema => {
  const schema = readSchema(source);
  assert.ok(!isSchemaProblems(schema), JSON.stringify(schema));
  return schema;
};

/** What we say, with ids by order as the oracle has them; undefined when nothing can be read. */
export const ourVerdict = (schema: Schema, text: string): Verdict | undefined => {
  const parsed = parsePolicies(text);
  if (isCedarErrors(parsed)) return undefined;
  const policies = parsed.policies.map(({ node }, index) => ({ id: `policy${index}`, node }));
  const findings = validatePolicies(schema, policies);
  const bad = findings.filter(({ severity }) => severity === 'error');
  const errors = [...new Set(bad.map(({ policyId }) => policyId))].sort();
  const warnings = findings.filter(
    ({ severity, policyId }) => severity === 'warning' && !errors.includes(policyId),
  );
  return { errors, warnings: warnings.length };
};

/** Where the two part on static policies; undefined where they agree. */
export const disagreement = (source: string, schema: Schema, text: string): string | undefined => {
  const theirs = oracleVerdict(source, { staticPolicies: text });
  const ours = ourVerdict(schema, text);
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return undefined;
  return `${text}\n  ours: ${JSON.stringify(ours)}\n  oracle: ${JSON.stringify(theirs)}`;
};

/** The same for one template. */
export const templateDisagreement = (
  source: string,
  schema: Schema,
  text: string,
): string | undefined => {
  const theirs = oracleVerdict(source, { templates: { policy0: text } });
  const ours = ourVerdict(schema, text);
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return undefined;
  return `${text}\n  ours: ${JSON.stringify(ours)}\n  oracle: ${JSON.stringify(theirs)}`;
};
