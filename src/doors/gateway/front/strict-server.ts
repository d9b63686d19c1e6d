/**
 * HTTP servers with every bound set: header size, time to send a head or a request, connections
 * per peer, TLS 1.3 only. Parse errors are answered with a problem document and the connection is
 * closed; nothing after a broken message is ever read as a request.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type ErrorKind, refuse } from '../../../kernel/errors.ts';
import { problemContentType, toProblem } from '../../../kernel/problem.ts';
import type { TlsMaterial } from '../../../domains/identity/index.ts';
import { gatewayErrors } from '../errors.ts';
import type { Connection, Connections } from './connections.ts';

export type ClientCertificates = 'off' | 'optional' | 'required';

export type StrictServerLimits = {
  readonly maxHeaderBytes: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly maxConnections: number;
};

export type StrictServerTls = {
  readonly material: TlsMaterial;
  readonly clientCertificates: ClientCertificates;
};

export type StrictServerOptions = {
  readonly limits: StrictServerLimits;
  readonly connections: Connections;
  /** Absent: plain HTTP. */
  readonly tls?: StrictServerTls;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
};

type ParseError = Error & { readonly code?: string };

const kindOf = (error: ParseError): ErrorKind => {
  if (error.code === 'HPE_HEADER_OVERFLOW') return gatewayErrors.E_HTTP_HEADERS_TOO_LARGE;
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return gatewayErrors.E_HTTP_TIMEOUT;
  return gatewayErrors.E_HTTP_FRAMING;
};

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
};

/** A whole response as text, for connections that have no response object. */
const rawProblem = (kind: ErrorKind, detail: string): string => {
  const body = JSON.stringify(toProblem(refuse(kind, detail)));
  return [
    `HTTP/1.1 ${kind.status} ${reasons[kind.status] ?? 'Error'}`,
    `content-type: ${problemContentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
    '',
    body,
  ].join('\r\n');
};

/** Raw text is only written when it cannot land inside another answer. */
const canAnswer = (socket: Duplex, connections: Connections): boolean => {
  if (!socket.writable) return false;
  const { latest, isPipelined } = connections.of(socket);
  if (latest === undefined || latest.writableFinished) return true;
  return !isPipelined && !latest.headersSent;
};

const onClientError = (error: ParseError, socket: Duplex, connections: Connections): void => {
  if (!canAnswer(socket, connections)) {
    socket.destroy();
    return;
  }
  socket.end(rawProblem(kindOf(error), 'the request could not be understood'), () =>
    socket.destroy(),
  );
};

const refuseConnection = (socket: Socket, isTls: boolean): void => {
  if (!isTls) socket.write(rawProblem(gatewayErrors.E_GATEWAY_BUSY, 'too many connections'));
  socket.destroySoon();
};

const serverOptions = (limits: StrictServerLimits): ServerOptions => ({
  insecureHTTPParser: false,
  // Judged by parseHead, which answers with a problem document.
  requireHostHeader: false,
  joinDuplicateHeaders: false,
  maxHeaderSize: limits.maxHeaderBytes,
  headersTimeout: limits.headersTimeoutMs,
  requestTimeout: limits.requestTimeoutMs,
  connectionsCheckingInterval: Math.max(100, Math.min(1000, limits.headersTimeoutMs / 2)),
  keepAliveTimeout: limits.keepAliveTimeoutMs,
  noDelay: true,
});

/** Secure-context part of TLS options; also for `setSecureContext` after a renewal. */
export const secureContextOf = (material: TlsMaterial) => ({
  key: material.key.reveal(),
  cert: material.cert,
  ca: material.ca,
  minVersion: 'TLSv1.3' as const,
});

const createBare = ({ limits, tls, onRequest }: StrictServerOptions): Server | HttpsServer => {
  if (tls === undefined) return createHttpServer(serverOptions(limits), onRequest);
  return createHttpsServer(
    {
      ...serverOptions(limits),
      ...secureContextOf(tls.material),
      maxVersion: 'TLSv1.3',
      requestCert: tls.clientCertificates !== 'off',
      // The path is judged by the identity room, which knows SPIFFE; OpenSSL only checks possession.
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: limits.handshakeTimeoutMs,
    },
    onRequest,
  );
};

/** More than clients that pipeline send ahead; far less than fits into one read of the socket. */
const maxUnanswered = 8;

/**
 * Node hands out every request of a read before it looks at what waits to be written: whoever
 * pipelines and reads nothing would fill memory with answers. Such a connection is cut.
 */
const mayServe = (connection: Connection, response: ServerResponse): boolean => {
  if (response.req.socket.destroyed) return false;
  if (connection.unanswered >= maxUnanswered) {
    response.req.socket.destroy();
    return false;
  }
  connection.unanswered += 1;
  response.once('close', () => {
    connection.unanswered -= 1;
  });
  return true;
};

/** Creates a server that is not yet listening. */
export const createStrictServer = (options: StrictServerOptions): Server | HttpsServer => {
  const { limits, connections, tls } = options;
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = connections.of(request.socket);
    if (!mayServe(connection, response)) return;
    connection.isPipelined = connection.latest?.writableFinished === false;
    connection.latest = response;
    options.onRequest(request, response);
  };
  const server = createBare({ ...options, onRequest });
  // Node drops what exceeds its own count silently; parseHead counts and refuses instead.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.maxConnections;
  server.on('connection', (socket: Socket) => {
    if (!connections.admit(socket)) refuseConnection(socket, tls !== undefined);
  });
  if (tls !== undefined && tls.clientCertificates !== 'off')
    server.on('secureConnection', (socket: TLSSocket) => {
      connections.of(socket).needsCertificate = tls.clientCertificates === 'required';
    });
  server.on('clientError', (error: ParseError, socket: Duplex) =>
    onClientError(error, socket, connections),
  );
  server.on('tlsClientError', (_error: Error, socket: Duplex) => void socket.destroy());
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('connect', (_request: IncomingMessage, socket: Duplex) =>
    onClientError(new Error('CONNECT is not offered'), socket, connections),
  );
  return server;
};
