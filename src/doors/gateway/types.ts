/** What the gateway is made of: its neighbours, its limits, and what it offers to the composition. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Clock, Random } from '../../kernel/effects.ts';
import type { Refusal } from '../../kernel/errors.ts';
import type { Access } from '../../domains/access/index.ts';
import type { EgressRules, Endpoints, ResolveAll } from '../../domains/endpoints/index.ts';
import type { Identity, ServerTls } from '../../domains/identity/index.ts';
import type { Ledger } from '../../domains/ledger/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { Metrics } from '../../platform/metrics/index.ts';
import type { Budgets } from '../../domains/budgets/index.ts';
import type { KeyStore } from '../../platform/keys/index.ts';
import type { ClientCertificates, StrictServerLimits } from './front/strict-server.ts';
import type { Inspection } from './inspection.ts';
import type { ContextKeySet } from './upstream/context-header.ts';

/** Bounds of the data plane. Times in milliseconds, sizes in bytes. */
export type GatewayLimits = StrictServerLimits & {
  readonly maxBodyBytes: number;
  /** Of a buffered answer; of one event in a stream it is a sixteenth. */
  readonly maxAnswerBytes: number;
  readonly maxConcurrentRequests: number;
  readonly maxConnectionsPerPeer: number;
  readonly maxAuthenticationFailures: number;
  readonly authenticationWindowMs: number;
  /** Longest silence of an upstream; caps the timeouts of every endpoint. */
  readonly upstreamTimeoutMs: number;
  /** A reader that takes nothing for so long is cut off; whole answers get so long per megabyte. */
  readonly writeTimeoutMs: number;
};

export type GatewayDeps = {
  readonly identity: Pick<
    Identity,
    'authenticateBearer' | 'authenticateCertificate' | 'revision' | 'serverTls' | 'trustDomain'
  >;
  readonly access: Pick<Access, 'decide' | 'getEntity' | 'revision'>;
  readonly endpoints: Pick<Endpoints, 'find' | 'list' | 'credential' | 'onChange'>;
  readonly budgets: Pick<Budgets, 'reserve'>;
  readonly ledger: Pick<Ledger, 'append' | 'record' | 'state'>;
  readonly keys: Pick<KeyStore, 'ensureSigningKey' | 'sign' | 'publicKey'>;
  readonly egress: EgressRules;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly limits: GatewayLimits;
  /** The system's resolver when absent. */
  readonly resolveAll?: ResolveAll;
  /** Content inspection; absent: everything passes. */
  readonly inspection?: Inspection;
};

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

export type GatewayServerOptions = {
  /** Absent: plain HTTP. */
  readonly tls?: {
    readonly clientCertificates: ClientCertificates;
    /** Our own SVID from the identity room when absent. */
    readonly certificate?: Pick<ServerTls, 'current' | 'onRenewed'>;
  };
  /** Answers requests that are not the gateway's own, after the same framing checks. */
  readonly fallback?: RequestListener;
};

/** As in the configuration. */
export type GatewayListener = {
  readonly host: string;
  readonly port: number;
  readonly tls: 'off' | 'optional' | 'required';
};

export type RunningListener = {
  readonly host: string;
  readonly port: number;
  readonly close: () => Promise<void>;
};

export type Gateway = {
  /** Serves one request of the data plane. Never throws; the answer is always completed. */
  readonly handle: RequestListener;
  /** A strict server that is not yet listening; renews its certificate by itself. */
  readonly createServer: (options: GatewayServerOptions) => Promise<Server | HttpsServer>;
  /** Creates a server and listens. */
  readonly listen: (listener: GatewayListener) => Promise<RunningListener>;
  /** JWK set with which upstreams check the context header; for publication by the API. */
  readonly contextKeys: () => Promise<ContextKeySet>;
  /** Requests in flight. */
  readonly inFlight: () => number;
  /** Refuses new requests, waits for those in flight up to `graceMs`, then cuts them off. */
  readonly close: (graceMs?: number) => Promise<void>;
};

/** What a step answers: nothing to go on, a refusal to stop; now or later. */
export type StepResult = Refusal | undefined | Promise<Refusal | undefined>;
