/** Authorization: policy sets that decide. The public door `sallyport/authorization`. */
export {
  type CedarDecision,
  type CedarRequest,
  createEntityStore,
  createPolicyStore,
  decidePartially,
  type EntitiesArgument,
  type EntityStore,
  type PolicyStore,
  type PolicyStoreOptions,
  searchEntities,
} from '../cedar/index.ts';
export { isRefusal, orThrow, type Refusal } from '../../kernel/errors.ts';
export { authorizeFromFiles, explainFromFiles } from './authorize-from-files.ts';
export { defaultEvaluator } from './create-evaluator.ts';
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
export { parseExactJson } from './exact-json.ts';
export { createPolicySet } from './policy-set.ts';
export { searchFromFiles } from './search-from-files.ts';
export { readEntities, readEntityRef } from './read-entities.ts';
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

export type { AuthorizationFiles } from './authorize-from-files.ts';
export type { SearchFiles, SearchResult } from './search-from-files.ts';
export type { ActionApplication } from './schema-actions.ts';
export type { EvaluatorName } from './create-evaluator.ts';
export type { EntityGraph, EntitySource } from './entity-graph.ts';
export type {
  Plan,
  PolicyDescription,
  PolicyQuestion,
  PolicySet,
  PolicySetOptions,
} from './policy-set.ts';
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
