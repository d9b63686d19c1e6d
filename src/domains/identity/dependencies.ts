/** What the identity room needs from others, as narrow interfaces, and its settings. */
import type { Clock, Random } from '../../kernel/effects.ts';
import type { TenantId, TrustDomain } from '../../kernel/ids.ts';
import type { KeyStore } from '../../platform/keys/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { Storage } from '../../platform/storage/index.ts';
import type { Access } from '../access/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { NodeAttestors } from './agents/attestor.ts';
import type { RateBounds } from './agents/rate-limit.ts';
import type { BundleClient } from './federation/types.ts';

/** The part of the key store that is used. */
export type IdentityKeys = Pick<
  KeyStore,
  'ensureSigningKey' | 'publicKey' | 'sign' | 'exportSigningKey'
>;

export type IdentityConfig = {
  readonly trustDomain: TrustDomain;
  readonly tenant: TenantId;
  /** Where `enrolment-code` is left. */
  readonly dataDir: string;
  /** Further audiences of this server beside `spiffe://<trust domain>/sallyport`. */
  readonly audiences?: readonly string[];
  /** Names of our own listeners unless they say otherwise; localhost and loopback when absent. */
  readonly serverNames?: {
    readonly dnsNames?: readonly string[];
    readonly ipAddresses?: readonly string[];
  };
  /** How often changes of other replicas are read; 500 when absent, 0 for never (tests). */
  readonly pollIntervalMs?: number;
  /** Oldest knowledge of revocations that still counts; 30,000 when absent and at most. */
  readonly leaseMs?: number;
  /** Verified credentials kept; 16,384 when absent. */
  readonly cacheEntries?: number;
  /** SVIDs that one agent may ask for; 2,000 a second and 10,000 at once when absent. */
  readonly issueLimit?: RateBounds;
};

export type IdentityDependencies = {
  readonly storage: Storage;
  readonly keys: IdentityKeys;
  readonly access: Pick<Access, 'putEntity' | 'getEntity' | 'removeEntity' | 'isIn'>;
  readonly ledger: Pick<Ledger, 'append' | 'record'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly config: IdentityConfig;
  /** Kinds of nodes that can attest, beside join tokens. */
  readonly attestors?: NodeAttestors;
  /** The way to bundle endpoints of other trust domains; absent: bundles by hand only. */
  readonly bundles?: BundleClient;
  /** Given when a person sits at a terminal: the enrolment code is shown there, not in a file. */
  readonly terminal?: (text: string) => void;
};
