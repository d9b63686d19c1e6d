/**
 * Requests of the Model Context Protocol: mapped as COAZ-MCP says and evaluated here, in one call. A
 * convenience of this decision point; the profile has the enforcement point map and ask by AuthZEN.
 */
import {
  mapMcpRequest,
  mcpAnswer,
  type McpMapping,
  type McpRequest,
} from '../../engines/coaz/index.ts';
import { isRefusal } from '../../kernel/errors.ts';
import type { JsonObject, JsonValue } from '../../kernel/json-value.ts';
import { type Asker, type AuthzenDeps, evaluate, evaluateAll } from './evaluate.ts';
import type { McpAnswerBody, McpBody } from './schemas.ts';

/** The body came as JSON, so what zod calls unknown is JSON. */
const toRequest = ({ method, params, token, tool, server }: McpBody): McpRequest => ({
  method,
  token: token as JsonObject,
  ...(params === undefined ? {} : { params: params as JsonValue }),
  ...(tool === undefined ? {} : { tool: tool as NonNullable<McpRequest['tool']> }),
  ...(server === undefined ? {} : { server }),
});

const ask = (deps: AuthzenDeps, asker: Asker, mapped: McpMapping) => {
  if (mapped.kind === 'evaluation') return evaluate(deps, asker, mapped.request);
  if (mapped.kind !== 'evaluations') return undefined;
  const { evaluations, ...batch } = mapped.request;
  const answers = evaluateAll(deps, asker, { ...batch, evaluations: [...evaluations] });
  if (isRefusal(answers) || answers.evaluations === undefined) return undefined;
  return { evaluations: answers.evaluations };
};

/** May this request go on to the MCP server? What is asked of the policies is recorded like any evaluation. */
export const evaluateMcp = (deps: AuthzenDeps, asker: Asker, body: McpBody): McpAnswerBody => {
  const mapped = mapMcpRequest(toRequest(body));
  const answer = mcpAnswer(mapped, ask(deps, asker, mapped));
  return { ...answer };
};
