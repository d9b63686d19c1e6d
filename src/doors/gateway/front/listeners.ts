/** The servers of a gateway: their certificates, their renewal, and how to be rid of them. */
import type { Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { refuse } from '../../../kernel/errors.ts';
import type { ServerTls } from '../../../domains/identity/index.ts';
import type { GatewayContext } from '../context.ts';
import { gatewayErrors } from '../errors.ts';
import type {
  GatewayListener,
  GatewayServerOptions,
  RequestListener,
  RunningListener,
} from '../types.ts';
import { sharedPort } from './shared-port.ts';
import { startListening } from './start-listening.ts';
import { createStrictServer, secureContextOf, type StrictServerOptions } from './strict-server.ts';

type AnyServer = Server | HttpsServer;

const gracePollMs = 20;

const endServer = (server: AnyServer): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });

const waitUntilIdle = async ({ inFlight }: GatewayContext, graceMs: number): Promise<void> => {
  for (let waitedMs = 0; inFlight.size > 0 && waitedMs < graceMs; waitedMs += gracePollMs)
    await new Promise((resolve) => setTimeout(resolve, gracePollMs));
  const refusal = refuse(gatewayErrors.E_GATEWAY_BUSY, 'the gateway is stopping');
  for (const exchange of inFlight) {
    exchange.waiting?.cancel(refusal);
    exchange.response.destroy();
  }
};

export class Listeners {
  readonly #context: GatewayContext;
  readonly #handle: RequestListener;
  readonly #own: ServerTls;
  readonly #servers = new Set<AnyServer>();
  readonly #stops: (() => void)[] = [];

  constructor(parts: {
    readonly context: GatewayContext;
    readonly handle: RequestListener;
    /** Our own SVID, for listeners that bring no certificate. */
    readonly own: ServerTls;
  }) {
    this.#context = parts.context;
    this.#handle = parts.handle;
    this.#own = parts.own;
  }

  create({ tls, fallback }: GatewayServerOptions): AnyServer {
    const { deps, connections } = this.#context;
    const onRequest = sharedPort(this.#handle, fallback);
    const common = { limits: deps.limits, connections, onRequest };
    const server = tls === undefined ? createStrictServer(common) : this.#createTls(tls, common);
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
    return server;
  }

  #createTls(
    { clientCertificates, certificate = this.#own }: NonNullable<GatewayServerOptions['tls']>,
    common: Omit<StrictServerOptions, 'tls'>,
  ): HttpsServer {
    const server = createStrictServer({
      ...common,
      tls: { material: certificate.current(), clientCertificates },
    }) as HttpsServer;
    const stop = certificate.onRenewed((material) =>
      server.setSecureContext(secureContextOf(material)),
    );
    this.#stops.push(stop);
    return server;
  }

  async listen({ host, port, tls }: GatewayListener): Promise<RunningListener> {
    const server = this.create(tls === 'off' ? {} : { tls: { clientCertificates: tls } });
    const address = await startListening(server, { host, port });
    return { host, port: address.port, close: () => endServer(server) };
  }

  /** Stops accepting, waits for what is in flight up to `graceMs`, then cuts it off. */
  async close(graceMs: number): Promise<void> {
    const ended = [...this.#servers].map(endServer);
    await waitUntilIdle(this.#context, graceMs);
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(ended);
    for (const stop of this.#stops) stop();
  }
}
