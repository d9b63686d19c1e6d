/**
 * The gateway: one handler for the data plane and the strict servers it runs on. Holds what lives
 * as long as the process: pools, connections, the sweep for deadlines, certificates of listeners.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerTls } from '../../domains/identity/index.ts';
import type { GatewayContext } from './context.ts';
import { createEventTemplates } from './event-templates.ts';
import { Exchange } from './exchange.ts';
import { createConnections } from './front/connections.ts';
import { Listeners } from './front/listeners.ts';
import { InFlight } from './in-flight.ts';
import { createGatewayMetrics } from './metrics.ts';
import { requestIds } from './request-ids.ts';
import { runExchange } from './run-exchange.ts';
import { startSweep } from './sweep.ts';
import { createTeams } from './teams.ts';
import type { Gateway, GatewayDeps } from './types.ts';
import { contextKeyName, contextKeySet, createContextHeaders } from './upstream/context-header.ts';
import { createUpstreamPools } from './upstream/pools.ts';

const defaultGraceMs = 10_000;

const createContext = async (deps: GatewayDeps, own: ServerTls): Promise<GatewayContext> => {
  const { clock, limits } = deps;
  await deps.keys.ensureSigningKey(contextKeyName, 'ed25519');
  const newId = requestIds(clock, deps.random);
  const inFlight = new InFlight<Exchange>();
  const connections = createConnections({
    clock,
    newId,
    limits: {
      maxConnectionsPerPeer: limits.maxConnectionsPerPeer,
      maxFailures: limits.maxAuthenticationFailures,
      failureWindowMs: limits.authenticationWindowMs,
    },
  });
  return {
    deps,
    connections,
    inFlight,
    draining: new Map(),
    newId,
    isClosing: false,
    pools: createUpstreamPools(deps, own.current),
    teams: createTeams(deps.access),
    eventTemplates: createEventTemplates(),
    contextHeaders: createContextHeaders({
      keys: deps.keys,
      clock,
      trustDomain: deps.identity.trustDomain,
    }),
    metrics: createGatewayMetrics(deps.metrics, {
      inFlight: () => inFlight.size,
      connections: connections.count,
    }),
  };
};

/**
 * Builds the gateway. Throws when the signing key of the context header cannot be had.
 *
 * @example
 * const gateway = await createGateway(deps);
 * const listener = await gateway.listen({ host: '127.0.0.1', port: 0, tls: 'off' });
 */
export const createGateway = async (deps: GatewayDeps): Promise<Gateway> => {
  // One identity serves our listeners and, as a client, the upstreams that must see it.
  const own = await deps.identity.serverTls();
  const context = await createContext(deps, own);
  const stopSweep = startSweep(context);
  const handle = (request: IncomingMessage, response: ServerResponse): void =>
    runExchange(new Exchange(context, { request, response }));
  const listeners = new Listeners({ context, handle, own });
  return {
    handle,
    createServer: async (options) => listeners.create(options),
    listen: (listener) => listeners.listen(listener),
    contextKeys: () => contextKeySet(deps.keys),
    inFlight: () => context.inFlight.size,
    close: async (graceMs = defaultGraceMs) => {
      context.isClosing = true;
      await listeners.close(graceMs);
      stopSweep();
      own.close();
      await context.pools.close();
    },
  };
};
