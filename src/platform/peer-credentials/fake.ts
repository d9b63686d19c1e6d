/** Peer credentials that say what the test says. */
import type { PeerCredentials, PeerProcess } from './types.ts';

export const fakePeerCredentials = (
  peer: PeerProcess = { pid: 4242, uid: 1000, gid: 1000 },
): PeerCredentials & { readonly released: readonly PeerProcess[] } => {
  const released: PeerProcess[] = [];
  return {
    released,
    peerOf: () => peer,
    isStillRunning: () => true,
    release: (one) => {
      released.push(one);
    },
  };
};
