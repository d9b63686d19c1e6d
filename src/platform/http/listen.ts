/** A plain listener for a request handler, with every bound of `HttpLimits` set. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultHttpLimits, type HttpLimits, serverOptions } from './limits.ts';

export type ListenOptions = {
  readonly handler: RequestListener;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly limits?: HttpLimits;
};

export type Listener = AsyncDisposable & {
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets running requests end, closes idle connections. */
  readonly close: () => Promise<void>;
};

/** Starts listening; rejects with the system's error when the address is taken. */
export const listenHttp = async (options: ListenOptions): Promise<Listener> => {
  const server = createServer(serverOptions(options.limits ?? defaultHttpLimits), options.handler);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(options.port, options.host, resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const close = async (): Promise<void> => {
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    server.closeIdleConnections();
    await closed.promise;
  };
  return { url: `http://${host}:${port}`, port, close, [Symbol.asyncDispose]: close };
};
