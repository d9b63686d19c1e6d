/**
 * The bundles a verifier trusts, each under the trust domain it was obtained for (BU-10); bundles
 * of different trust domains are never merged (FE-02). Reads and writes bundle maps (BU-08).
 */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { parseTrustDomain } from '../../kernel/ids.ts';
import { isJsonObject, type JsonValue } from '../../kernel/json-value.ts';
import { parseJson } from '../../kernel/strict-json.ts';
import {
  type BundleDocument,
  formatTrustBundle,
  pkiErrors,
  readTrustBundle,
  type TrustBundle,
} from '../pki/index.ts';

/** Bundles by the name of their trust domain. */
export type BundleSet = ReadonlyMap<string, TrustBundle>;

export type BundleMapDocument = {
  readonly trust_domains: Readonly<Record<string, BundleDocument>>;
};

const maxDomains = 10_000;
const limits = { maxBytes: 64 << 20, maxDepth: 16, maxKeys: maxDomains, maxValues: 1_000_000 };

const malformed = (what: string): Refusal =>
  refuse(pkiErrors.E_PKI_MALFORMED, `bundle map: ${what}`);

/** Puts bundles side by side; E_PKI_REQUEST when two are of the same trust domain. */
export const createBundleSet = (bundles: readonly TrustBundle[]): BundleSet | Refusal => {
  const set = new Map<string, TrustBundle>();
  for (const bundle of bundles) {
    if (set.has(bundle.trustDomain))
      return refuse(pkiErrors.E_PKI_REQUEST, `two bundles of ${bundle.trustDomain}`);
    set.set(bundle.trustDomain, bundle);
  }
  return set;
};

/** Only the map as a whole is polled: hints inside its bundles do not count (BU-09). */
const readEntry = (name: string, value: JsonValue): TrustBundle | Refusal => {
  const trustDomain = parseTrustDomain(name);
  if (isRefusal(trustDomain)) return malformed(trustDomain.detail);
  const bundle = readTrustBundle(trustDomain, value);
  if (isRefusal(bundle)) return malformed(`${trustDomain}: ${bundle.detail}`);
  const { refreshHintSeconds: _, ...rest } = bundle;
  return rest;
};

/**
 * Parses `{"trust_domains": {name: bundle}}`, at most 64 MiB and 10,000 names. A name that appears
 * twice or breaks the grammar, or a value that is no bundle, refuses the whole map (BU-08). Never
 * throws.
 */
export const parseBundleMap = (document: Uint8Array | string): BundleSet | Refusal => {
  const value = parseJson(document, limits);
  if (isRefusal(value)) return malformed(value.detail);
  const domains = isJsonObject(value) ? value['trust_domains'] : undefined;
  if (!isJsonObject(domains)) return malformed('no trust_domains');
  const set = new Map<string, TrustBundle>();
  for (const [name, entry] of Object.entries(domains)) {
    const bundle = readEntry(name, entry);
    if (isRefusal(bundle)) return bundle;
    set.set(name, bundle);
  }
  return set;
};

/** The document that `parseBundleMap` reads. */
export const formatBundleMap = (bundles: BundleSet): BundleMapDocument => ({
  trust_domains: Object.fromEntries(
    [...bundles.values()].map((bundle) => [bundle.trustDomain, formatTrustBundle(bundle)]),
  ),
});
