/** API Activity (6003): every call through the gateway or the control plane, and its outcome. */
import type { OcsfEvent } from '../event.ts';
import { actorOf, clip, type EventBasics, type Party, put, startEvent } from './base.ts';
import { addControl, type ControlOutcome } from './control.ts';

const classUid = 6003;
const activities = { create: 1, read: 2, update: 3, delete: 4 } as const;

export const aiRoles = {
  unknown: 0,
  user: 1,
  assistant: 2,
  tool: 3,
  agent: 4,
  orchestrator: 5,
  retriever: 6,
} as const;

/** The OCSF profile `ai_operation`. */
export type AiOperation = {
  readonly model: {
    readonly name: string;
    readonly provider: string;
    readonly uid?: string;
    readonly version?: string;
  };
  readonly role?: keyof typeof aiRoles;
  /** Name of the service that carried the messages; `gateway` when absent. */
  readonly service?: string;
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  readonly totalTokens?: number;
};

export type HttpExchange = {
  readonly method: string;
  /** The query, which may hold personal data, is cut off. */
  readonly path: string;
  readonly requestBytes?: number;
  readonly status?: number;
  readonly responseBytes?: number;
  readonly latencyMs?: number;
};

export type ApiActivity = EventBasics & {
  readonly activity: keyof typeof activities;
  /** For example `chat` or `endpoint:create`. */
  readonly operation: string;
  /** Part of Sallyport that served the call. */
  readonly service?: string;
  readonly requestUid?: string;
  /** Absent: nobody was authenticated. */
  readonly actor?: Party;
  /** How the actor proved itself, for example `api-token`, and with which credential. */
  readonly session?: { readonly uid: string; readonly issuer?: string };
  /** Opaque identity of the peer. Its address is personal and goes into the sealed fields. */
  readonly source?: { readonly uid?: string; readonly serviceName?: string };
  readonly destination?: { readonly uid?: string; readonly serviceName?: string };
  readonly resources?: readonly (Party & { readonly name?: string; readonly version?: string })[];
  readonly control?: ControlOutcome;
  readonly ai?: AiOperation;
  readonly http?: HttpExchange;
  readonly durationMs?: number;
};

const methods = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
]);

const profileLists = [
  [],
  ['security_control'],
  ['ai_operation'],
  ['ai_operation', 'security_control'],
] as const;

const endpointOf = (
  peer: { readonly uid?: string; readonly serviceName?: string } | undefined,
): Readonly<Record<string, unknown>> => {
  const fields: Record<string, unknown> = {};
  put(fields, 'uid', peer?.uid);
  put(fields, 'svc_name', peer?.serviceName);
  if (peer?.uid === undefined && peer?.serviceName === undefined) fields.uid = 'withheld';
  return fields;
};

const apiOf = (call: ApiActivity): Readonly<Record<string, unknown>> => {
  const fields: Record<string, unknown> = { operation: clip(call.operation) };
  if (call.service !== undefined) fields.service = { name: call.service };
  if (call.requestUid !== undefined) fields.request = { uid: call.requestUid };
  return fields;
};

const addAi = (fields: Record<string, unknown>, ai: AiOperation): void => {
  const model: Record<string, unknown> = {
    name: clip(ai.model.name),
    ai_provider: clip(ai.model.provider),
  };
  put(model, 'uid', ai.model.uid);
  put(model, 'version', ai.model.version);
  const context: Record<string, unknown> = { service: { name: ai.service ?? 'gateway' } };
  if (ai.role !== undefined) context.ai_role_id = aiRoles[ai.role];
  put(context, 'prompt_tokens', ai.promptTokens);
  put(context, 'completion_tokens', ai.completionTokens);
  put(context, 'total_tokens', ai.totalTokens);
  fields.ai_model = model;
  fields.message_context = context;
};

/** A path as events hold it: bounded, without the query. */
export const recordedPath = (path: string): string => {
  const query = path.indexOf('?');
  return clip(query < 0 ? path : path.slice(0, query)) || '/';
};

const addHttp = (fields: Record<string, unknown>, http: HttpExchange): void => {
  const request: Record<string, unknown> = { url: { path: recordedPath(http.path) } };
  if (methods.has(http.method)) request.http_method = http.method;
  put(request, 'length', http.requestBytes);
  fields.http_request = request;
  if (http.status === undefined) return;
  const response: Record<string, unknown> = { code: http.status };
  put(response, 'length', http.responseBytes);
  put(response, 'latency', http.latencyMs === undefined ? undefined : Math.round(http.latencyMs));
  fields.http_response = response;
};

/** Builds an API Activity event; the profiles follow from what is given. */
export const buildApiActivity = (call: ApiActivity): OcsfEvent => {
  const profiles =
    profileLists[(call.control === undefined ? 0 : 1) + (call.ai === undefined ? 0 : 2)];
  const event = startEvent(call, { classUid, activityId: activities[call.activity] }, profiles);
  const fields: Record<string, unknown> = event;
  const actor = actorOf(call.actor);
  fields.actor = call.session === undefined ? actor : { ...actor, session: call.session };
  fields.api = apiOf(call);
  fields.src_endpoint = endpointOf(call.source);
  if (call.destination !== undefined) fields.dst_endpoint = endpointOf(call.destination);
  if (call.resources !== undefined) fields.resources = call.resources;
  if (call.control !== undefined) addControl(fields, call.control);
  if (call.ai !== undefined) addAi(fields, call.ai);
  if (call.http !== undefined) addHttp(fields, call.http);
  if (call.durationMs !== undefined) fields.duration = Math.round(call.durationMs);
  return event;
};

/** Meanings the ledger and detection rely on; `metadata.event_code`. */
export const eventCodes = {
  gatewayDecision: 'gateway.decision',
  gatewayOutcome: 'gateway.outcome',
  accessDecision: 'access.decision',
} as const;

type Exchange = Omit<ApiActivity, 'eventCode' | 'activity' | 'service' | 'correlationUid'> & {
  /** Identity of the exchange; the decision and the outcome carry the same one. */
  readonly correlationUid: string;
};

/** The decision about one exchange: appended before the first byte leaves. */
export const buildGatewayDecision = (
  exchange: Exchange & { readonly control: ControlOutcome },
): OcsfEvent =>
  buildApiActivity({
    ...exchange,
    activity: 'create',
    service: 'gateway',
    eventCode: eventCodes.gatewayDecision,
  });

/** How an allowed exchange ended: size, time, tokens, status. */
export const buildGatewayOutcome = (exchange: Exchange): OcsfEvent =>
  buildApiActivity({
    ...exchange,
    activity: 'create',
    service: 'gateway',
    eventCode: eventCodes.gatewayOutcome,
  });
