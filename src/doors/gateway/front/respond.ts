/**
 * Writes answers. Response headers are built from nothing as well: an upstream sets the content
 * type and a few harmless facts, never cookies, redirects or framing.
 */
import type { Refusal } from '../../../kernel/errors.ts';
import { problemContentType, toProblem } from '../../../kernel/problem.ts';
import { gatewayErrors } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import type { GatewayProtocol } from '../route.ts';

export const requestIdHeader = 'x-sallyport-request-id';

/** Headers every answer carries. */
export const baseHeaders = (exchange: Exchange, contentType: string): string[] => [
  'content-type',
  contentType,
  requestIdHeader,
  exchange.id,
  'x-request-id',
  exchange.id,
  'cache-control',
  'no-store',
  'x-content-type-options',
  'nosniff',
];

/** Sends a whole answer. Does nothing when the caller is gone or an answer has begun. */
export const sendWhole = (
  exchange: Exchange,
  status: number,
  { headers, body }: { readonly headers: string[]; readonly body: string },
): void => {
  const { response } = exchange;
  if (response.headersSent || response.destroyed) return;
  const length = Buffer.byteLength(body);
  headers.push('content-length', String(length));
  exchange.status = status;
  exchange.responseBytes = length;
  response.writeHead(status, headers);
  if (exchange.head?.method === 'HEAD') response.end();
  else response.end(body);
  if (length > smallAnswerBytes) watchDrain(exchange, length);
};

/** What fits the socket's buffers is gone at once, whoever reads. */
const smallAnswerBytes = 64 * 1024;
const megabyte = 1024 * 1024;

/** A reader that takes its time holds memory of ours: it gets a fair share of time and no more. */
const watchDrain = ({ gateway, response }: Exchange, length: number): void => {
  const { clock, limits } = gateway.deps;
  const allowedMs = limits.writeTimeoutMs * Math.ceil(length / megabyte);
  gateway.draining.set(response, clock.monotonicMs() + allowedMs);
  response.once('close', () => gateway.draining.delete(response));
};

export const sendJson = (exchange: Exchange, value: unknown): void =>
  sendWhole(exchange, 200, {
    headers: baseHeaders(exchange, 'application/json'),
    body: JSON.stringify(value),
  });

const openAiType = (status: number): string => {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
};

const messageOf = ({ error, detail }: Refusal): string => `${error.title}: ${detail}`;

const paramOf = ({ data }: Refusal): string | null =>
  typeof data['param'] === 'string' ? data['param'] : null;

/** The error object of the OpenAI API with our code; also the data of an error event in a stream. */
export const openAiError = (refusal: Refusal): object => ({
  error: {
    message: messageOf(refusal),
    type: openAiType(refusal.error.status),
    param: paramOf(refusal),
    code: refusal.error.code,
  },
});

const errorBody = (refusal: Refusal, protocol: GatewayProtocol | undefined, id: string): object => {
  if (protocol === 'openai') return openAiError(refusal);
  if (protocol === 'v2') return { error: messageOf(refusal), code: refusal.error.code };
  return toProblem(refusal, id);
};

/** `WWW-Authenticate` of RFC 6750 section 3 and RFC 9470 section 3. */
const challengeOf = (refusal: Refusal): string => {
  const { error, data } = refusal;
  if (error === gatewayErrors.E_CREDENTIAL_MISSING) return 'Bearer realm="sallyport"';
  if (error !== gatewayErrors.E_STEP_UP_REQUIRED)
    return 'Bearer realm="sallyport", error="invalid_token"';
  const wanted = data['acrValues'];
  const level = typeof wanted === 'string' ? wanted.replaceAll(/[^A-Za-z0-9._:-]/g, '') : '';
  return `Bearer realm="sallyport", error="insufficient_user_authentication", acr_values="${level}"`;
};

const retryAfter = ({ data }: Refusal): string | undefined => {
  const seconds = data['retryAfterSeconds'];
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return undefined;
  return String(Math.max(1, Math.min(86_400, Math.ceil(seconds))));
};

const refusalHeaders = (exchange: Exchange, refusal: Refusal, closes: boolean): string[] => {
  const protocol = exchange.match?.route.protocol;
  const headers = baseHeaders(
    exchange,
    protocol === undefined ? problemContentType : 'application/json',
  );
  if (refusal.error.status === 401) headers.push('www-authenticate', challengeOf(refusal));
  const wait = retryAfter(refusal);
  if (wait !== undefined) headers.push('retry-after', wait);
  if (refusal.error === gatewayErrors.E_HTTP_METHOD)
    headers.push('allow', exchange.match?.route.methods ?? '');
  if (closes) headers.push('connection', 'close');
  return headers;
};

/** Errors after which the byte stream cannot be trusted any more. */
const endsConnection = ({ error }: Refusal): boolean =>
  error === gatewayErrors.E_HTTP_FRAMING ||
  error === gatewayErrors.E_HTTP_HEADERS_TOO_LARGE ||
  error === gatewayErrors.E_TOO_MANY_FAILURES ||
  error === gatewayErrors.E_GATEWAY_BUSY;

const maxDiscardedBytes = 1024 * 1024;

/** True when bytes of the request body are still to come and nobody reads them. */
const hasUnreadBody = ({ request, head }: Exchange): boolean =>
  !request.complete && (head === undefined || head.contentLength > 0 || head.isChunked);

/** Answers with the error shape of the route's protocol. */
export const sendRefusal = (exchange: Exchange, refusal: Refusal): void => {
  const { response, request } = exchange;
  if (response.headersSent || response.destroyed) return;
  const isUnread = hasUnreadBody(exchange);
  const closes = endsConnection(refusal) || isUnread;
  const headers = refusalHeaders(exchange, refusal, closes);
  const protocol = exchange.match?.route.protocol;
  const body = JSON.stringify(errorBody(refusal, protocol, exchange.id));
  if (!isUnread || endsConnection(refusal)) {
    sendWhole(exchange, refusal.error.status, { headers, body });
    return;
  }
  // The answer goes out at once, but the connection ends only when the caller has stopped sending
  // (or sent too much): a reset in mid-upload would take the answer with it.
  headers.push('content-length', String(Buffer.byteLength(body)));
  exchange.status = refusal.error.status;
  exchange.responseBytes = Buffer.byteLength(body);
  response.writeHead(refusal.error.status, headers);
  response.write(body);
  let discarded = 0;
  const finish = (): void => void response.end();
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > maxDiscardedBytes) finish();
  });
  request.once('end', finish).once('close', finish);
  request.resume();
};
