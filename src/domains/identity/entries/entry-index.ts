/**
 * All entries in memory, found by the agent they are for: directly, or through the node selectors
 * that the entry asks for. Equal sets of node selectors are kept once and filed under one of their
 * members, so that finding an agent's entries costs what the agent has, not what exists.
 */
import type { SpiffeId } from '../../../kernel/ids.ts';
import { matches } from './selectors.ts';
import type { RegistrationEntry } from './types.ts';

/** A node as entries see it. */
export type NodeView = { readonly agentId: SpiffeId; readonly selectors: ReadonlySet<string> };

/** Entries for the nodes that have these selectors. */
type Alias = { readonly selectors: readonly string[]; readonly ids: Set<string> };

/** True when the entry is for this node. */
export const isFor = ({ parent }: RegistrationEntry, node: NodeView): boolean =>
  parent.kind === 'agent'
    ? parent.agentId === node.agentId
    : matches(parent.selectors, node.selectors);

export class EntryIndex {
  readonly #entries = new Map<string, RegistrationEntry>();
  readonly #byAgent = new Map<SpiffeId, Set<string>>();
  /** By one selector of the set, then by the whole set. */
  readonly #aliases = new Map<string, Map<string, Alias>>();
  readonly #bySpiffeId = new Map<SpiffeId, Set<string>>();
  /** Ids whose entry ends, with the time. */
  readonly #ends = new Map<string, number>();

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): RegistrationEntry | undefined {
    return this.#entries.get(id);
  }

  ids(): IterableIterator<string> {
    return this.#entries.keys();
  }

  /** False when the index already has this version or a later one. */
  put(entry: RegistrationEntry): boolean {
    const known = this.#entries.get(entry.id);
    if (known !== undefined && known.version >= entry.version) return false;
    this.remove(entry.id);
    this.#entries.set(entry.id, entry);
    this.#placeOf(entry).add(entry.id);
    setOf(this.#bySpiffeId, entry.spiffeId).add(entry.id);
    if (entry.expiresAtMs !== undefined) this.#ends.set(entry.id, entry.expiresAtMs);
    return true;
  }

  remove(id: string): RegistrationEntry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    this.#entries.delete(id);
    this.#ends.delete(id);
    dropFrom(this.#bySpiffeId, entry.spiffeId, id);
    const { parent } = entry;
    if (parent.kind === 'agent') dropFrom(this.#byAgent, parent.agentId, id);
    else this.#leaveAlias(parent.selectors, id);
    return entry;
  }

  /** Every entry for this node. */
  *entriesFor(node: NodeView): IterableIterator<RegistrationEntry> {
    yield* this.#named(this.#byAgent.get(node.agentId));
    for (const selector of node.selectors)
      for (const alias of this.#aliases.get(selector)?.values() ?? [])
        if (matches(alias.selectors, node.selectors)) yield* this.#named(alias.ids);
  }

  /** Entries with exactly this SPIFFE ID. */
  withSpiffeId(spiffeId: SpiffeId): IterableIterator<RegistrationEntry> {
    return this.#named(this.#bySpiffeId.get(spiffeId));
  }

  /** Ids of entries that have ended. */
  ended(nowMs: number): readonly string[] {
    return [...this.#ends].filter(([, endMs]) => endMs <= nowMs).map(([id]) => id);
  }

  *#named(ids: Iterable<string> = []): IterableIterator<RegistrationEntry> {
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (entry !== undefined) yield entry;
    }
  }

  #placeOf({ parent }: RegistrationEntry): Set<string> {
    if (parent.kind === 'agent') return setOf(this.#byAgent, parent.agentId);
    const { selectors } = parent;
    const key = keyOf(selectors);
    const pivot = selectors[0] ?? '';
    const filed = this.#aliases.get(pivot) ?? new Map<string, Alias>();
    this.#aliases.set(pivot, filed);
    const alias = filed.get(key) ?? { selectors, ids: new Set() };
    filed.set(key, alias);
    return alias.ids;
  }

  #leaveAlias(selectors: readonly string[], id: string): void {
    const pivot = selectors[0] ?? '';
    const filed = this.#aliases.get(pivot);
    const alias = filed?.get(keyOf(selectors));
    alias?.ids.delete(id);
    if (alias?.ids.size === 0) filed?.delete(keyOf(selectors));
    if (filed?.size === 0) this.#aliases.delete(pivot);
  }
}

/** Selectors hold no control characters, so this cannot join two sets into one. */
const keyOf = (selectors: readonly string[]): string => selectors.join('\n');

const setOf = <K>(map: Map<K, Set<string>>, key: K): Set<string> => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh = new Set<string>();
  map.set(key, fresh);
  return fresh;
};

const dropFrom = <K>(map: Map<K, Set<string>>, key: K, id: string): void => {
  const ids = map.get(key);
  ids?.delete(id);
  if (ids?.size === 0) map.delete(key);
};
