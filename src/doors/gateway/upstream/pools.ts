/** One connection pool per endpoint version. A changed endpoint gets a new pool; the old drains. */
import { Pool } from 'undici';
import {
  allowedClasses,
  type Endpoint,
  pinnedLookup,
  systemResolveAll,
} from '../../../domains/endpoints/index.ts';
import type { TlsMaterial } from '../../../domains/identity/index.ts';
import type { GatewayDeps } from '../types.ts';
import { createConnector } from './connector.ts';

export type UpstreamPool = {
  readonly pool: Pool;
  readonly endpoint: Endpoint;
  /** Value of the credential header; undefined when the upstream wants none. */
  readonly credential: string | undefined;
  inFlight: number;
};

export type UpstreamPools = {
  readonly of: (endpoint: Endpoint) => UpstreamPool;
  readonly close: () => Promise<void>;
};

const idleMs = 4_000;
const maxAnswerHeadBytes = 32 * 1024;

export const createUpstreamPools = (
  deps: GatewayDeps,
  ownIdentity: () => TlsMaterial | undefined,
): UpstreamPools => {
  const pools = new Map<string, UpstreamPool>();
  const drain = (entry: UpstreamPool): void => {
    entry.pool.close().catch(() => undefined);
  };
  const make = (endpoint: Endpoint): UpstreamPool => {
    const allowed = allowedClasses(endpoint.upstream, endpoint.network === 'private', deps.egress);
    const secret = deps.endpoints.credential(endpoint)?.reveal();
    const pool = new Pool(endpoint.upstream.origin, {
      connections: endpoint.limits.maxConcurrent,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: idleMs,
      maxHeaderSize: maxAnswerHeadBytes,
      // Silence is seen by the sweep (exchange.upstreamDueMs), without a timer for every request.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: createConnector({
        endpoint,
        lookup: pinnedLookup(allowed, deps.resolveAll ?? systemResolveAll),
        ownIdentity,
        identity: deps.identity,
      }),
    });
    const isBearer = endpoint.credentialHeader === 'authorization';
    const credential = secret !== undefined && isBearer ? `Bearer ${secret}` : secret;
    return { pool, endpoint, credential, inFlight: 0 };
  };
  const keyOf = ({ tenant, name }: Endpoint): string => `${tenant}/${name}`;
  const stop = deps.endpoints.onChange(() => {
    for (const [key, entry] of pools) {
      const { tenant, name } = entry.endpoint;
      if (deps.endpoints.find(tenant, name) === entry.endpoint) continue;
      pools.delete(key);
      drain(entry);
    }
  });
  return {
    of: (endpoint) => {
      const key = keyOf(endpoint);
      const entry = pools.get(key);
      if (entry?.endpoint === endpoint) return entry;
      if (entry !== undefined) drain(entry);
      const made = make(endpoint);
      pools.set(key, made);
      return made;
    },
    close: async () => {
      stop();
      const entries = [...pools.values()];
      pools.clear();
      await Promise.all(entries.map(({ pool }) => pool.destroy()));
    },
  };
};
