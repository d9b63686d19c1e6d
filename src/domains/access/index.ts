/** Access: who may do what. Owns the entity graph, the policies in force and every decision. */
export {
  authorizeFromFiles,
  datetimeValue,
  entityValue,
  explainFromFiles,
  ipValue,
  validatePolicies,
} from '../../engines/authorization/index.ts';
export { createAccess } from './create-access.ts';
export { accessErrors } from './errors.ts';
export { decisionAsked, recordedDecision, searchAsked } from './events.ts';
export { createMemoryAccess } from './fake.ts';
export { readPolicyFolder } from './policy-folder.ts';
export { accessMigrations } from './schema.ts';

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
  PolicySource,
  Reason,
} from '../../engines/authorization/index.ts';
export type { AccessDependencies, AccessLedger } from './create-access.ts';
export type { AskedDecision } from './events.ts';
export type { MemoryAccessOptions } from './fake.ts';
export type { PolicyFolder } from './policy-folder.ts';
export type {
  Access,
  AccessChange,
  AccessPolicies,
  AccessRequest,
  AccessSearch,
  AccessSearchAnswer,
  CandidatePolicies,
  ListEntities,
  PolicySetInfo,
  ReplacePolicies,
  ReplayChange,
  ReplayReport,
  ReplayRequest,
  SystemEntityRef,
} from './types.ts';

export {
  compare,
  createLeastPrivilege,
  decisionsOfLedger,
  decisionsOfLines,
  findUnused,
  leastPrivilegeErrors,
  tighten,
} from './least-privilege/index.ts';
export type {
  CompareOptions,
  DecisionSource,
  Evidence,
  LeastPrivilege,
  LeastPrivilegeDependencies,
  LeastPrivilegeKpi,
  LeastPrivilegeWindow,
  PolicyDiff,
  PolicyFiles,
  PolicyUse,
  PrincipalUse,
  Proof,
  Proposal,
  ProposedChange,
  RecordedChange,
  RecordedDecision,
  Situation,
  TightenOptions,
  UnusedOptions,
  UnusedReport,
} from './least-privilege/index.ts';
