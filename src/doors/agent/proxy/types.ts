/** The words of the proxy. Types only. */
import type { Clock } from '../../../kernel/effects.ts';
import type { Refusal } from '../../../kernel/errors.ts';
import type { SpiffeId } from '../../../kernel/ids.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { Metrics } from '../../../platform/metrics/index.ts';
import type { SvidState } from '../client/svid-state.ts';

export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export type Direction = 'in' | 'out';

/** The question to policy: asked for every connection, and again whenever something was revoked. */
export type Authorize = (ask: {
  readonly peer: SpiffeId;
  readonly own: SpiffeId;
  readonly direction: Direction;
}) => Refusal | undefined | Promise<Refusal | undefined>;

export type ProxyLimits = {
  readonly maxConnections: number;
  /** Until peer and target are connected and judged. */
  readonly handshakeMs: number;
  /** Without a byte in either direction. */
  readonly idleMs: number;
};

export type ProxyOptions = {
  readonly direction: Direction;
  readonly listen: Address;
  readonly target: Address;
  readonly authorize: Authorize;
  /** Refuses peers that do not speak X25519MLKEM768. */
  readonly requirePq: boolean;
  /** Newest identities, bundles and revocations; undefined while there are none. */
  readonly state: () => SvidState | undefined;
  /** True when nobody may be judged: knowledge is older than the lease. */
  readonly isStale: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly limits?: Partial<ProxyLimits>;
};

export type Proxy = {
  readonly address: Address;
  readonly connections: () => number;
  /** Judges every open connection again; those that do not hold are cut before it resolves. */
  readonly recheck: () => Promise<void>;
  readonly close: () => Promise<void>;
};
