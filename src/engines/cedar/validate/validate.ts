/** Validates policies and templates against a schema, by the strict rules of Cedar. */
import type { Expr, PolicyNode } from '../ast.ts';
import type { Schema } from '../schema/model.ts';
import { createNumbering, noCapabilities } from './capabilities.ts';
import { type Check, expectBoolean } from './check.ts';
import { createCheck } from './check-expr.ts';
import { checkNames } from './check-names.ts';
import { checkTexts } from './check-texts.ts';
import { linkedEnvironments, requestEnvironments } from './environments.ts';
import { createReporter, type Finding, findingCodes, type Reporter } from './findings.ts';
import { policyCondition, scopeCondition } from './scope.ts';

/** A policy, or a template, with its id. */
export type PolicyToValidate = { readonly id: string; readonly node: PolicyNode };

type Reach = { readonly scope: boolean; readonly whole: boolean };

const canHold = (check: Check, condition: Expr): boolean =>
  check.typeOf(condition, noCapabilities).type.kind !== 'false';

/** Types a policy for every kind of request; says whether its scope, and all of it, can be true. */
const checkTypes = (schema: Schema, policy: PolicyNode, reporter: Reporter): Reach => {
  const numbering = createNumbering();
  const condition = policyCondition(policy);
  const scope = scopeCondition(policy);
  const silent = createReporter('');
  const reach = { scope: false, whole: false };
  for (const given of requestEnvironments(schema))
    for (const environment of linkedEnvironments(schema, policy, given)) {
      const parts = { schema, environment, numbering };
      const check = createCheck({ ...parts, reporter });
      const { type } = expectBoolean(check, condition, noCapabilities);
      reach.whole ||= type.kind !== 'false';
      reach.scope ||= reach.whole || canHold(createCheck({ ...parts, reporter: silent }), scope);
    }
  return reach;
};

const validateOne = (schema: Schema, { id, node }: PolicyToValidate): readonly Finding[] => {
  const reporter = createReporter(id);
  checkNames(schema, node, reporter);
  const reach = checkTypes(schema, node, reporter);
  const { span } = node;
  if (!reach.scope) {
    const message = 'no action of the schema takes what the scope of this policy asks for';
    reporter.warning({ code: findingCodes.noAction, message, span });
  }
  if (!reach.whole) {
    const message = 'this policy is false for every valid request';
    reporter.warning({ code: findingCodes.impossible, message, span });
  }
  checkTexts(node, reporter);
  return reporter.findings();
};

/**
 * Everything that validation finds in these policies, in their order. The set is valid when no
 * finding is an error; the verdict per policy is that of Cedar's strict validation. Never throws for
 * trees that the parsers of this room made. https://docs.cedarpolicy.com/policies/validation.html
 */
export const validatePolicies = (
  schema: Schema,
  policies: readonly PolicyToValidate[],
): readonly Finding[] => policies.flatMap((policy) => validateOne(schema, policy));
