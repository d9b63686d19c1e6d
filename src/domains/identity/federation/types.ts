/** The words of federation: other trust domains and where their bundles come from. */
import type { Refusal } from '../../../kernel/errors.ts';
import type { SpiffeId, TrustDomain } from '../../../kernel/ids.ts';
import type { Actor } from '../types.ts';

/** How the bundle endpoint proves itself, or that the bundle is given by hand. */
export type FederationSource =
  | { readonly profile: 'https_web'; readonly url: string }
  | {
      readonly profile: 'https_spiffe';
      readonly url: string;
      /** Exactly whose X509-SVID the endpoint must show. */
      readonly endpointSpiffeId: SpiffeId;
    }
  | { readonly profile: 'static' };

export type NewFederation = {
  readonly trustDomain: TrustDomain;
  readonly source: FederationSource;
  /** SPIFFE bundle document; needed for `static` and to bootstrap a self-serving endpoint. */
  readonly bundle?: string;
};

export type FederatedDomain = {
  readonly trustDomain: TrustDomain;
  readonly source: FederationSource;
  readonly sequence?: number;
  readonly refreshHintSeconds?: number;
  /** When the bundle was last read, and last asked for. */
  readonly fetchedAtMs?: number;
  readonly triedAtMs?: number;
  /** Why the last attempt failed. */
  readonly failure?: string;
};

export type Federation = {
  /** Creates or replaces. An endpoint is asked at once; that it fails is not a refusal. */
  readonly set: (actor: Actor, wish: NewFederation) => Promise<FederatedDomain | Refusal>;
  readonly remove: (actor: Actor, trustDomain: TrustDomain) => Promise<FederatedDomain | Refusal>;
  readonly list: () => readonly FederatedDomain[];
  /** Asks the endpoint now. */
  readonly refresh: (trustDomain: TrustDomain) => Promise<FederatedDomain | Refusal>;
};

/** One request for a bundle, bounded in bytes and time by whoever carries it out. */
export type BundleRequest = {
  readonly trustDomain: TrustDomain;
  readonly source: Exclude<FederationSource, { readonly profile: 'static' }>;
  /** For `https_spiffe`: judges the chain that the endpoint presents (DER, leaf first). */
  readonly check?: (chain: readonly Uint8Array[]) => Refusal | undefined;
};

/** GETs the document; a refusal says why not. */
export type FetchBundle = (request: BundleRequest) => Promise<Uint8Array | Refusal>;

/** The way to bundle endpoints, with the rules of egress. */
export type BundleClient = {
  /** Why an address may not be asked. */
  readonly check: (url: string) => Refusal | undefined;
  readonly fetch: FetchBundle;
};
