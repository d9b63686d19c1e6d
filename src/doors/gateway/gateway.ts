/**
 * The gateway: one handler for the data plane and the strict servers it runs on. Holds what lives
 * as long as the process: pools, connections, the sweep for deadlines, certificates of listeners.
 */
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { refuse } from '../../kernel/errors.ts';
import type { TlsMaterial } from '../../domains/identity/index.ts';
import type { GatewayContext } from './context.ts';
import { gatewayErrors } from './errors.ts';
import { Exchange } from './exchange.ts';
import { createConnections } from './front/connections.ts';
import { sharedPort } from './front/shared-port.ts';
import { createStrictServer, secureContextOf } from './front/strict-server.ts';
import { createGatewayMetrics } from './metrics.ts';
import { requestIds } from './request-ids.ts';
import { runExchange } from './run-exchange.ts';
import { startSweep } from './sweep.ts';
import { createTeams } from './teams.ts';
import type {
  Gateway,
  GatewayDeps,
  GatewayListener,
  GatewayServerOptions,
  RunningListener,
} from './types.ts';
import { contextKeyName, createContextHeaders } from './upstream/context-header.ts';
import { createUpstreamPools } from './upstream/pools.ts';

const defaultGraceMs = 10_000;
const gracePollMs = 20;

type Certificates = { readonly own: () => TlsMaterial | undefined };

const createContext = async (deps: GatewayDeps, own: Certificates): Promise<GatewayContext> => {
  const { clock, limits } = deps;
  const key = await deps.keys.ensureSigningKey(contextKeyName, 'ed25519');
  const newId = requestIds(clock, deps.random);
  const inFlight = new Set<Exchange>();
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
    newId,
    isClosing: false,
    pools: createUpstreamPools(deps, own.own),
    teams: createTeams(deps.access),
    contextHeaders: createContextHeaders({
      keys: deps.keys,
      keyVersion: key.currentVersion,
      clock,
      trustDomain: deps.identity.trustDomain,
    }),
    metrics: createGatewayMetrics(deps.metrics, {
      inFlight: () => inFlight.size,
      connections: connections.count,
    }),
  };
};

const endServer = (server: Server | HttpsServer): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });

const waitUntilIdle = async (context: GatewayContext, graceMs: number): Promise<void> => {
  const endMs = context.deps.clock.monotonicMs() + graceMs;
  while (context.inFlight.size > 0 && context.deps.clock.monotonicMs() < endMs)
    await new Promise((resolve) => setTimeout(resolve, gracePollMs));
  const refusal = refuse(gatewayErrors.E_GATEWAY_BUSY, 'the gateway is stopping');
  for (const exchange of context.inFlight) {
    exchange.cancel?.(refusal);
    exchange.response.destroy();
  }
};

/** Servers, their certificates and how to be rid of them. */
class Listeners {
  readonly #context: GatewayContext;
  readonly #handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly #servers = new Set<Server | HttpsServer>();
  readonly #stops: (() => void)[] = [];

  constructor(
    context: GatewayContext,
    handle: (request: IncomingMessage, response: ServerResponse) => void,
  ) {
    this.#context = context;
    this.#handle = handle;
  }

  async create(options: GatewayServerOptions): Promise<Server | HttpsServer> {
    const { deps, connections } = this.#context;
    const { tls, fallback } = options;
    const onRequest = sharedPort(this.#handle, fallback);
    const common = { limits: deps.limits, connections, onRequest };
    const server =
      tls === undefined ? createStrictServer(common) : await this.#createTls(tls, common);
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
    return server;
  }

  async #createTls(
    tls: NonNullable<GatewayServerOptions['tls']>,
    common: Omit<Parameters<typeof createStrictServer>[0], 'tls'>,
  ): Promise<HttpsServer> {
    const certificate = tls.certificate ?? (await this.#ownCertificate());
    const { clientCertificates } = tls;
    const server = createStrictServer({
      ...common,
      tls: { material: certificate.current(), clientCertificates },
    }) as HttpsServer;
    this.#stops.push(
      certificate.onRenewed((material) => server.setSecureContext(secureContextOf(material))),
    );
    return server;
  }

  async #ownCertificate(): Promise<Awaited<ReturnType<GatewayDeps['identity']['serverTls']>>> {
    const certificate = await this.#context.deps.identity.serverTls();
    this.#stops.push(certificate.close);
    return certificate;
  }

  async listen({ host, port, tls }: GatewayListener): Promise<RunningListener> {
    const server = await this.create(tls === 'off' ? {} : { tls: { clientCertificates: tls } });
    server.listen(port, host);
    await once(server, 'listening');
    const address = server.address() as AddressInfo;
    return { host, port: address.port, close: () => endServer(server) };
  }

  async close(graceMs: number): Promise<void> {
    const ended = [...this.#servers].map(endServer);
    await waitUntilIdle(this.#context, graceMs);
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(ended);
    for (const stop of this.#stops) stop();
  }
}

/**
 * Builds the gateway. Throws when the signing key of the context header cannot be had.
 *
 * @example
 * const gateway = await createGateway(deps);
 * const listener = await gateway.listen({ host: '127.0.0.1', port: 0, tls: 'off' });
 */
export const createGateway = async (deps: GatewayDeps): Promise<Gateway> => {
  const client = await deps.identity.serverTls();
  const context = await createContext(deps, { own: () => client.current() });
  const stopSweep = startSweep(context);
  const handle = (request: IncomingMessage, response: ServerResponse): void =>
    runExchange(new Exchange(context, { request, response }));
  const listeners = new Listeners(context, handle);
  return {
    handle,
    createServer: (options) => listeners.create(options),
    listen: (listener) => listeners.listen(listener),
    inFlight: () => context.inFlight.size,
    close: async (graceMs = defaultGraceMs) => {
      context.isClosing = true;
      await listeners.close(graceMs);
      stopSweep();
      client.close();
      await context.pools.close();
    },
  };
};
