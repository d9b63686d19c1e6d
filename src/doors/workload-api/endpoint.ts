/** Addresses of SPIFFE endpoints: `unix:/absolute/path` and `tcp:ip:port` (rules EP-07 to EP-09). */
import { isIP } from 'node:net';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { workloadErrors } from './errors.ts';

export type Endpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

const maxUriLength = 4096;

const bad = (what: string): Refusal => refuse(workloadErrors.E_WORKLOAD_ENDPOINT, what);

/** After `scheme:`, an authority is `//` and what follows up to the next slash. */
const parseUnix = (rest: string): Endpoint | Refusal => {
  const path = rest.startsWith('//') ? rest.slice(2) : rest;
  if (!path.startsWith('/') || path.startsWith('//'))
    return bad('unix: takes no authority and an absolute path (EP-08)');
  for (const mark of ['?', '#', '%', '\0'])
    if (path.includes(mark)) return bad('unix: takes a plain path and nothing else (EP-08)');
  return path.length > 1 ? { kind: 'unix', path } : bad('unix: has no path (EP-08)');
};

const parsePort = (text: string): number | undefined => {
  if (text.length === 0 || text.length > 5 || !/^[0-9]+$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : undefined;
};

const parseTcp = (rest: string): Endpoint | Refusal => {
  const authority = rest.startsWith('//') ? rest.slice(2) : rest;
  const colon = authority.lastIndexOf(':');
  const port = colon < 0 ? undefined : parsePort(authority.slice(colon + 1));
  if (port === undefined) return bad('tcp: takes an IP address, a port and nothing else (EP-09)');
  const name = authority.slice(0, colon);
  const isBracketed = name.startsWith('[') && name.endsWith(']');
  const host = isBracketed ? name.slice(1, -1) : name;
  if (isIP(host) !== (isBracketed ? 6 : 4)) return bad('tcp: takes an IP address, no name (EP-09)');
  return { kind: 'tcp', host, port };
};

/** Parses the value of `SPIFFE_ENDPOINT_SOCKET`. Never throws. */
export const parseEndpoint = (uri: string): Endpoint | Refusal => {
  if (uri.length > maxUriLength) return bad('the address is too long');
  if (uri.startsWith('unix:')) return parseUnix(uri.slice('unix:'.length));
  if (uri.startsWith('tcp:')) return parseTcp(uri.slice('tcp:'.length));
  return bad('the scheme is neither unix nor tcp (EP-07)');
};
