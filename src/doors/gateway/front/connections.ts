/**
 * What the gateway remembers of a connection: the address behind it, the identity it proved by
 * certificate, and which answer is on its way, so that nothing is ever written into another one.
 */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../kernel/effects.ts';
import type { CedarValue } from '../../../domains/access/index.ts';
import type { VerifiedIdentity } from '../../../domains/identity/index.ts';
import { type Peer, type PeerLimits, Peers } from './peers.ts';

export type Connection = {
  /** Address as the socket tells it, for policies; personal. */
  readonly address: string;
  /** Opaque name for records. */
  readonly uid: string;
  readonly peer: Peer;
  readonly isTls: boolean;
  /** Identity of the client certificate; judged again when it is old news or news came in. */
  certificateIdentity: VerifiedIdentity | undefined;
  certificateCheckedAtMs: number;
  /** What was known of identities when it was judged. */
  certificateRevision: number;
  /** Last response begun here, and whether it waits behind an unfinished one. */
  latest: ServerResponse | undefined;
  isPipelined: boolean;
  /** Requests taken from this connection whose answers have not left completely. */
  unanswered: number;
  /** The listener serves nobody without a good client certificate. */
  needsCertificate: boolean;
  /** Credential last put on record for this connection. */
  notedCredential: string;
  /** What policies are told of the network; made at the first decision. */
  networkFacts: CedarValue | undefined;
};

type SocketFacts = { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean };

export type Connections = {
  readonly peers: Peers;
  /** Counts a new connection, before any handshake; false when the peer holds too many. */
  readonly admit: (socket: Duplex & SocketFacts) => boolean;
  /** What is known of the connection a request came on. */
  readonly of: (socket: Duplex & SocketFacts) => Connection;
  readonly count: () => number;
};

export const createConnections = (options: {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly limits: PeerLimits;
}): Connections => {
  const peers = new Peers(options.clock, options.limits);
  const known = new WeakMap<object, Connection>();
  let open = 0;
  const remember = (socket: Duplex & SocketFacts): Connection => {
    const address = socket.remoteAddress ?? 'unknown';
    const connection: Connection = {
      address,
      uid: options.newId(),
      peer: peers.of(address),
      isTls: socket.encrypted === true,
      certificateIdentity: undefined,
      certificateCheckedAtMs: -Infinity,
      certificateRevision: -1,
      latest: undefined,
      isPipelined: false,
      unanswered: 0,
      needsCertificate: false,
      notedCredential: '',
      networkFacts: undefined,
    };
    known.set(socket, connection);
    return connection;
  };
  return {
    peers,
    admit: (socket) => {
      const peer = peers.of(socket.remoteAddress ?? 'unknown');
      if (!peers.enter(peer)) return false;
      open += 1;
      socket.once('close', () => {
        open -= 1;
        peers.leave(peer);
      });
      return true;
    },
    of: (socket) => known.get(socket) ?? remember(socket),
    count: () => open,
  };
};
