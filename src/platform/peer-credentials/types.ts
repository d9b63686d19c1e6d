/** Who is at the other end of a unix socket, as the kernel wrote it down at connect time. */
import type { Socket } from 'node:net';
import type { Refusal } from '../../kernel/errors.ts';

export type PeerProcess = {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Open descriptor of exactly this process (Linux 6.5 and later); whoever asked closes it. */
  readonly pidfd?: number;
};

export type PeerCredentials = {
  /** Asks before anything is read from the socket. Refuses other sockets than unix ones. */
  readonly peerOf: (socket: Socket) => PeerProcess | Refusal;
  /**
   * True while `pid` still means the process that connected. Ask after reading `/proc/<pid>`: what
   * was read is then about the peer and not about a later process with the same number. Without a
   * pidfd the answer is false: it cannot be known.
   */
  readonly isStillRunning: (peer: PeerProcess) => boolean;
  /** Closes the pidfd, if there is one. */
  readonly release: (peer: PeerProcess) => void;
};
