/** The client side: a typed Workload API client that sends the security header on every call. */
import { connect as connectSocket } from 'node:net';
import { type Client, createClient, type Interceptor } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import { SpiffeWorkloadAPI } from './generated/workload_pb.ts';

export type WorkloadClient = Client<typeof SpiffeWorkloadAPI>;

const maxMessageBytes = 16 << 20;

const withSecurityHeader: Interceptor = (next) => (request) => {
  request.header.set('workload.spiffe.io', 'true');
  return next(request);
};

const dial = (endpoint: Endpoint) => () =>
  endpoint.kind === 'unix'
    ? connectSocket(endpoint.path)
    : connectSocket(endpoint.port, endpoint.host);

/**
 * A client for `unix:/path` or `tcp:ip:port`; connects at the first call and again when cut. Calls
 * reject with `ConnectError`: never repeat INVALID_ARGUMENT and UNIMPLEMENTED, back off from the rest.
 */
export const createWorkloadClient = (address: string): WorkloadClient | Refusal => {
  const endpoint = parseEndpoint(address);
  if (isRefusal(endpoint)) return endpoint;
  const transport = createGrpcTransport({
    baseUrl: 'http://localhost',
    interceptors: [withSecurityHeader],
    acceptCompression: [],
    readMaxBytes: maxMessageBytes,
    nodeOptions: { createConnection: dial(endpoint) },
    idleConnectionTimeoutMs: 1_000,
  });
  return createClient(SpiffeWorkloadAPI, transport);
};
