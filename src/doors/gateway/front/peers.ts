/**
 * Remote addresses and what they did: open connections and failed proofs of identity. Bounded by
 * the connections there are and 10,000 addresses more; failures leak away with time.
 */
import type { Clock } from '../../../kernel/effects.ts';

/** One remote address (IPv6: one /64, which is what one subscriber holds). */
export type Peer = {
  readonly key: string;
  connections: number;
  failures: number;
  failuresAtMs: number;
  /** When the last failure without credential was put on record. */
  notedAtMs: number;
};

export type PeerLimits = {
  readonly maxConnectionsPerPeer: number;
  /** Failed authentications per peer before further failures are answered with 429. */
  readonly maxFailures: number;
  /** In this time all failures are forgiven. */
  readonly failureWindowMs: number;
};

/** Addresses of one subscriber share a key; IPv4-mapped addresses are their IPv4 address. */
export const peerKeyOf = (address: string): string => {
  const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  if (!plain.includes(':')) return plain;
  const [head = ''] = plain.split('::');
  const groups = head.split(':');
  while (groups.length < 4) groups.push('0');
  return `${groups.slice(0, 4).join(':')}::/64`;
};

const maxIdlePeers = 10_000;

export class Peers {
  readonly #clock: Clock;
  readonly #limits: PeerLimits;
  readonly #peers = new Map<string, Peer>();

  constructor(clock: Clock, limits: PeerLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get size(): number {
    return this.#peers.size;
  }

  of(address: string): Peer {
    const key = peerKeyOf(address);
    const known = this.#peers.get(key);
    if (known !== undefined) return known;
    if (this.#peers.size >= maxIdlePeers) this.#forgetIdle();
    const failuresAtMs = this.#clock.monotonicMs();
    const peer = { key, connections: 0, failures: 0, failuresAtMs, notedAtMs: -Infinity };
    this.#peers.set(key, peer);
    return peer;
  }

  /** Counts a connection; false when the peer holds as many as it may. */
  enter(peer: Peer): boolean {
    if (peer.connections >= this.#limits.maxConnectionsPerPeer) return false;
    // A forgotten peer that comes back through an old reference is listed again.
    this.#peers.set(peer.key, peer);
    peer.connections += 1;
    return true;
  }

  leave(peer: Peer): void {
    peer.connections -= 1;
    // Whoever failed is remembered across connections, until it is forgiven or space is needed.
    if (peer.connections === 0 && this.#decayed(peer) === 0) this.#peers.delete(peer.key);
  }

  failed(peer: Peer): void {
    // One more than the limit at most, so that a short silence always clears the slate.
    peer.failures = Math.min(this.#decayed(peer) + 1, this.#limits.maxFailures + 1);
  }

  isBlocked(peer: Peer): boolean {
    return this.#decayed(peer) > this.#limits.maxFailures;
  }

  /** Until the peer may fail again. */
  blockedForMs(peer: Peer): number {
    const { maxFailures, failureWindowMs } = this.#limits;
    return Math.max(0, this.#decayed(peer) - maxFailures) * (failureWindowMs / maxFailures);
  }

  #decayed(peer: Peer): number {
    const { maxFailures, failureWindowMs } = this.#limits;
    const nowMs = this.#clock.monotonicMs();
    const leaked = ((nowMs - peer.failuresAtMs) * maxFailures) / failureWindowMs;
    peer.failures = Math.max(0, peer.failures - leaked);
    peer.failuresAtMs = nowMs;
    return peer.failures;
  }

  #forgetIdle(): void {
    for (const [key, peer] of this.#peers) {
      if (this.#peers.size < maxIdlePeers) return;
      if (peer.connections === 0) this.#peers.delete(key);
    }
  }
}
