/**
 * Who connects to a socket: what the kernel says; and where it cannot be asked, for a socket that was
 * made for one user and carries that user's ownership, the owner. Everything else is refused.
 */
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import type { PeerCredentials } from '../../../platform/peer-credentials/index.ts';
import { byCredentials, type IdentifyPeer } from '../../workload-api/index.ts';

/** File ownership stands in for credentials only on a socket with an owner and mode 0600. */
export const identifyPeer = (credentials: PeerCredentials | Refusal): IdentifyPeer => {
  const byKernel = byCredentials(credentials);
  return (socket, place) => {
    if (!isRefusal(credentials) || place.kind !== 'unix') return byKernel(socket, place);
    const { uid, gid, mode = 0o600, path } = place;
    const isOneUsers = uid !== undefined && (mode & 0o077) === 0;
    if (!isOneUsers) return byKernel(socket, place);
    return { uid, gid: gid ?? uid, pid: 0, socket: path };
  };
};
