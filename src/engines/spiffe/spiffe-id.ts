/** SPIFFE IDs beyond parsing: made from parts, taken apart, compared (SPIFFE-ID 2026-07-01). */
import { kernelErrors, type Refusal, refuse } from '../../kernel/errors.ts';
import { parseSpiffeId, type SpiffeId, type TrustDomain, trustDomainOf } from '../../kernel/ids.ts';

const scheme = 'spiffe://';

/** The path of an ID with its leading slash; empty for the ID of a trust domain itself. */
export const pathOf = (id: SpiffeId): string => {
  const slash = id.indexOf('/', scheme.length);
  return slash < 0 ? '' : id.slice(slash);
};

/**
 * The ID of a workload from its trust domain and the segments of its path, each judged by the
 * grammar: a segment can neither be empty nor hold a slash (ID-09, ID-11). Refuses IDs above 2,048
 * bytes (ID-12).
 */
export const spiffeIdOf = (
  trustDomain: TrustDomain,
  ...segments: readonly string[]
): SpiffeId | Refusal => {
  const bad = segments.find((segment) => segment.includes('/'));
  if (bad !== undefined)
    return refuse(kernelErrors.E_MALFORMED, 'a segment of a SPIFFE ID holds no slash');
  return parseSpiffeId([`${scheme}${trustDomain}`, ...segments].join('/'));
};

/** True when the ID belongs to the trust domain (and is that of a workload or the domain's own). */
export const isMemberOf = (id: SpiffeId, trustDomain: TrustDomain): boolean =>
  trustDomainOf(id) === trustDomain;

/**
 * True when `id` is `ancestor` or lies below it in the path, segment by segment: `/a` covers `/a/b`
 * and not `/ab`. Case matters (ID-16).
 */
export const isWithin = (id: SpiffeId, ancestor: SpiffeId): boolean =>
  id === ancestor || id.startsWith(`${ancestor}/`);
