/**
 * The least a Node gateway can do: node:http in, undici out, no identity, no policy, no record.
 * `node bare-proxy.ts ORIGIN [--cert F --key F --ca F]` (with the files: mutual TLS 1.3).
 */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';

const text = { type: 'string' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { cert: text, key: text, ca: text },
});
const pool = new Pool(positionals[0] ?? '', { connections: 64 });

const listener: RequestListener = (request, response) => {
  const { host: _host, connection: _connection, ...headers } = request.headers;
  pool
    .stream(
      { path: request.url ?? '/', method: request.method ?? 'GET', headers, body: request },
      ({ statusCode, headers: answered }) => response.writeHead(statusCode, answered),
    )
    .catch(() => response.destroy());
};

const { cert, key, ca } = values;
const server =
  cert === undefined || key === undefined || ca === undefined
    ? createServer(listener)
    : createTlsServer(
        {
          cert: readFileSync(cert),
          key: readFileSync(key),
          ca: readFileSync(ca),
          requestCert: true,
          rejectUnauthorized: true,
          minVersion: 'TLSv1.3',
        },
        listener,
      );
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ port })}\n`);
});
