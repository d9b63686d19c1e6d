/**
 * One HTTP/2 stream as one gRPC call: everything that can be refused by the headers is refused
 * before a byte of the body is read, the rest goes to Connect's handler with a bounded body.
 */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Code, createContextValues } from '@connectrpc/connect';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import { type Caller, callerKey } from './caller.ts';
import type { RpcLimits } from './limits.ts';
import { writeResponse, writeStatus, type Written } from './write-response.ts';

export type RpcRoute = {
  readonly handler: UniversalHandler;
  /** Metadata that has to be `true` (EP-03, BR-02); services of others demand none. */
  readonly securityHeader?: string;
};

export type RpcRoutes = ReadonlyMap<string, RpcRoute>;

export type CallContext = {
  readonly routes: RpcRoutes;
  readonly limits: RpcLimits;
  readonly caller: Caller;
};

/** How a call ended, for the log. */
export type CallEnd = { readonly method: string; readonly end: 'refused' | Written };

type Status = { readonly code: Code; readonly message: string };
type Headers2 = IncomingHttpHeaders;

/** The only metadata our services and Connect look at; nothing else is carried on. */
const wantedHeaders = ['content-type', 'grpc-timeout', 'grpc-encoding', 'grpc-accept-encoding'];

const grpcTypes = new Set(['application/grpc', 'application/grpc+proto']);

const checkCall = (headers: Headers2, route: RpcRoute | undefined): Status | undefined => {
  const contentType = headers['content-type'] ?? '';
  if (headers[':method'] !== 'POST' || !grpcTypes.has(contentType))
    return { code: Code.InvalidArgument, message: 'only gRPC with protobuf is spoken here' };
  if (route === undefined) return { code: Code.Unimplemented, message: 'no such method' };
  const { securityHeader } = route;
  if (securityHeader !== undefined && headers[securityHeader] !== 'true')
    return { code: Code.InvalidArgument, message: `metadata ${securityHeader}: true is missing` };
  return undefined;
};

const pickHeaders = (headers: Headers2): Headers => {
  const picked = new Headers();
  for (const name of wantedHeaders) {
    const value = headers[name];
    if (typeof value === 'string') picked.set(name, value);
  }
  return picked;
};

/** Ends a call whose single request message does not come. */
const startDeadline = (stream: ServerHttp2Stream, route: RpcRoute, ms: number): (() => void) => {
  const { methodKind } = route.handler.method;
  if (methodKind === 'bidi_streaming' || methodKind === 'client_streaming') return () => undefined;
  const timer = setTimeout(() => {
    if (!stream.readableEnded)
      writeStatus(stream, { code: Code.DeadlineExceeded, message: 'no request came in time' });
  }, ms);
  return () => clearTimeout(timer);
};

/** Never rejects; a defect in a service is the client's INTERNAL. */
export const handleStream = async (
  stream: ServerHttp2Stream,
  headers: Headers2,
  { routes, limits, caller }: CallContext,
): Promise<CallEnd> => {
  // Resets arrive as errors; the close that follows is what counts.
  stream.on('error', () => undefined);
  const method = headers[':path'] ?? '';
  const route = routes.get(method);
  const status = checkCall(headers, route);
  if (status !== undefined || route === undefined) {
    writeStatus(stream, status ?? { code: Code.Unimplemented, message: 'no such method' });
    return { method: route === undefined ? '(unknown)' : method, end: 'refused' };
  }
  const abort = new AbortController();
  stream.once('close', () => abort.abort());
  const stopDeadline = startDeadline(stream, route, limits.requestMs);
  try {
    const response = await route.handler({
      httpVersion: '2.0',
      url: `http://workload${method}`,
      method: 'POST',
      header: pickHeaders(headers),
      // Giving up on the request must not take the answer along.
      body: { [Symbol.asyncIterator]: () => stream.iterator({ destroyOnReturn: false }) },
      signal: abort.signal,
      contextValues: createContextValues().set(callerKey, caller),
    });
    stopDeadline();
    return { method, end: await writeResponse(stream, response, limits.drainMs) };
  } catch {
    writeStatus(stream, { code: Code.Internal, message: 'internal error' });
    return { method, end: 'gone' };
  } finally {
    stopDeadline();
    if (!stream.destroyed && stream.headersSent && !stream.writableEnded) stream.destroy();
  }
};
