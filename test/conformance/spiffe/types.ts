/** What a conformance check is and what it may look at. */
import type { GrpcClient } from './client/grpc.ts';

/** Switches that only an implementation under test control has; checks that need one are skipped. */
export type Control = {
  /** New SVIDs for the same identities. */
  readonly rotate: () => void | Promise<void>;
  /** Runs while the caller has no identity. */
  readonly whileDenied: (during: () => Promise<void>) => Promise<void>;
  /** Runs while the implementation is starting. */
  readonly whileStarting: (during: () => Promise<void>) => Promise<void>;
};

export type BrokerTarget = {
  /** Without a client certificate, with one that is not allowed, with one that is. */
  readonly connect: (
    as: 'nobody' | 'stranger' | 'broker',
    metadata?: object,
  ) => Promise<GrpcClient>;
  /** The workload that exists. */
  readonly pid: number;
  /** Runs while the workload has no identity, where that can be arranged. */
  readonly whileGone?: (during: () => Promise<void>) => Promise<void>;
  /** SPIFFE IDs in the certificate the server showed. */
  readonly serverIds: () => Promise<readonly string[]>;
};

/** Where a federation endpoint answers; filled by whoever serves one. */
export type FederationTarget = {
  readonly url: string;
  readonly trustDomain: string;
  /** PEM of what the endpoint's certificate chains to. */
  readonly authorities: string;
};

export type Target = {
  readonly endpoint: string;
  readonly trustDomain?: string;
  /** A connection that sends the given metadata; the security header when absent. */
  readonly connect: (metadata?: Readonly<Record<string, string>>) => GrpcClient;
  readonly control?: Control;
  readonly broker?: BrokerTarget;
  readonly federation?: FederationTarget;
};

/** `library` checks judge Sallyport's own validators and need no target. */
export type Need = 'socket' | 'control' | 'broker' | 'federation' | 'library';

export type Check = {
  /** E.g. `WL-07`. */
  readonly rule: string;
  /** The promise, as a sentence without subject: "answers …", "refuses …". */
  readonly title: string;
  readonly needs: Need;
  /** Throws when the rule is broken. */
  readonly run: (target: Target) => void | Promise<void>;
};
