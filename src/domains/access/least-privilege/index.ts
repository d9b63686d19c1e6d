/** Least privilege: what is granted and not used, what could be taken away, and what a change does. */
export { compare, type CompareOptions } from './compare.ts';
export {
  createLeastPrivilege,
  type LeastPrivilege,
  type LeastPrivilegeDependencies,
  type LeastPrivilegeWindow,
} from './create-least-privilege.ts';
export { decisionsOfLedger, decisionsOfLines } from './decision-sources.ts';
export { leastPrivilegeErrors } from './errors.ts';
export { tighten } from './tighten.ts';
export type {
  DecisionSource,
  Evidence,
  LeastPrivilegeKpi,
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
  UnusedReport,
} from './types.ts';
export { findUnused, type UnusedOptions } from './unused.ts';
