/** Who is at the other end of a unix socket: see README.md. */
export { peerErrors } from './errors.ts';
export { openPeerCredentials } from './open-peer-credentials.ts';
export type { PeerCredentials, PeerProcess } from './types.ts';
