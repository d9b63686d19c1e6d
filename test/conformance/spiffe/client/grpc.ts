/** A gRPC client on node:http2 with nothing between it and the frames. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
} from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';

export const grpcCodes = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;
export type GrpcCode = (typeof grpcCodes)[number];

export type GrpcStatus = { readonly code: GrpcCode; readonly message: string };

/** One call as it runs. */
export type GrpcCall = {
  /** The next message, or undefined when the call has ended. Throws after the deadline. */
  readonly next: (deadlineMs?: number) => Promise<Buffer | undefined>;
  /** Resolves at the end of the call. */
  readonly status: Promise<GrpcStatus>;
  readonly write: (message: Uint8Array) => void;
  /** No more requests. */
  readonly end: () => void;
  readonly cancel: () => void;
};

export type CallOptions = {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Sent as they are, in place of `message`. */
  readonly frames?: Uint8Array;
  /** Keeps the request side open. */
  readonly isOpen?: boolean;
  readonly contentType?: string;
  readonly authority?: string;
};

export type GrpcClient = {
  readonly start: (path: string, message?: Uint8Array, options?: CallOptions) => GrpcCall;
  /** Reads all messages of a call that ends by itself. */
  readonly unary: (
    path: string,
    message?: Uint8Array,
    options?: CallOptions,
  ) => Promise<GrpcStatus & { readonly messages: readonly Buffer[] }>;
  /** Reads the first message of a stream, then cancels. */
  readonly first: (
    path: string,
    message?: Uint8Array,
    options?: CallOptions,
  ) => Promise<GrpcStatus & { readonly messages: readonly Buffer[] }>;
  readonly session: ClientHttp2Session;
  readonly close: () => Promise<void>;
};

const defaultDeadlineMs = 10_000;

/** One length-prefixed message, not compressed. */
export const frame = (message: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

const statusOf = (headers: Readonly<Record<string, unknown>>): GrpcStatus => {
  const code = grpcCodes[Number(headers['grpc-status'])] ?? 'UNKNOWN';
  const text = headers['grpc-message'];
  return { code, message: typeof text === 'string' ? decodeURIComponent(text) : '' };
};

/** Splits what arrives into messages. */
const createInbox = () => {
  let rest = Buffer.alloc(0);
  const messages: Buffer[] = [];
  let hasEnded = false;
  let wake = (): void => undefined;
  return {
    push: (chunk: Buffer): void => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
        if (rest[0] !== 0) throw new Error('a compressed message, which nobody asked for');
        const size = rest.readUInt32BE(1);
        messages.push(Buffer.from(rest.subarray(5, 5 + size)));
        rest = rest.subarray(5 + size);
      }
      wake();
    },
    end: (): void => {
      hasEnded = true;
      wake();
    },
    next: async (deadlineMs: number): Promise<Buffer | undefined> => {
      const endMs = performance.now() + deadlineMs;
      while (messages.length === 0 && !hasEnded) {
        if (performance.now() >= endMs) throw new Error(`no message within ${deadlineMs} ms`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, endMs - performance.now());
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return messages.shift();
    },
  };
};

const watchStatus = (stream: ClientHttp2Stream): Promise<GrpcStatus> =>
  new Promise((resolve) => {
    let status: GrpcStatus | undefined;
    let failure = '';
    const read = (headers: Readonly<Record<string, unknown>>): void => {
      if (headers['grpc-status'] !== undefined) status = statusOf(headers);
      else if (headers[':status'] !== undefined && headers[':status'] !== 200)
        failure = `HTTP ${Number(headers[':status'])}`;
    };
    stream.on('response', read);
    stream.on('trailers', read);
    stream.on('error', (error: Error) => {
      failure = error.message;
    });
    stream.on('close', () => {
      const reset = failure === '' ? `reset ${stream.rstCode}` : failure;
      resolve(status ?? { code: failure === '' ? 'CANCELLED' : 'UNAVAILABLE', message: reset });
    });
  });

const startCall = (
  session: ClientHttp2Session,
  path: string,
  { message = new Uint8Array(), ...options }: CallOptions & { readonly message?: Uint8Array },
): GrpcCall => {
  const { metadata = {}, contentType = 'application/grpc', isOpen = false } = options;
  const stream = session.request(
    { ':method': 'POST', ':path': path, te: 'trailers', 'content-type': contentType, ...metadata },
    { endStream: false },
  );
  const inbox = createInbox();
  stream.on('data', inbox.push);
  stream.on('close', inbox.end);
  const status = watchStatus(stream);
  const frames = options.frames ?? frame(message);
  if (isOpen) stream.write(frames);
  else stream.end(frames);
  return {
    next: (deadlineMs = defaultDeadlineMs) => inbox.next(deadlineMs),
    status,
    write: (more) => stream.write(frame(more)),
    end: () => stream.end(),
    cancel: () => stream.close(8),
  };
};

/** `unix:/path`, `tcp:ip:port` or an open stream (TLS). */
const dial = (target: string | Duplex): Duplex => {
  if (typeof target !== 'string') return target;
  if (target.startsWith('unix:')) return connectSocket(target.slice(5).replace(/^\/\//, ''));
  const [host = '', port = ''] = target
    .slice(4)
    .replace(/^\/\//, '')
    .split(/:(?=\d+$)/);
  return connectSocket(Number(port), host);
};

/** Connects at once; failures show in the calls. */
export const grpcClient = (target: string | Duplex, metadata = {}): GrpcClient => {
  const socket = dial(target);
  const session = connectHttp2('http://localhost', { createConnection: () => socket });
  session.on('error', () => undefined);
  socket.on('error', () => undefined);
  const start: GrpcClient['start'] = (path, message = new Uint8Array(), options = {}) =>
    startCall(session, path, { metadata, ...options, message });
  const unary: GrpcClient['unary'] = async (path, message, options) => {
    const call = start(path, message, options);
    const messages: Buffer[] = [];
    for (let one = await call.next(); one !== undefined; one = await call.next())
      messages.push(one);
    return { ...(await call.status), messages };
  };
  const first: GrpcClient['first'] = async (path, message, options) => {
    const call = start(path, message, options);
    const one = await call.next();
    if (one === undefined) return { ...(await call.status), messages: [] };
    call.cancel();
    return { code: 'OK', message: '', messages: [one] };
  };
  return {
    start,
    unary,
    first,
    session,
    close: async () => {
      if (session.destroyed) return;
      const closed = new Promise((resolve) => session.once('close', resolve));
      session.destroy();
      await closed;
    },
  };
};
