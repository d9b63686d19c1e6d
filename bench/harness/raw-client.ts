/**
 * A keep-alive HTTP/1.1 client on a bare socket, plain or TLS, that costs little enough to measure
 * others with: it writes prepared bytes and reads just enough of the answer to find its end.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

export type Target = {
  readonly port: number;
  readonly host?: string;
  readonly tls?: ConnectionOptions;
};
export type RawAnswer = {
  readonly status: number;
  /** Status line and headers, in lower case. */
  readonly head: string;
};
export type RawClient = {
  /** Sends one request and resolves with its answer, when the last byte is there. One at a time. */
  readonly send: (request: Uint8Array) => Promise<RawAnswer>;
  readonly close: () => void;
};

/** The bytes of a request; headers and body are taken as they are. */
export const encodeRequest = (request: {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}): Uint8Array => {
  const body = Buffer.from(request.body ?? '');
  const headers = { host: '127.0.0.1', ...request.headers, 'content-length': String(body.length) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${request.method} ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
};

/** The complete answer at the start of `bytes`; undefined while it is incomplete. */
const completeAnswer = (bytes: Buffer): RawAnswer | undefined => {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end + 2).toLowerCase();
  const answer = { status: Number(head.slice(9, 12)), head };
  const at = head.indexOf('\r\ncontent-length:');
  if (at >= 0) {
    const length = Number.parseInt(head.slice(at + 17), 10);
    return bytes.length >= end + 4 + length ? answer : undefined;
  }
  if (!head.includes('transfer-encoding: chunked')) return answer;
  return bytes.subarray(-5).toString('latin1') === '0\r\n\r\n' ? answer : undefined;
};

type Waiter = {
  readonly resolve: (answer: RawAnswer) => void;
  readonly reject: (error: Error) => void;
};

/** Opens one connection; rejects when it cannot be made. */
export const connectRaw = async (target: Target): Promise<RawClient> => {
  const place = { host: target.host ?? '127.0.0.1', port: target.port };
  const isTls = target.tls !== undefined;
  const socket: Socket = isTls ? connectTls({ ...place, ...target.tls }) : connectTcp(place);
  socket.setNoDelay(true);
  let waiter: Waiter | undefined;
  let received: Buffer = Buffer.alloc(0);
  const fail = (error: Error): void => {
    waiter?.reject(error);
    waiter = undefined;
  };
  await new Promise<void>((resolve, reject) => {
    socket.once(isTls ? 'secureConnect' : 'connect', resolve).once('error', reject);
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the connection was closed')));
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const answer = completeAnswer(received);
    if (answer === undefined) return;
    received = Buffer.alloc(0);
    const { resolve } = waiter ?? {};
    waiter = undefined;
    resolve?.(answer);
  });
  const send = (request: Uint8Array): Promise<RawAnswer> =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(new Error('the connection is closed'));
      waiter = { resolve, reject };
      socket.write(request);
      return undefined;
    });
  return { send, close: () => socket.destroy() };
};
