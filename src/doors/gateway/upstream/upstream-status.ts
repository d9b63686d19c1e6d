/** Which error statuses of an upstream reach the caller, and as what. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { gatewayErrors } from '../errors.ts';

/** Statuses about the caller's request: the upstream's own words are passed on. */
const callersFault = new Set([400, 404, 409, 413, 415, 422]);
const maxWaitSeconds = 3600;

const waitOf = (headers: IncomingHttpHeaders): Readonly<Record<string, number>> => {
  const seconds = Number(headers['retry-after'] ?? '');
  return Number.isInteger(seconds) && seconds > 0
    ? { retryAfterSeconds: Math.min(seconds, maxWaitSeconds) }
    : {};
};

/** Undefined: pass the upstream's own answer on. */
export const refusedUpstream = (
  status: number,
  headers: IncomingHttpHeaders,
): Refusal | undefined => {
  if (callersFault.has(status)) return undefined;
  const data = { upstreamStatus: status, ...waitOf(headers) };
  // A 401 or 403 is about our credential: telling the caller to log in would send it astray.
  if (status === 401 || status === 403 || status === 407)
    return refuse(gatewayErrors.E_UPSTREAM_REFUSED, `the upstream answered ${status}`, data);
  if (status === 429 || status === 503)
    return refuse(gatewayErrors.E_UPSTREAM_UNAVAILABLE, `the upstream answered ${status}`, data);
  if (status === 408 || status === 504)
    return refuse(gatewayErrors.E_UPSTREAM_TIMEOUT, `the upstream answered ${status}`, data);
  return refuse(gatewayErrors.E_UPSTREAM_BROKEN, `the upstream answered ${status}`, data);
};
