/** Mutual TLS for brokers: everybody may finish the handshake, the calls are judged by identity. */
import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { encodePem } from '../../../engines/pki/index.ts';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { workloadErrors } from '../errors.ts';
import type { X509Identity } from '../types.ts';

const maxChain = 8;
const handshakeMs = 10_000;

/** DER of what the peer showed, leaf first; empty without a certificate. */
export const shownChain = (socket: TLSSocket): readonly Uint8Array[] => {
  const chain: Uint8Array[] = [];
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < maxChain) {
    chain.push(certificate.raw);
    const issuer: X509Certificate | undefined = certificate.issuerCertificate;
    if (issuer?.raw.equals(certificate.raw) === true) break;
    certificate = issuer;
  }
  return chain;
};

/**
 * Resolves when the handshake is done; a refusal after the deadline, a failure or without h2. Each
 * connection gets the identity of its moment; brokers are few and stay connected.
 */
export const acceptTls = (socket: Socket, identity: X509Identity): Promise<TLSSocket | Refusal> =>
  new Promise((resolve) => {
    const server = createServer({
      key: encodePem('PRIVATE KEY', identity.privateKey.reveal()),
      cert: identity.chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
      minVersion: 'TLSv1.3',
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
      handshakeTimeout: handshakeMs,
    });
    const fail = (what: string): void => {
      socket.destroy();
      resolve(refuse(workloadErrors.E_WORKLOAD_BROKER, what));
    };
    server.once('secureConnection', (secured) => {
      secured.on('error', () => undefined);
      if (secured.alpnProtocol === 'h2') resolve(secured);
      else fail('the broker does not speak HTTP/2');
    });
    server.once('tlsClientError', () => fail('TLS handshake failed'));
    server.emit('connection', socket);
  });
