/** One HTTP exchange with the server: bounded answers, deadlines, problem documents as refusals. */
import type { Dispatcher } from 'undici';
import {
  type ErrorCode,
  isRefusal,
  type Refusal,
  refuse,
  SallyportError,
} from '../../../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../../kernel/json-value.ts';
import { problemContentType } from '../../../kernel/problem.ts';
import { parseJson } from '../../../kernel/strict-json.ts';
import { agentErrors } from '../errors.ts';

export type Answer = { readonly status: number; readonly value: JsonObject };

const maxAnswerBytes = 32 << 20;
const timeoutMs = 15_000;
const jsonLimits = { maxBytes: maxAnswerBytes, maxDepth: 32, maxKeys: 4096, maxValues: 4_000_000 };

const wrongAnswer = (what: string): Refusal => refuse(agentErrors.E_AGENT_ANSWER, what);

/** Why a connection failed: an own verdict stays what it is. */
export const reasonOf = (error: unknown): Refusal => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  for (const one of [error, cause])
    if (one instanceof SallyportError) return refuse(one.kind, one.message);
  const detail = cause instanceof Error ? cause.message : 'the connection failed';
  return refuse(agentErrors.E_AGENT_SERVER, detail);
};

const readBody = async (body: Dispatcher.ResponseData['body']): Promise<Uint8Array | Refusal> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxAnswerBytes) return wrongAnswer('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
};

const toRefusal = (status: number, value: JsonObject): Refusal => {
  const { code, title, detail, hint } = value;
  const isCoded = typeof code === 'string' && code.startsWith('E_');
  const kind = {
    code: isCoded ? (code as ErrorCode) : agentErrors.E_AGENT_ANSWER.code,
    status,
    exit: 'unavailable' as const,
    title: typeof title === 'string' ? title : 'The server refuses',
    hint: typeof hint === 'string' ? hint : '',
  };
  return refuse(kind, typeof detail === 'string' ? detail : `HTTP status ${status}`);
};

/** Reads an answer that is not 2xx. */
export const readProblem = async (answer: Dispatcher.ResponseData): Promise<Refusal> => {
  const bytes = await readBody(answer.body);
  const type = answer.headers['content-type'];
  const isProblem = typeof type === 'string' && type.startsWith(problemContentType);
  const value = isRefusal(bytes) || !isProblem ? undefined : parseJson(bytes, jsonLimits);
  const isReadable = value !== undefined && !isRefusal(value) && isJsonObject(value);
  return toRefusal(answer.statusCode, isReadable ? value : {});
};

export type Call = {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly path: string;
  readonly body?: JsonObject;
};

/** GET without a body, POST with one. Never rejects. */
export const exchange = async (call: Call): Promise<Answer | Refusal> => {
  const { dispatcher, origin, path, body } = call;
  try {
    const answer = await dispatcher.request({
      origin,
      path,
      method: body === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    if (answer.statusCode < 200 || answer.statusCode > 299) return await readProblem(answer);
    const bytes = await readBody(answer.body);
    const value = isRefusal(bytes) ? bytes : parseJson(bytes, jsonLimits);
    if (isRefusal(value)) return wrongAnswer(value.detail);
    if (!isJsonObject(value)) return wrongAnswer('the answer is no JSON object');
    return { status: answer.statusCode, value };
  } catch (error) {
    return reasonOf(error);
  }
};
