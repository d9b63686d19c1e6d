/** Addresses of SPIFFE endpoints (SPIFFE Workload Endpoint 2026-07-01, rules EP-07 to EP-09). */
import { kernelErrors, type Refusal, refuse } from '../../kernel/errors.ts';
import { parseIpAddress } from '../pki/index.ts';

export type EndpointAddress =
  | { readonly kind: 'unix'; readonly path: string }
  /** `host` is an IP address without brackets. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

const maxLength = 4096;
const maxPort = 65_535;

const bad = (what: string, rule: string): Refusal =>
  refuse(kernelErrors.E_MALFORMED, `endpoint: ${what} (${rule})`, { rule });

/** No query, fragment, escape or control character; what remains is taken as it stands. */
const isPlain = (text: string): boolean => {
  for (const letter of text)
    if (letter <= ' ' || letter === '\u007f' || '?#%\\'.includes(letter)) return false;
  return text.isWellFormed();
};

const parseUnix = (rest: string): EndpointAddress | Refusal => {
  // `unix:///path` has an empty authority, which is none.
  const path = rest.startsWith('//') ? rest.slice(2) : rest;
  if (!path.startsWith('/') || path.startsWith('//'))
    return bad('unix takes no authority and an absolute path', 'EP-08');
  if (!isPlain(path) || path.length < 2)
    return bad('unix takes a plain path and nothing else', 'EP-08');
  return { kind: 'unix', path };
};

const parsePort = (text: string): number | undefined => {
  const port = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : maxPort + 1;
  return port <= maxPort ? port : undefined;
};

/** The last 32 bits may be written as an IPv4 address (RFC 4291 section 2.2). */
const isIpv6 = (text: string): boolean => {
  const start = text.lastIndexOf(':') + 1;
  const tail = text.slice(start);
  if (!tail.includes('.')) return parseIpAddress(text)?.length === 16;
  const isTail = parseIpAddress(tail)?.length === 4;
  return isTail && parseIpAddress(`${text.slice(0, start)}0:0`)?.length === 16;
};

const parseTcp = (rest: string): EndpointAddress | Refusal => {
  if (!rest.startsWith('//') || !isPlain(rest))
    return bad('tcp takes an IP address and a port and nothing else', 'EP-09');
  const authority = rest.slice(2);
  const colon = authority.lastIndexOf(':');
  const port = parsePort(authority.slice(colon + 1));
  if (colon < 0 || port === undefined) return bad('tcp takes a port', 'EP-09');
  const name = authority.slice(0, colon);
  const isBracketed = name.startsWith('[') && name.endsWith(']');
  const host = isBracketed ? name.slice(1, -1) : name;
  const isAddress = isBracketed ? isIpv6(host) : parseIpAddress(host)?.length === 4;
  if (!isAddress) return bad('tcp takes an IP address and no name', 'EP-09');
  return { kind: 'tcp', host, port };
};

/** Parses the value of `SPIFFE_ENDPOINT_SOCKET`. The scheme is in lower case. Never throws. */
export const parseEndpointAddress = (uri: string): EndpointAddress | Refusal => {
  if (uri.length > maxLength) return bad('too long', 'EP-07');
  if (uri.startsWith('unix:')) return parseUnix(uri.slice('unix:'.length));
  if (uri.startsWith('tcp:')) return parseTcp(uri.slice('tcp:'.length));
  return bad('the scheme is neither unix nor tcp', 'EP-07');
};

/** The URI that `parseEndpointAddress` reads. */
export const formatEndpointAddress = (address: EndpointAddress): string => {
  if (address.kind === 'unix') return `unix://${address.path}`;
  const { host, port } = address;
  return `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`;
};
