/**
 * Dials upstreams: resolves once, judges every address, pins the answer, proves the peer. A socket
 * is handed out only when all of it held; nothing is sent before.
 */
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import { isRefusal, SallyportError } from '../../../kernel/errors.ts';
import type { Endpoint } from '../../../domains/endpoints/index.ts';
import type { Identity, TlsMaterial } from '../../../domains/identity/index.ts';
import { gatewayErrors } from '../errors.ts';
import { peerChainOf } from '../front/peer-chain.ts';

export type ConnectorOptions = {
  readonly endpoint: Endpoint;
  readonly lookup: LookupFunction;
  /** Our own SVID, shown to upstreams that must prove theirs. */
  readonly ownIdentity: () => TlsMaterial | undefined;
  readonly identity: Pick<Identity, 'authenticateCertificate'>;
};

const keepAliveDelayMs = 30_000;

const untrusted = (detail: string): SallyportError =>
  new SallyportError(gatewayErrors.E_UPSTREAM_UNTRUSTED, detail);

const tlsOptions = ({ endpoint, ownIdentity }: ConnectorOptions): ConnectionOptions => {
  const { tls, upstream } = endpoint;
  const servername = tls.serverName ?? (isIP(upstream.hostname) === 0 ? upstream.hostname : '');
  const common: ConnectionOptions = {
    servername,
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
  };
  if (tls.spiffeId === undefined)
    return { ...common, ...(tls.caPem === undefined ? {} : { ca: tls.caPem }) };
  const own = ownIdentity();
  return {
    ...common,
    minVersion: 'TLSv1.3',
    // SPIFFE names no host: the path and the ID are judged below, by the identity room.
    rejectUnauthorized: false,
    ...(own === undefined ? {} : { key: own.key.reveal(), cert: own.cert }),
  };
};

/** The upstream's certificate must be an SVID of exactly the declared ID. */
const verifySpiffe = async (
  socket: TLSSocket,
  { endpoint, identity }: ConnectorOptions,
): Promise<SallyportError | undefined> => {
  const wanted = endpoint.tls.spiffeId;
  if (wanted === undefined) return undefined;
  const verdict = await identity.authenticateCertificate(peerChainOf(socket));
  if (isRefusal(verdict)) return untrusted(`the upstream of ${endpoint.name}: ${verdict.detail}`);
  return verdict.spiffeId === wanted
    ? undefined
    : untrusted(`the upstream of ${endpoint.name} is ${verdict.spiffeId ?? 'nobody'}`);
};

const open = (options: ConnectorOptions): Socket => {
  const { endpoint, lookup } = options;
  const { hostname: host, port, isSecure } = endpoint.upstream;
  // One address is dialled per connection: no silent second try at another one.
  const place = { host, port, lookup, autoSelectFamily: false };
  return isSecure ? connectTls({ ...place, ...tlsOptions(options) }) : connectTcp(place);
};

/** Never rejects: what cannot be judged is not trusted. */
const prove = async (
  socket: Socket,
  options: ConnectorOptions,
): Promise<SallyportError | undefined> => {
  if (!options.endpoint.upstream.isSecure) return undefined;
  try {
    return await verifySpiffe(socket as TLSSocket, options);
  } catch {
    return untrusted(`the upstream of ${options.endpoint.name} could not be judged`);
  }
};

type Dialled = (error: Error | null, socket: Socket | null) => void;

/** Waits for the connection and its proof; calls back exactly once. */
const dial = (options: ConnectorOptions, done: Dialled): void => {
  const socket = open(options);
  const { connectMs } = options.endpoint.timeouts;
  let isOver = false;
  const finish = (error: Error | null): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    done(error, error === null ? socket : null);
  };
  const timer = setTimeout(() => {
    const detail = `${options.endpoint.name}: no connection within ${connectMs} ms`;
    socket.destroy(new SallyportError(gatewayErrors.E_UPSTREAM_TIMEOUT, detail));
  }, connectMs);
  socket.setNoDelay(true).setKeepAlive(true, keepAliveDelayMs);
  socket.once('error', finish);
  socket.once('close', () => finish(new Error('closed before it was proven')));
  socket.once(options.endpoint.upstream.isSecure ? 'secureConnect' : 'connect', () => {
    void prove(socket, options).then((failure) => {
      if (failure !== undefined) socket.destroy(failure);
      else if (!socket.destroyed) finish(null);
    });
  });
};

/** A connector for undici. Host and port come from the endpoint, never from the request. */
export const createConnector =
  (options: ConnectorOptions): buildConnector.connector =>
  (_target, callback) =>
    dial(options, (error, socket) => {
      if (socket !== null) callback(null, socket);
      else callback(error ?? new Error('no connection'), null);
    });
