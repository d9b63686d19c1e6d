/** Authorization: policy sets that decide. The public door `sallyport/authorization`. */
export {
  createEntityGraph,
  entityKey,
  formatEntity,
  graphOf,
  isEntityType,
  withAttributes,
} from './entity-graph.ts';
export { authorizationErrors } from './errors.ts';
export { parseObligations, uniteObligations } from './obligations.ts';
export { createPolicySet } from './policy-set.ts';
export { validatePolicies } from './validate.ts';
export {
  datetimeValue,
  decimalValue,
  durationValue,
  entityOfValue,
  entityValue,
  ipValue,
  valueProblem,
} from './values.ts';

export type { EntityGraph, EntitySource } from './entity-graph.ts';
export type { Plan, PolicyQuestion, PolicySet, PolicySetOptions } from './policy-set.ts';
export type {
  CedarValue,
  Decision,
  Entity,
  EntityRef,
  Explanation,
  Obligation,
  PolicyError,
  PolicyExplanation,
  PolicyProblem,
  PolicyRequest,
  PolicySource,
  Reason,
} from './types.ts';
export type { AttributePaths, UsageSummary } from './usage.ts';
export type { ValidationInput } from './validate.ts';
export type { Entities } from './world.ts';
