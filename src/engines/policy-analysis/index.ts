/** Policy analysis: what is true of policy sets for every request, shown with a solver. */
export type { Analysis, AnalysisOptions, StrictVerdict, Sweep } from './analysis.ts';
export { createAnalysis } from './analysis.ts';
export type {
  AnalysedPolicy,
  AnalysedSet,
  Doubt,
  Example,
  ExampleEntity,
  Finding,
  RequestEnvironment,
  Semantics,
  Solve,
  SolverReply,
  Verdict,
} from './types.ts';
