/**
 * Talking to a running server: JSON in and out, problem documents become errors with the server's
 * own code. Redirects are not followed and every call has a deadline.
 */
import { type ErrorCode, type ExitName, isRefusal, SallyportError } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../kernel/json-value.ts';
import { problemContentType } from '../../kernel/problem.ts';
import type { Secret } from '../../kernel/secret.ts';
import { parseJson } from '../../kernel/strict-json.ts';
import { cliErrors } from './errors.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** The part of `fetch` that is used; the tests bring their own. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type Client = {
  readonly url: string;
  /** JSON call; throws the server's problem as `SallyportError`. */
  readonly call: (method: Method, path: string, body?: unknown) => Promise<JsonObject>;
  /** GET of a text document. */
  readonly text: (path: string) => Promise<string>;
};

export type ClientOptions = {
  readonly url: string;
  readonly token?: Secret | undefined;
  readonly fetch: Fetch;
};

const timeoutMs = 60_000;
const maxAnswerBytes = 64 * 1024 * 1024;

/** Creates a client for one server. */
export const createClient = (options: ClientOptions): Client => ({
  url: options.url,
  call: async (method, path, body) => {
    const answer = await send(options, { method, path, body, accept: 'application/json' });
    const value = parse(await bodyOf(answer));
    if (!isJsonObject(value)) throw notOurs('the answer is not a JSON object');
    return value;
  },
  text: async (path) => {
    const answer = await send(options, { method: 'GET', path, accept: 'text/plain' });
    return Buffer.from(await bodyOf(answer)).toString('utf8');
  },
});

type Sending = {
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
  readonly accept: string;
};

const send = async (
  { url, token, fetch }: ClientOptions,
  { method, path, body, accept }: Sending,
): Promise<Response> => {
  const headers: Record<string, string> = { accept };
  if (token !== undefined) headers['authorization'] = `Bearer ${token.reveal()}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const init: RequestInit = {
    method,
    headers,
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  let answer: Response;
  try {
    answer = await fetch(`${url}${path}`, init);
  } catch (cause) {
    throw new SallyportError(cliErrors.E_SERVER_UNREACHABLE, `${url}: ${reasonOf(cause)}`, {
      cause,
    });
  }
  if (answer.ok) return answer;
  throw await problemOf(answer);
};

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return (cause as NodeJS.ErrnoException).code ?? cause.message;
};

const problemOf = async (answer: Response): Promise<SallyportError> => {
  const isProblem = (answer.headers.get('content-type') ?? '').startsWith(problemContentType);
  const problem = isProblem ? parse(await bodyOf(answer)) : undefined;
  if (!isJsonObject(problem)) return notOurs(`HTTP status ${answer.status}`);
  const { code, title, detail, hint, type: _type, status: _status, ...data } = problem;
  if (typeof code !== 'string' || !code.startsWith('E_')) return notOurs('a problem without code');
  const kind = {
    code: code as ErrorCode,
    status: answer.status,
    exit: exitFor(answer.status),
    title: textOr(title, 'Refused'),
    hint: textOr(hint, 'Run `sallyport explain` with the code.'),
  };
  return new SallyportError(kind, textOr(detail, 'The server refused the request.'), { data });
};

const exits: Readonly<Record<number, ExitName>> = {
  401: 'notAuthenticated',
  403: 'denied',
  404: 'notFound',
  409: 'conflict',
  408: 'unavailable',
  429: 'unavailable',
};

const exitFor = (status: number): ExitName => {
  const known = exits[status];
  if (known !== undefined) return known;
  if (status === 500) return 'unexpected';
  return status > 500 ? 'unavailable' : 'usage';
};

const textOr = (value: JsonValue | undefined, other: string): string =>
  typeof value === 'string' ? value : other;

const bodyOf = async (answer: Response): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const body: AsyncIterable<Uint8Array> | readonly Uint8Array[] = answer.body ?? [];
  for await (const chunk of body) {
    total += chunk.length;
    if (total > maxAnswerBytes) throw notOurs(`the answer is larger than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, total);
};

const parse = (bytes: Uint8Array): JsonValue | undefined => {
  const value = parseJson(bytes, { maxBytes: maxAnswerBytes });
  return isRefusal(value) ? undefined : value;
};

const notOurs = (detail: string): SallyportError =>
  new SallyportError(cliErrors.E_SERVER_ANSWER, detail);
