/** TLS of the proxy: version 1.3, the hybrid group first, our newest SVID, the peer always asked for its own. */
import {
  createSecureContext,
  connect as connectTls,
  type SecureContext,
  TLSSocket,
} from 'node:tls';
import type { Socket } from 'node:net';
import { encodePem } from '../../../engines/pki/index.ts';
import type { X509Identity } from '../../workload-api/index.ts';
import type { ProxyOptions } from './types.ts';

const hybridOnly = 'X25519MLKEM768';
const hybridFirst = 'X25519MLKEM768:X25519';

export type ContextOf = () => SecureContext | undefined;

/** A context of the newest identity; made anew only when that has changed. */
export const createContexts = ({
  state,
  requirePq,
}: Pick<ProxyOptions, 'state' | 'requirePq'>): ContextOf => {
  let made: { readonly of: X509Identity; readonly context: SecureContext } | undefined;
  return () => {
    const identity = state()?.identities[0];
    if (identity === undefined) return undefined;
    if (made?.of === identity) return made.context;
    const context = createSecureContext({
      key: encodePem('PRIVATE KEY', identity.privateKey.reveal()),
      cert: identity.chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
      minVersion: 'TLSv1.3',
      ecdhCurve: requirePq ? hybridOnly : hybridFirst,
    });
    made = { of: identity, context };
    return context;
  };
};

/** The server's side on a connection whose first bytes were looked at and put back. */
export const acceptTls = (socket: Socket, secureContext: SecureContext): TLSSocket =>
  new TLSSocket(socket, {
    isServer: true,
    secureContext,
    requestCert: true,
    // SPIFFE knows no host names: the chain is judged by us.
    rejectUnauthorized: false,
  });

/** The client's side on a connection to the peer. */
export const dialTls = (
  socket: Socket,
  secureContext: SecureContext,
  requirePq: boolean,
): TLSSocket =>
  connectTls({
    socket,
    secureContext,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    ecdhCurve: requirePq ? hybridOnly : hybridFirst,
  });

/** The group of a finished handshake, on the client's side. */
export const negotiatedGroup = (socket: TLSSocket): string => {
  const info: unknown = socket.getEphemeralKeyInfo();
  const name = typeof info === 'object' && info !== null && 'name' in info ? info.name : undefined;
  return typeof name === 'string' ? name : 'unknown';
};
