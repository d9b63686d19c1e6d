/** States as protobuf messages; the Workload API and the Broker API share these shapes. */
import type { DomainBundle, WorkloadState, X509Identity } from './types.ts';

const maxHintBytes = 1024;

/** The key of a bundle in maps: the trust domain's SPIFFE ID. */
export const bundleKey = ({ trustDomain }: DomainBundle): string => `spiffe://${trustDomain}`;

const concatenated = (certificates: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat(certificates));

/** Keeps hints unique and short (WL-08); a hint that is neither is left out, not the identity. */
export const withUsableHints = <T extends { readonly hint: string }>(
  items: readonly T[],
): readonly T[] => {
  const seen = new Set<string>();
  return items.map((item) => {
    const isUsable = !seen.has(item.hint) && Buffer.byteLength(item.hint) <= maxHintBytes;
    if (item.hint === '' || isUsable) {
      seen.add(item.hint);
      return item;
    }
    return { ...item, hint: '' };
  });
};

const x509SvidOf = (identity: X509Identity, bundle: Uint8Array<ArrayBuffer>) => ({
  spiffeId: identity.spiffeId,
  x509Svid: concatenated(identity.chain),
  x509SvidKey: new Uint8Array(identity.privateKey.reveal()),
  bundle,
  hint: identity.hint,
});

/** Fields of X509SVIDResponse: identities in their order, the default one first (WL-21). */
export const x509SvidFields = (state: WorkloadState) => {
  const bundle = concatenated(state.bundle.x509Authorities);
  return {
    svids: withUsableHints(state.identities).map((identity) => x509SvidOf(identity, bundle)),
    crl: state.crls.map((crl) => new Uint8Array(crl)),
    federatedBundles: Object.fromEntries(
      state.federated.map((one) => [bundleKey(one), concatenated(one.x509Authorities)]),
    ),
  };
};

/** The own bundle and those of federated domains, each once; the own one wins. */
export const allBundles = ({ bundle, federated }: WorkloadState): readonly DomainBundle[] => [
  bundle,
  ...federated.filter(({ trustDomain }) => trustDomain !== bundle.trustDomain),
];

const mapped = <T>(state: WorkloadState, pick: (bundle: DomainBundle) => T): Record<string, T> =>
  Object.fromEntries(allBundles(state).map((bundle) => [bundleKey(bundle), pick(bundle)]));

/** Fields of X509BundlesResponse. */
export const x509BundleFields = (state: WorkloadState) => ({
  crl: state.crls.map((crl) => new Uint8Array(crl)),
  bundles: mapped(state, ({ x509Authorities }) => concatenated(x509Authorities)),
});

/** Fields of JWTBundlesResponse: JWK sets as bytes. */
export const jwtBundleFields = (state: WorkloadState) => ({
  bundles: mapped(state, ({ jwks }) => new Uint8Array(jwks)),
});

/** Fields of WITBundlesResponse: JWK sets as text. */
export const witBundleFields = (state: WorkloadState) => ({
  bundles: mapped(state, ({ witJwks }) => witJwks),
});
