/** The door of our own Cedar: syntax, schemas, validation, entities and evaluation. */
export type {
  ActionConstraint,
  BinaryOperator,
  Condition,
  EntityUid,
  Expr,
  PatternPart,
  PolicyNode,
  ScopeConstraint,
  ScopeTarget,
  Slot,
  Span,
  Variable,
} from './ast.ts';
export type { CedarError, CedarErrorCode } from './syntax/errors.ts';
export { isCedarErrors } from './syntax/errors.ts';
export { formatExpression } from './syntax/format-expression.ts';
export { formatPolicy } from './syntax/format-policy.ts';
export { type PolicySetNodes, policiesFromJson, type SetPolicy } from './syntax/json-policies.ts';
export {
  type EstValue,
  expressionToJson,
  policyToJson,
  policyToJsonText,
} from './syntax/json-write.ts';
export {
  type NamedPolicy,
  type ParsedPolicies,
  parseExpression,
  parsePolicies,
} from './syntax/parse-policies.ts';
export { showError } from './syntax/show-error.ts';
export { isTemplate, linkTemplate, type SlotValues, slotsOf } from './syntax/templates.ts';

export {
  createEntityStore,
  type EntityName,
  type EntityStore,
  type EntityStoreOptions,
} from './entities/entity-store.ts';
export type { CedarDecision, PolicyFault, PolicyReason } from './store/decide.ts';
export {
  createPolicyStore,
  type EntitiesArgument,
  type PolicyStore,
  type PolicyStoreOptions,
} from './store/policy-store.ts';
export type { StoredPolicy, TemplateLink } from './store/read-policies.ts';
export type { CedarRequest } from './store/request.ts';

export type { SchemaProblem } from './schema/errors.ts';
export {
  expectedAttribute,
  expectedAttributes,
  expectedContext,
  expectedTag,
} from './schema/expected.ts';
export type { SchemaFragment } from './schema/fragment.ts';
export type {
  ActionDefinition,
  Attributes,
  AttributeType,
  EntityTypeDefinition,
  ExtensionName,
  Schema,
  SchemaType,
} from './schema/model.ts';
export { uidKey } from './schema/model.ts';
export { isSchemaProblems, parseSchema, readSchema, type SchemaSource } from './schema/read.ts';
export { type SchemaJson, schemaToJson } from './schema/to-json.ts';
export { schemaToText } from './schema/to-text.ts';
export { checkEntities, type EntityProblem } from './validate/check-entities.ts';
export { checkRequest, type RequestToCheck } from './validate/check-request.ts';
export { type ConformanceProblem, conformanceCodes } from './validate/conform.ts';
export { requestKinds } from './validate/environments.ts';
export {
  type Finding,
  type FindingCode,
  findingCodes,
  type RequestKind,
} from './validate/findings.ts';
export { type PolicyToValidate, validatePolicies } from './validate/validate.ts';
export { type Place, type Usage, usageOf } from './validate/usage.ts';
export {
  compileResiduals,
  decidePartially,
  type PartialDecision,
  type PartialRef,
  type PartialRequest,
  type Residual,
  type ResidualDecider,
} from './partial/decide-partially.ts';
export {
  type Search,
  type SearchAnswer,
  type SearchRequest,
  searchEntities,
} from './partial/search.ts';
export type { Env } from './evaluate/code.ts';
export {
  compileConditions,
  type ConditionCode,
  policyToExpr,
  scopeHolds,
} from './evaluate/policy.ts';
export type { RequestProblem } from './store/request.ts';
export { formatDecimal } from './values/decimal.ts';
export { type ExtensionFunction, extensionFunctions } from './values/extensions.ts';
export { formatValue, valueToExpr } from './values/format.ts';
export { formatIp } from './values/ipaddr.ts';
export { isFailure, type Failure, type Outcome, type Value } from './values/value.ts';
export { entityErrors } from './entities/errors.ts';
export { policyStoreErrors } from './store/errors.ts';
