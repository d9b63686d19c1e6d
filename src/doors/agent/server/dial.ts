/**
 * Connections to the server: TLS 1.3, our own SVID when we have one, and the server's SVID judged
 * before a byte is sent.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { X509Certificate } from 'node:crypto';
import type { buildConnector } from 'undici';
import { encodePem } from '../../../engines/pki/index.ts';
import { type Refusal, SallyportError } from '../../../kernel/errors.ts';
import type { OwnIdentity } from '../types.ts';

export type DialOptions = {
  readonly own: OwnIdentity | undefined;
  /** Undefined admits anybody: only for fetching what a pin then proves. */
  readonly check: ((chain: readonly Uint8Array[]) => Refusal | undefined) | undefined;
  readonly connectMs: number;
};

const maxChain = 8;

/** Certificates the peer showed, leaf first. */
export const shownChain = (socket: TLSSocket): readonly Uint8Array[] => {
  const chain: Uint8Array[] = [];
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < maxChain) {
    chain.push(certificate.raw);
    const issuer: X509Certificate | undefined = certificate.issuerCertificate;
    if (issuer === certificate || issuer?.raw.equals(certificate.raw) === true) break;
    certificate = issuer;
  }
  return chain;
};

const credentialsOf = (own: OwnIdentity | undefined) =>
  own === undefined
    ? {}
    : {
        key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }),
        cert: own.chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
      };

const open = (target: buildConnector.Options, { own }: DialOptions): Socket => {
  const place = { host: target.hostname.replaceAll(/[[\]]/g, ''), port: Number(target.port) };
  if (target.protocol !== 'https:') return connectTcp({ ...place, port: place.port || 80 });
  return connectTls({
    ...place,
    port: place.port || 443,
    // SPIFFE names no host: the SVID is judged below, by its id.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['http/1.1'],
    ...credentialsOf(own),
  });
};

/** A connector for undici. */
export const createDialler =
  (options: DialOptions): buildConnector.connector =>
  (target, callback) => {
    const socket = open(target, options);
    let isOver = false;
    const finish = (error: Error | null): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      if (error === null) callback(null, socket);
      else callback(error, null);
    };
    const timer = setTimeout(
      () => socket.destroy(new Error('no connection in time')),
      options.connectMs,
    );
    socket.setNoDelay(true).setKeepAlive(true, 15_000);
    socket.once('error', finish);
    socket.once('close', () => finish(new Error('closed before it was proven')));
    const isTls = target.protocol === 'https:';
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      const refusal = isTls ? options.check?.(shownChain(socket as TLSSocket)) : undefined;
      if (refusal === undefined) finish(null);
      else socket.destroy(new SallyportError(refusal.error, refusal.detail));
    });
  };
