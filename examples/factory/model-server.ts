/**
 * Serves the digit reader over the Open Inference Protocol V2 on mutual TLS 1.3. It shows its own
 * SVID and answers one caller only: the SPIFFE ID given as --client, the gateway. Everybody else in
 * the trust domain is refused, so nobody goes around the gateway.
 * `node examples/factory/model-server.ts --model F --files DIR --client ID [--port N]` reads
 * svid-combined.pem and bundle.pem of DIR, again whenever they change, and prints `{"port":…}`.
 */
import { readFileSync, watch } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { parseArgs } from 'node:util';
import { type Answer, decodeNetwork, describe, infer, isInferPath } from './inference.ts';
import type { Network } from './network.ts';

export type ModelServerOptions = {
  readonly network: Network;
  readonly certificatePem: string;
  readonly keyPem: string;
  /** The certificates of the trust domain that callers must chain to. */
  readonly bundlePem: string;
  /** The only SPIFFE ID that is served. */
  readonly clientId: string;
  readonly port?: number;
};

const maxBodyBytes = 4 * 1024 * 1024;

/** The SPIFFE ID in the certificate the caller showed during the handshake. */
const callerOf = (request: IncomingMessage): string | undefined => {
  if (!(request.socket instanceof TLSSocket) || !request.socket.authorized) return undefined;
  const { subjectaltname } = request.socket.getPeerCertificate();
  const names = (subjectaltname ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  return names.length === 1 ? names[0]?.slice('URI:'.length) : undefined;
};

const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const answer = async (options: ModelServerOptions, request: IncomingMessage): Promise<Answer> => {
  if (callerOf(request) !== options.clientId)
    return { status: 403, body: { error: 'only the gateway is served' } };
  const path = request.url ?? '/';
  if (request.method === 'GET') return describe(path);
  if (request.method !== 'POST' || !isInferPath(path))
    return { status: 404, body: { error: 'no such model or path' } };
  const body = await readBody(request);
  if (body === undefined) return { status: 413, body: { error: 'the request is too large' } };
  return infer(options.network, parse(body));
};

const send = (response: ServerResponse, { status, body }: Answer): void => {
  const bytes = Buffer.from(JSON.stringify(body));
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length };
  response.writeHead(status, headers).end(bytes);
};

/** Starts the server on loopback; resolves with it and its port when it listens. */
export const startModelServer = async (
  options: ModelServerOptions,
): Promise<{ readonly server: Server; readonly port: number }> => {
  const server = createServer(
    {
      cert: options.certificatePem,
      key: options.keyPem,
      ca: options.bundlePem,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    },
    (request, response) => {
      answer(options, request)
        .then((result) => send(response, result))
        .catch(() => response.destroy());
    },
  );
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
};

type TlsFiles = { readonly cert: string; readonly key: string; readonly ca: string };

const readTls = (directory: string): TlsFiles => {
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  // One file with both, so that a certificate never meets the key of another.
  const both = read('svid-combined.pem');
  return { cert: both, key: both, ca: read('bundle.pem') };
};

const settleMs = 50;

/** New connections get the new certificate; a half-written set of files is read again. */
const followFiles = (server: Server, directory: string): void => {
  let timer: NodeJS.Timeout | undefined;
  const reload = (): void => {
    try {
      server.setSecureContext({ ...readTls(directory), minVersion: 'TLSv1.3' });
    } catch {
      timer = setTimeout(reload, settleMs);
    }
  };
  watch(directory, () => {
    clearTimeout(timer);
    timer = setTimeout(reload, settleMs);
  });
};

if (import.meta.main) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { model: text, files: text, client: text, port: text } });
  const { model, files } = values;
  if (model === undefined || files === undefined) throw new Error('--model and --files are wanted');
  const { cert, key, ca } = readTls(files);
  const { server, port } = await startModelServer({
    network: decodeNetwork(readFileSync(model)),
    certificatePem: cert,
    keyPem: key,
    bundlePem: ca,
    clientId: values.client ?? '',
    port: Number(values.port ?? 0),
  });
  followFiles(server, files);
  process.stdout.write(`${JSON.stringify({ port })}\n`);
}
