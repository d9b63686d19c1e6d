/**
 * COAZ-MCP: an MCP request as an AuthZEN request. Whatever a tool declares, the subject is the one of the
 * token; what cannot be mapped is an error, never a question about something else.
 */
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import { isJsonObject, type JsonValue } from '../../kernel/json-value.ts';
import type { CelValue } from './cel/values.ts';
import { type MappedRequest, readMapping } from './mapping.ts';
import {
  agentContext,
  claimedSubject,
  isKnownMethod,
  isPassedThrough,
  mapByDefault,
} from './mcp-default.ts';
import { mappingProblem } from './template.ts';
import type { McpErrorCode, McpMapping, McpRequest } from './types.ts';

const variables: readonly string[] = ['params', 'token'];
const declaration = 'x-authzen-mapping';

/** Meanings of the codes (COAZ-MCP). */
export const mcpErrorCodes: Readonly<Record<'mapping' | 'denied' | 'unreachable', McpErrorCode>> =
  Object.freeze({ mapping: -32602, denied: -32001, unreachable: -32603 });

/** The mapping a tool declares; undefined when it declares none. */
const declaredMapping = ({ method, tool }: McpRequest): JsonValue | undefined => {
  if (method !== 'tools/call' || !isJsonObject(tool?.inputSchema)) return undefined;
  const schema = tool.inputSchema;
  return Object.hasOwn(schema, declaration) ? schema[declaration] : undefined;
};

/** A definition is good for its own tool only. */
const isOtherTool = ({ params, tool }: McpRequest): boolean =>
  tool?.name !== undefined && isJsonObject(params) && params['name'] !== tool.name;

/** The subject is the claim; the agent is named when the tool does not name it. */
const anchor = (mapped: MappedRequest, request: McpRequest): MappedRequest | Refusal => {
  const claimed = claimedSubject(request);
  if (isRefusal(claimed)) return claimed;
  const { subject, context } = mapped.request;
  if (subject.id !== claimed)
    return mappingProblem(`${mapped.kind}.subject.id`, 'is not the subject of the token');
  const facts = { ...agentContext(request), ...context };
  const added = Object.keys(facts).length === 0 ? {} : { context: facts };
  if (mapped.kind === 'evaluation') return { ...mapped, request: { ...mapped.request, ...added } };
  // The context of an entry replaces that of the batch, so it needs the agent as well.
  const evaluations = mapped.request.evaluations.map((entry) =>
    entry.context === undefined
      ? entry
      : { ...entry, context: { ...agentContext(request), ...entry.context } },
  );
  return { ...mapped, request: { ...mapped.request, ...added, evaluations } };
};

const mapDeclared = (mapping: JsonValue, request: McpRequest): MappedRequest | Refusal => {
  if (isOtherTool(request)) return mappingProblem('tool.name', 'is not the tool that is called');
  const read = readMapping(mapping, variables);
  if (isRefusal(read)) return read;
  const { params = {}, token } = request;
  const mapped = read.apply({ params: params as CelValue, token });
  return isRefusal(mapped) ? mapped : anchor(mapped, request);
};

const mapByMethod = (request: McpRequest): MappedRequest | Refusal => {
  const mapped = mapByDefault(request);
  return isRefusal(mapped) ? mapped : { kind: 'evaluation', request: mapped };
};

/**
 * Maps one MCP request (COAZ-MCP). `pass`: nothing to ask. `error`: answer with this JSON-RPC error;
 * messages name places in the mapping, never values. Never throws for JSON.
 */
export const mapMcpRequest = (request: McpRequest): McpMapping => {
  const { method } = request;
  if (isPassedThrough(method)) return { kind: 'pass' };
  if (!isKnownMethod(method))
    return { kind: 'error', code: mcpErrorCodes.denied, message: 'this method is not permitted' };
  const mapping = declaredMapping(request);
  const mapped = mapping === undefined ? mapByMethod(request) : mapDeclared(mapping, request);
  return isRefusal(mapped)
    ? { kind: 'error', code: mcpErrorCodes.mapping, message: mapped.detail }
    : mapped;
};
