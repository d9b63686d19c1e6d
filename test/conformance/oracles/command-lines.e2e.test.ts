/** OpenSSL and GnuTLS from Debian judge our SVIDs and speak mutual TLS with them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { findProgram, runProgram, skipWithout } from './daemon.ts';
import { fetchMaterial, type Material, type PemIdentity } from './material.ts';

let material: Material;
before(async () => {
  material = await fetchMaterial();
});
after(() => material.close());

describe('OpenSSL', { skip: skipWithout('openssl') }, () => {
  const verify = (identity: PemIdentity, purpose: string) =>
    runProgram('openssl', [
      'verify',
      '-x509_strict',
      '-purpose',
      purpose,
      '-CAfile',
      material.caFile,
      identity.certFile,
    ]);

  for (const purpose of ['sslserver', 'sslclient'])
    it(`verifies SVIDs strictly as ${purpose}`, () => {
      assert.match(verify(material.client, purpose).output, /: OK/);
      assert.notEqual(verify(material.stranger, purpose).code, 0);
    });

  it('sees the SPIFFE ID in a critical alternative name', () => {
    const { output } = runProgram('openssl', [
      'x509',
      '-noout',
      '-ext',
      'subjectAltName,keyUsage,extendedKeyUsage,basicConstraints',
      '-in',
      material.client.certFile,
    ]);
    assert.match(output, /Subject Alternative Name: critical/);
    assert.ok(output.includes(`URI:${material.client.spiffeId}`));
    assert.match(output, /Key Usage: critical\s+Digital Signature\s/);
  });
});

/** A mutual TLS server of ours; the URI of whoever the handshake accepted. */
const startServer = async () => {
  const { server, ca } = material;
  const seen: string[] = [];
  const listener = createServer(
    { cert: server.cert, key: server.key, ca, requestCert: true, rejectUnauthorized: true },
    (socket: TLSSocket) => {
      seen.push(socket.getPeerX509Certificate()?.subjectAltName ?? '');
      socket.end('welcome\n');
    },
  );
  listener.on('tlsClientError', () => undefined);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, seen, close: () => new Promise((resolve) => listener.close(resolve)) };
};

/** Runs a client program without blocking the server in this process. */
const runClient = async (name: string, args: readonly string[]): Promise<string> => {
  const child = spawn(findProgram(name) ?? name, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await once(child, 'close');
  clearTimeout(timer);
  return Buffer.concat(chunks).toString();
};

const clients: readonly (readonly [string, (port: number, who: PemIdentity) => string[]])[] = [
  [
    'openssl',
    (port, { certFile, keyFile }) => [
      's_client',
      '-connect',
      `127.0.0.1:${port}`,
      '-CAfile',
      material.caFile,
      '-verify_return_error',
      '-cert',
      certFile,
      '-key',
      keyFile,
      '-ign_eof',
    ],
  ],
  [
    'gnutls-cli',
    (port, { certFile, keyFile }) => [
      '-p',
      String(port),
      '--x509cafile',
      material.caFile,
      '--x509certfile',
      certFile,
      '--x509keyfile',
      keyFile,
      // The SVID carries this host name, so that the name check is exercised as well.
      '--verify-hostname=localhost',
      '127.0.0.1',
    ],
  ],
];

for (const [name, argsFor] of clients)
  describe(`${name} as a client`, { skip: skipWithout(name) }, () => {
    it('completes mutual TLS with SVIDs on both sides', async () => {
      const server = await startServer();
      const output = await runClient(name, argsFor(server.port, material.client));
      await server.close();
      assert.match(output, /welcome/, output);
      assert.deepEqual(
        server.seen.map((names) => names.includes(material.client.spiffeId)),
        [true],
      );
    });

    it('is refused with an SVID of another trust domain', async () => {
      const server = await startServer();
      const output = await runClient(name, argsFor(server.port, material.stranger));
      await server.close();
      assert.doesNotMatch(output, /welcome/);
      assert.deepEqual(server.seen, []);
    });
  });
