/**
 * What an upstream is told. Built from nothing: no header of the caller is copied, so none can
 * impersonate (x-forwarded-*, x-user-*, cookies) and none can be named hop-by-hop.
 */
import type { Exchange } from '../exchange.ts';
import type { UpstreamPool } from './pools.ts';
import { contextHeaderName } from './context-header.ts';

/** Names and values alternating, as undici takes them. */
export const requestHeaders = (
  exchange: Exchange,
  { endpoint, credential }: UpstreamPool,
): string[] => {
  const headers = [
    'content-type',
    'application/json',
    'accept',
    exchange.facts?.isStream === true ? 'text/event-stream' : 'application/json',
    'x-request-id',
    exchange.id,
    contextHeaderName,
    exchange.contextHeader,
  ];
  if (credential !== undefined) headers.push(endpoint.credentialHeader, credential);
  return headers;
};
