/** COAZ-MCP: which methods there are, what they act on, and the mapping for what declares none. */
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import { isJsonObject, type JsonValue } from '../../kernel/json-value.ts';
import { mappingProblem } from './template.ts';
import type { AuthzenThing, EvaluationRequest, McpRequest } from './types.ts';

type Target = { readonly type: string; readonly param: string };

const tool: Target = { type: 'tool', param: 'name' };
const resource: Target = { type: 'resource', param: 'uri' };
const prompt: Target = { type: 'prompt', param: 'name' };
const task: Target = { type: 'task', param: 'taskId' };

/** Requests of MCP 2025-11-25 and 2026-07-28 from client to server; null acts on the server itself. */
const targets: ReadonlyMap<string, Target | null> = new Map<string, Target | null>([
  ['initialize', null],
  ['server/discover', null],
  ['tools/list', null],
  ['tools/call', tool],
  ['resources/list', null],
  ['resources/templates/list', null],
  ['resources/read', resource],
  ['resources/subscribe', resource],
  ['resources/unsubscribe', resource],
  ['prompts/list', null],
  ['prompts/get', prompt],
  ['completion/complete', null],
  ['logging/setLevel', null],
  ['subscriptions/listen', null],
  ['tasks/list', null],
  ['tasks/get', task],
  ['tasks/result', task],
  ['tasks/update', task],
  ['tasks/cancel', task],
]);

/** Methods nobody is asked about. */
export const isPassedThrough = (method: string): boolean =>
  method === 'ping' || method.startsWith('notifications/');

/** False for methods that are in no version of the protocol: they are denied. */
export const isKnownMethod = (method: string): boolean => targets.has(method);

const paramOf = (params: JsonValue | undefined, name: string): JsonValue | undefined =>
  isJsonObject(params) && Object.hasOwn(params, name) ? params[name] : undefined;

const required = (value: JsonValue | undefined, path: string): string | Refusal =>
  typeof value === 'string' && value !== ''
    ? value
    : mappingProblem(path, 'required as text that is not empty');

/** The audience that is this server: the one that matches, or the only one there is. */
const serverOf = ({ token, server }: McpRequest): string | Refusal => {
  const { aud } = token;
  const audiences: readonly JsonValue[] = Array.isArray(aud) ? aud : [aud ?? null];
  const fitting = new Set(
    server === undefined ? audiences : audiences.filter((one) => one === server),
  );
  const [only] = fitting;
  if (fitting.size === 1 && typeof only === 'string' && only !== '') return only;
  return mappingProblem('token.aud', 'does not name one audience that is this server');
};

const resourceOf = (request: McpRequest): AuthzenThing | Refusal => {
  const target = targets.get(request.method) ?? null;
  if (target === null) {
    const id = serverOf(request);
    return isRefusal(id) ? id : { type: 'mcp_server', id };
  }
  const id = required(paramOf(request.params, target.param), `params.${target.param}`);
  return isRefusal(id) ? id : { type: target.type, id };
};

/** Who acts: the subject of the token. */
export const claimedSubject = ({ token }: Pick<McpRequest, 'token'>): string | Refusal =>
  required(Object.hasOwn(token, 'sub') ? token['sub'] : undefined, 'token.sub');

/** What stands in every context: the client that acts for the subject, when the token names it. */
export const agentContext = ({ token }: Pick<McpRequest, 'token'>): { readonly agent?: string } => {
  const { client_id: agent } = token;
  return typeof agent === 'string' && agent !== '' ? { agent } : {};
};

/** The request of a method that declares no mapping. */
export const mapByDefault = (request: McpRequest): EvaluationRequest | Refusal => {
  const id = claimedSubject(request);
  if (isRefusal(id)) return id;
  const acted = resourceOf(request);
  if (isRefusal(acted)) return acted;
  const context = agentContext(request);
  return {
    subject: { type: 'identity', id },
    action: { name: request.method },
    resource: acted,
    ...(context.agent === undefined ? {} : { context }),
  };
};
