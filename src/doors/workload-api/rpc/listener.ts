/** Accepts connections, asks who they are, bounds them, and closes them in order. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { Endpoint } from '../endpoint.ts';
import { listenOnSocketFile, type SocketFile } from '../socket-file.ts';
import type { Caller } from './caller.ts';
import type { RpcRoutes } from './handle-stream.ts';
import type { RpcLimits } from './limits.ts';
import { type Connection, serveConnection } from './serve-connection.ts';

/** A connection whose other end is known. */
export type Accepted = {
  readonly stream: Duplex;
  readonly caller: Caller;
  /** Connections with the same key share a bound. */
  readonly peerKey: string;
  /** Fields for the log. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Called once, when the connection has ended. */
  readonly release: () => void;
};

export type Place = Extract<Endpoint, { kind: 'tcp' }> | ({ readonly kind: 'unix' } & SocketFile);

export type ListenerOptions = {
  readonly place: Place;
  readonly accept: (socket: Socket) => Accepted | Refusal | Promise<Accepted | Refusal>;
  readonly routes: RpcRoutes;
  readonly limits: RpcLimits;
  readonly log: Log;
  /** Once aborted, nobody is accepted any more. */
  readonly shutdown: AbortSignal;
};

export type Listener = {
  readonly endpoint: Endpoint;
  readonly connections: () => number;
  /** Removes the socket file, lets streams that end by themselves do so for a moment, cuts the rest. */
  readonly close: () => Promise<void>;
};

type Live = {
  readonly options: ListenerOptions;
  readonly connections: Set<Connection>;
  readonly perPeer: Map<string, number>;
  waiting: number;
};

const takePlace = ({ perPeer, options }: Live, peerKey: string): boolean => {
  const count = perPeer.get(peerKey) ?? 0;
  if (count >= options.limits.maxConnectionsPerPeer) return false;
  perPeer.set(peerKey, count + 1);
  return true;
};

const leavePlace = ({ perPeer }: Live, peerKey: string): void => {
  const count = (perPeer.get(peerKey) ?? 1) - 1;
  if (count > 0) perPeer.set(peerKey, count);
  else perPeer.delete(peerKey);
};

const serve = async (live: Live, accepted: Accepted): Promise<void> => {
  const { routes, limits, log } = live.options;
  const { stream, caller, peerKey, fields, release } = accepted;
  if (stream.destroyed) return release();
  if (!takePlace(live, peerKey)) {
    log.warn(fields, 'connection refused: this peer has too many');
    stream.destroy();
    return release();
  }
  const connection = serveConnection(stream, { routes, limits, caller }, ({ method, end }) => {
    const write = end === 'cut' || end === 'refused' ? log.warn : log.debug;
    write({ ...fields, method, end }, 'workload call ended');
  });
  live.connections.add(connection);
  await connection.closed;
  live.connections.delete(connection);
  leavePlace(live, peerKey);
  release();
};

/** Never rejects. */
const onSocket = async (live: Live, socket: Socket): Promise<void> => {
  const { accept, limits, log, shutdown } = live.options;
  socket.on('error', () => undefined);
  if (live.connections.size + live.waiting >= limits.maxConnections || shutdown.aborted) {
    socket.destroy();
    return;
  }
  live.waiting++;
  const accepted = await Promise.resolve(accept(socket))
    .catch((error: unknown) => {
      log.error({ error }, 'connection could not be judged');
      return undefined;
    })
    .finally(() => live.waiting--);
  if (accepted === undefined || isRefusal(accepted)) {
    if (accepted !== undefined) log.warn({ code: accepted.error.code }, accepted.detail);
    socket.destroy();
    return;
  }
  await serve(live, accepted);
};

const startListening = async (
  server: Server,
  place: Place,
): Promise<{ endpoint: Endpoint; remove: () => Promise<void> }> => {
  if (place.kind === 'unix') {
    const remove = await listenOnSocketFile(server, place);
    return { endpoint: { kind: 'unix', path: place.path }, remove };
  }
  server.listen(place.port, place.host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : place.port;
  return { endpoint: { ...place, port }, remove: () => Promise.resolve() };
};

const closeAll = async (live: Live): Promise<void> => {
  const { shutdown, limits } = live.options;
  const open = [...live.connections];
  for (const connection of open) connection.finish();
  const cut = (): void => {
    for (const connection of open) connection.destroy();
  };
  // Streams end at a shutdown only; for a socket that is taken away there is nothing to wait for.
  const timer = setTimeout(cut, shutdown.aborted ? limits.closeMs : 0);
  await Promise.all(open.map(({ closed }) => closed));
  clearTimeout(timer);
};

/** Starts one listener. @throws SallyportError E_WORKLOAD_SOCKET */
export const startListener = async (options: ListenerOptions): Promise<Listener> => {
  const live: Live = { options, connections: new Set(), perPeer: new Map(), waiting: 0 };
  // A half-closed client may still read its stream; HTTP/2 decides.
  const server = createServer({ allowHalfOpen: false, noDelay: true }, (socket) => {
    void onSocket(live, socket);
  });
  const { endpoint, remove } = await startListening(server, options.place);
  server.on('error', (error) => options.log.error({ error }, 'workload listener failed'));
  return {
    endpoint,
    connections: () => live.connections.size,
    close: async () => {
      const ended = new Promise((resolve) => server.close(resolve));
      await remove();
      await closeAll(live);
      await ended;
    },
  };
};
