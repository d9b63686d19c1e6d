/** Bundles as the server tells them, in the two forms needed: for workloads and for verifying. */
import { parseTrustBundle, type TrustBundle } from '../../../engines/pki/index.ts';
import { isRefusal } from '../../../kernel/errors.ts';
import type { TrustDomain } from '../../../kernel/ids.ts';
import { isJsonObject, type JsonObject } from '../../../kernel/json-value.ts';
import type { DomainBundle } from '../../workload-api/index.ts';
import type { BundleNews } from '../types.ts';

export type KnownBundle = { readonly document: DomainBundle; readonly trust: TrustBundle };

const keysFor = (jwks: JsonObject, use: string): string => {
  const keys = Array.isArray(jwks['keys']) ? (jwks['keys'] as readonly unknown[]) : [];
  return JSON.stringify({ keys: keys.filter((key) => isJsonObject(key) && key['use'] === use) });
};

/** Undefined for a document that is no bundle. */
export const toKnownBundle = ({ trustDomain, jwks }: BundleNews): KnownBundle | undefined => {
  const trust = parseTrustBundle(trustDomain, JSON.stringify(jwks));
  if (isRefusal(trust)) return undefined;
  const document: DomainBundle = {
    trustDomain,
    x509Authorities: trust.x509Authorities.map(({ certificate }) => certificate.raw),
    jwks: Buffer.from(keysFor(jwks, 'jwt-svid')),
    witJwks: keysFor(jwks, 'wit-svid'),
  };
  return { document, trust };
};

/** Bundles by trust domain; unreadable ones are left out, which trusts nobody of that domain. */
export const toKnownBundles = (
  news: readonly BundleNews[],
): ReadonlyMap<TrustDomain, KnownBundle> =>
  new Map(
    news.flatMap((one) => {
      const known = toKnownBundle(one);
      return known === undefined ? [] : [[one.trustDomain, known] as const];
    }),
  );
