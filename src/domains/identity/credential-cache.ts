/**
 * Verified credentials by the SHA-256 of what was presented: no secret is kept, and finding one
 * takes the same time whatever it is. Two generations bound the size; what is used survives.
 */
import type { VerifiedIdentity } from './types.ts';

export type CachedCredential = {
  readonly identity: VerifiedIdentity;
  /** Epoch milliseconds of the last successful use. */
  lastUsedMs: number;
};

export class CredentialCache {
  readonly #half: number;
  readonly #onLeave: (entry: CachedCredential) => void;
  #young = new Map<string, CachedCredential>();
  #old = new Map<string, CachedCredential>();
  #generation = 0;

  /** `onLeave` sees every entry that is dropped, for what it knew of its last use. */
  constructor(maxEntries: number, onLeave: (entry: CachedCredential) => void = () => {}) {
    this.#onLeave = onLeave;
    this.#half = Math.max(1, Math.floor(maxEntries / 2));
  }

  /** Changes with every removal; a look-up that began before one must not be kept after it. */
  get generation(): number {
    return this.#generation;
  }

  get(key: string): CachedCredential | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#insert(key, old);
    return old;
  }

  /** Keeps an identity unless something was removed since `generation` was read. */
  put(key: string, identity: VerifiedIdentity, since: { generation: number; nowMs: number }): void {
    if (since.generation === this.#generation)
      this.#insert(key, { identity, lastUsedMs: since.nowMs });
  }

  #insert(key: string, entry: CachedCredential): void {
    if (this.#young.size >= this.#half) {
      for (const dropped of this.#old.values()) this.#onLeave(dropped);
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, entry);
  }

  delete(key: string): void {
    for (const map of [this.#young, this.#old]) this.#drop(map, key);
  }

  #drop(map: Map<string, CachedCredential>, key: string): void {
    const entry = map.get(key);
    if (entry === undefined) return;
    this.#onLeave(entry);
    map.delete(key);
  }

  /** Removes what matches; linear, for the rare case that something was revoked. */
  removeWhere(matches: (identity: VerifiedIdentity) => boolean): void {
    this.#generation += 1;
    for (const map of [this.#young, this.#old])
      for (const [key, { identity }] of map) if (matches(identity)) this.#drop(map, key);
  }

  clear(): void {
    this.removeWhere(() => true);
  }

  *entries(): IterableIterator<CachedCredential> {
    yield* this.#young.values();
    yield* this.#old.values();
  }
}
