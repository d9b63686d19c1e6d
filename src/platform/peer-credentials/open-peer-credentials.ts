/**
 * SO_PEERCRED and SO_PEERPIDFD through node:ffi, which is loaded only when asked for: the process
 * that never opens this never gets foreign functions. Without them every peer is refused.
 */
import { closeSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { peerErrors } from './errors.ts';
import type { PeerCredentials, PeerProcess } from './types.ts';

/** `getsockopt(fd, SOL_SOCKET, option)` into a buffer; the bytes written, or nothing on failure. */
export type GetSocketOption = (fd: number, option: number, size: number) => Buffer | undefined;

const solSocket = 1;
const soPeerCred = 17;
const soPeerPidfd = 77;
/** struct ucred: pid, uid, gid, 32 bits each. */
const ucredBytes = 12;
/** What uid and gid are when the socket has no peer credentials (TCP). */
const nobody = 0xff_ff_ff_ff;

/** The descriptor under a socket; Node has no public name for it. */
const descriptorOf = (socket: Socket): number | undefined => {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  const fd: unknown =
    typeof handle === 'object' && handle !== null && 'fd' in handle ? handle.fd : undefined;
  return typeof fd === 'number' && Number.isInteger(fd) && fd >= 0 ? fd : undefined;
};

const unknown = (what: string): Refusal => refuse(peerErrors.E_PEER_UNKNOWN, what);

const readPeer = (fd: number, getOption: GetSocketOption): PeerProcess | Refusal => {
  const bytes = getOption(fd, soPeerCred, ucredBytes);
  if (bytes?.length !== ucredBytes) return unknown('the socket has no peer credentials');
  const pid = bytes.readInt32LE(0);
  const uid = bytes.readUInt32LE(4);
  const gid = bytes.readUInt32LE(8);
  if (uid === nobody || gid === nobody) return unknown('the socket is not a unix socket');
  if (pid <= 0) return unknown('the peer is outside of this PID namespace');
  const pidfdBytes = getOption(fd, soPeerPidfd, 4);
  const pidfd = pidfdBytes?.length === 4 ? pidfdBytes.readInt32LE(0) : -1;
  return { pid, uid, gid, ...(pidfd >= 0 ? { pidfd } : {}) };
};

/** The process a pidfd stands for, as this namespace numbers it; −1 once it was reaped. */
const pidBehind = (pidfd: number): number | undefined => {
  try {
    const text = readFileSync(`/proc/self/fdinfo/${pidfd}`, 'latin1');
    const line = text.split('\n').find((part) => part.startsWith('Pid:'));
    return line === undefined ? undefined : Number(line.slice('Pid:'.length));
  } catch {
    return undefined;
  }
};

/** The room over any way of asking the kernel. */
export const peerCredentialsOver = (getOption: GetSocketOption): PeerCredentials => ({
  peerOf: (socket) => {
    const fd = descriptorOf(socket);
    return fd === undefined ? unknown('the socket is closed') : readPeer(fd, getOption);
  },
  isStillRunning: ({ pid, pidfd }) => pidfd !== undefined && pidBehind(pidfd) === pid,
  release: ({ pidfd }) => {
    if (pidfd !== undefined) closeSync(pidfd);
  },
});

const loadGetOption = async (): Promise<GetSocketOption> => {
  const { dlopen, getRawPointer } = await import('node:ffi');
  // The process itself: libc is linked in, whatever it is called on this system.
  const { functions } = dlopen(null, {
    getsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'pointer'], return: 'i32' },
  });
  const size = Buffer.alloc(4);
  return (fd, option, bytes) => {
    const value = Buffer.alloc(bytes);
    size.writeUInt32LE(bytes);
    const pointers = [getRawPointer(value), getRawPointer(size)] as const;
    if (functions.getsockopt(fd, solSocket, option, ...pointers) !== 0) return undefined;
    return value.subarray(0, size.readUInt32LE(0));
  };
};

const unsupported = (what: string): Refusal => refuse(peerErrors.E_PEER_UNSUPPORTED, what);

/**
 * Loads the foreign function. A refusal where it is not to be had (other systems than 64-bit
 * little-endian Linux, ffi switched off): the caller then serves nobody by credentials.
 */
export const openPeerCredentials = async (): Promise<PeerCredentials | Refusal> => {
  if (process.platform !== 'linux')
    return unsupported(`no peer credentials on ${process.platform}`);
  if (process.arch !== 'x64' && process.arch !== 'arm64')
    return unsupported(`peer credentials are not verified on ${process.arch}`);
  const getOption = await loadGetOption().catch(() => unsupported('node:ffi is not available'));
  return isRefusal(getOption) ? getOption : peerCredentialsOver(getOption);
};
