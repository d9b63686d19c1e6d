/** COAZ: requests of other protocols as AuthZEN requests, by mappings with CEL expressions. */
export { createBudget } from './cel/budget.ts';
export { compileCel } from './cel/program.ts';
export { defaultCelLimits } from './cel/limits.ts';
export { coazErrors } from './errors.ts';
export { mapMcpRequest, mcpErrorCodes } from './map-mcp-request.ts';
export { readMapping } from './mapping.ts';
export { mcpAnswer } from './mcp-answer.ts';

export type { Budget } from './cel/budget.ts';
export type { CelLimits } from './cel/limits.ts';
export type { CelProgram, CelResult } from './cel/program.ts';
export type { CelValue } from './cel/values.ts';
export type { CoazMapping, MappedRequest } from './mapping.ts';
export type { AuthzenAnswer, DecisionPointAnswer, McpAnswer } from './mcp-answer.ts';
export type {
  AuthzenAction,
  AuthzenThing,
  EvaluationEntry,
  EvaluationRequest,
  EvaluationsRequest,
  McpError,
  McpErrorCode,
  McpMapping,
  McpRequest,
} from './types.ts';
