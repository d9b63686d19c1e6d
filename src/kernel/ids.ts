/**
 * Branded identifiers. A value of one of these types was parsed once and is never checked again.
 * Parsers return a `Refusal` for bad input; they never throw.
 */
import { kernelErrors, type Refusal, refuse } from './errors.ts';

declare const brand: unique symbol;
export type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** `spiffe://trust-domain/path`, grammar of SPIFFE-ID 2026-07-01. */
export type SpiffeId = Branded<string, 'SpiffeId'>;
/** Lower-case trust domain name, 1 to 255 of `a-z 0-9 . - _`. */
export type TrustDomain = Branded<string, 'TrustDomain'>;
/** `sha256:` and 64 lower-case hex digits. */
export type Digest = Branded<string, 'Digest'>;
/** Identity of a person, service or agent inside Sallyport; also its entity id in policies. */
export type PrincipalId = Branded<string, 'PrincipalId'>;
export type TenantId = Branded<string, 'TenantId'>;

const maxSpiffeIdBytes = 2048;
const maxTrustDomainBytes = 255;
const maxNameLength = 256;

const charset = (characters: string): Uint8Array => {
  const allowed = new Uint8Array(128);
  for (const character of characters) allowed[character.charCodeAt(0)] = 1;
  return allowed;
};
const lower = 'abcdefghijklmnopqrstuvwxyz';
const trustDomainSet = charset(`${lower}0123456789.-_`);
const segmentSet = charset(`${lower}${lower.toUpperCase()}0123456789.-_`);
const nameSet = charset(`${lower}${lower.toUpperCase()}0123456789.-_:/@+=`);

const consistsOf = (text: string, allowed: Uint8Array): boolean => {
  for (let i = 0; i < text.length; i++) if (allowed[text.charCodeAt(i)] !== 1) return false;
  return text.length > 0;
};

const malformed = (what: string): Refusal => refuse(kernelErrors.E_MALFORMED, what);

/** Parses a trust domain name such as `prod.example`; refuses upper case, ports and percent signs. */
export const parseTrustDomain = (text: string): TrustDomain | Refusal => {
  if (text.length > maxTrustDomainBytes) return malformed('trust domain is longer than 255 bytes');
  if (!consistsOf(text, trustDomainSet))
    return malformed('trust domain may hold only a-z, 0-9, dot, dash and underscore');
  return text as TrustDomain;
};

/** Parses a SPIFFE ID; an empty path (the trust domain's own id) is accepted. */
export const parseSpiffeId = (text: string): SpiffeId | Refusal => {
  if (text.length > maxSpiffeIdBytes) return malformed('SPIFFE ID is longer than 2048 bytes');
  if (!text.startsWith('spiffe://')) return malformed('SPIFFE ID must start with spiffe://');
  const rest = text.slice('spiffe://'.length);
  const slash = rest.indexOf('/');
  const domain = parseTrustDomain(slash < 0 ? rest : rest.slice(0, slash));
  if (typeof domain !== 'string') return domain;
  if (slash >= 0) {
    for (const segment of rest.slice(slash + 1).split('/')) {
      if (segment === '.' || segment === '..' || !consistsOf(segment, segmentSet))
        return malformed(`SPIFFE ID has a bad path segment ${JSON.stringify(segment)}`);
    }
  }
  return text as SpiffeId;
};

/** The trust domain part of a parsed SPIFFE ID. */
export const trustDomainOf = (id: SpiffeId): TrustDomain => {
  const rest = id.slice('spiffe://'.length);
  const slash = rest.indexOf('/');
  return (slash < 0 ? rest : rest.slice(0, slash)) as TrustDomain;
};

/** Parses `sha256:<64 lower-case hex digits>`. */
export const parseDigest = (text: string): Digest | Refusal => {
  const hex = text.startsWith('sha256:') ? text.slice('sha256:'.length) : '';
  if (hex.length !== 64 || !consistsOf(hex, charset('0123456789abcdef')))
    return malformed('digest must be sha256: and 64 lower-case hex digits');
  return text as Digest;
};

const parseName = (text: string, what: string): string | Refusal => {
  if (text.length > maxNameLength) return malformed(`${what} is longer than ${maxNameLength}`);
  if (!consistsOf(text, nameSet))
    return malformed(`${what} may hold only letters, digits and . - _ : / @ + =`);
  return text;
};

/** Parses a principal id: 1 to 256 letters, digits and `. - _ : / @ + =`. */
export const parsePrincipalId = (text: string): PrincipalId | Refusal => {
  const name = parseName(text, 'principal id');
  return typeof name === 'string' ? (name as PrincipalId) : name;
};

/** Parses a tenant id: same characters as a principal id. */
export const parseTenantId = (text: string): TenantId | Refusal => {
  const name = parseName(text, 'tenant id');
  return typeof name === 'string' ? (name as TenantId) : name;
};
