/** COAZ-MCP: what the decision point said, as what the MCP client is told. Closed by default. */
import { mcpErrorCodes } from './map-mcp-request.ts';
import type { McpError, McpMapping } from './types.ts';

/** AuthZEN 1.0, section 6.2 */
export type AuthzenAnswer = {
  readonly decision: boolean;
  readonly context?: Readonly<Record<string, unknown>> | undefined;
};
/** What came back: one answer, the answers of a batch, or nothing. */
export type DecisionPointAnswer =
  | AuthzenAnswer
  | { readonly evaluations: readonly AuthzenAnswer[] }
  | undefined;

export type McpAnswer = {
  readonly decision: boolean;
  /** Of a batch: `evaluations` as they came, and their `obligations` together. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** The JSON-RPC error for the client; present when the decision is false. */
  readonly error?: McpError;
};

const denied: McpError = Object.freeze({ code: mcpErrorCodes.denied, message: 'access denied' });
const unreachable: McpError = Object.freeze({
  code: mcpErrorCodes.unreachable,
  message: 'no decision could be had',
});

/** Obligations of the answers that count, once each. */
const obligationsOf = (answers: readonly AuthzenAnswer[]): readonly unknown[] => {
  const united = new Map<string, unknown>();
  for (const { context } of answers) {
    const { obligations } = context ?? {};
    for (const obligation of Array.isArray(obligations) ? (obligations as unknown[]) : [])
      united.set(JSON.stringify(obligation), obligation);
  }
  return [...united.values()];
};

const ofBatch = (answers: readonly AuthzenAnswer[], wanted: number): McpAnswer => {
  const decision = answers.length === wanted && answers.every((answer) => answer.decision === true);
  const decisive = answers.filter((answer) => answer.decision === decision);
  const obligations = obligationsOf(decisive);
  const context = {
    evaluations: answers,
    ...(obligations.length === 0 ? {} : { obligations }),
  };
  return decision ? { decision, context } : { decision, context, error: denied };
};

/**
 * The answer to a mapped request. A batch permits when every entry was answered and permitted;
 * `undefined` or an answer of the wrong kind means that the decision point could not be asked.
 */
export const mcpAnswer = (mapping: McpMapping, answer: DecisionPointAnswer): McpAnswer => {
  if (mapping.kind === 'pass') return { decision: true };
  if (mapping.kind === 'error') {
    const { code, message } = mapping;
    return { decision: false, error: { code, message } };
  }
  if (mapping.kind === 'evaluations')
    return answer !== undefined && 'evaluations' in answer
      ? ofBatch(answer.evaluations, mapping.request.evaluations.length)
      : { decision: false, error: unreachable };
  if (answer === undefined || !('decision' in answer))
    return { decision: false, error: unreachable };
  const context = answer.context === undefined ? {} : { context: answer.context };
  return answer.decision === true
    ? { decision: true, ...context }
    : { decision: false, ...context, error: denied };
};
