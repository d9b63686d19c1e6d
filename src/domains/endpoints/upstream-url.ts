/**
 * Parses the base URL of an upstream once, at registration. The host must be written in its only
 * canonical form, so octal, dword, percent-encoded and mixed-script disguises never parse.
 */
import { isIP } from 'node:net';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { type AddressClass, classifyAddress } from './addresses.ts';
import { endpointErrors } from './errors.ts';

/** Where requests of one endpoint go; everything the dialler needs, nothing to parse later. */
export type Upstream = {
  /** `https://host:port`, the key of the connection pool. */
  readonly origin: string;
  readonly isSecure: boolean;
  /** Name or address without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Path before the protocol's own path; empty or starts with `/` and does not end with one. */
  readonly basePath: string;
  /** Class of a literal address (or of `localhost`); absent for names. */
  readonly literal?: AddressClass;
};

/** Which networks the operator allows; see `gateway.allowPrivateUpstreams`. */
export type EgressRules = { readonly allowPrivate: boolean };

const maxUrlLength = 2048;
const hostSet = /^[a-z0-9.-]{1,253}$/;
const pathSet = /^[A-Za-z0-9._~/-]*$/;

const bad = (detail: string): Refusal => refuse(endpointErrors.E_ENDPOINT_INVALID, detail);

/** Host and path of the text as written, so that the URL parser's mending can be noticed. */
const splitRaw = (text: string): { readonly authority: string; readonly path: string } => {
  const rest = text.slice(text.indexOf('://') + 3);
  const slash = rest.indexOf('/');
  return slash < 0
    ? { authority: rest, path: '' }
    : { authority: rest.slice(0, slash), path: rest.slice(slash) };
};

const hostOf = (authority: string): string => {
  if (authority.startsWith('[')) return authority.slice(0, authority.indexOf(']') + 1);
  const colon = authority.indexOf(':');
  return colon < 0 ? authority : authority.slice(0, colon);
};

const isPlainPath = (path: string): boolean =>
  pathSet.test(path) &&
  !path.includes('//') &&
  path.split('/').every((segment) => segment !== '.' && segment !== '..');

const parseHost = (
  url: URL,
  raw: string,
): { hostname: string; literal?: AddressClass } | Refusal => {
  if (raw !== url.hostname)
    return bad(`upstream host must be written as ${JSON.stringify(url.hostname)}`);
  const hostname = raw.startsWith('[') ? raw.slice(1, -1) : raw;
  if (isIP(hostname) !== 0) return { hostname, literal: classifyAddress(hostname) };
  if (!hostSet.test(hostname) || hostname.endsWith('.') || hostname.startsWith('.'))
    return bad('upstream host must be a plain lower-case name or an IP address');
  return hostname === 'localhost' ? { hostname, literal: 'loopback' } : { hostname };
};

const judgeLiteral = (
  literal: AddressClass | undefined,
  rules: EgressRules,
): Refusal | undefined => {
  if (literal === 'forbidden')
    return refuse(
      endpointErrors.E_EGRESS_FORBIDDEN,
      'link-local, metadata, multicast and reserved addresses are never upstreams',
    );
  if ((literal === 'private' || literal === 'loopback') && !rules.allowPrivate)
    return refuse(
      endpointErrors.E_EGRESS_FORBIDDEN,
      'private and loopback upstreams are switched off (gateway.allowPrivateUpstreams)',
    );
  return undefined;
};

/** Parses and judges an upstream base URL; refuses whatever is ambiguous or not allowed. */
export const parseUpstream = (text: string, rules: EgressRules): Upstream | Refusal => {
  if (text.length > maxUrlLength || !/^https?:\/\//.test(text))
    return bad('upstream must be an http:// or https:// URL of at most 2048 characters');
  const { authority, path } = splitRaw(text);
  const url = URL.parse(text);
  if (url === null) return bad('upstream is not a valid URL');
  if (authority.includes('@') || text.includes('?') || text.includes('#'))
    return bad('upstream URL may hold no user, query or fragment');
  if (!isPlainPath(path)) return bad('upstream path may hold only plain segments');
  const host = parseHost(url, hostOf(authority));
  if (isRefusal(host)) return host;
  const verdict = judgeLiteral(host.literal, rules);
  if (verdict !== undefined) return verdict;
  const isSecure = url.protocol === 'https:';
  return {
    ...host,
    origin: url.origin,
    isSecure,
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    basePath: path.replace(/\/$/, ''),
  };
};
