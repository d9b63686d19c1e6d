/**
 * The SVIDs of this node: one slot per entry, or per entry and instance. What is held is served until
 * it ends, whether or not the server can be reached; renewals are spread; a failure is tried again
 * for as long as the slot is wanted. Times are measured by the monotonic clock.
 */
import { parseCertificate } from '../../../engines/pki/index.ts';
import { encodeHex } from '../../../kernel/hex.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { SpiffeId } from '../../../kernel/ids.ts';
import { agentErrors } from '../errors.ts';
import { fractionOf } from '../sync/backoff.ts';
import type { ServerTime } from '../sync/server-time.ts';
import type { AgentEntry, Effects } from '../types.ts';
import { createDueList } from './due-list.ts';
import type { FreshSvid, Issuer } from './issuer.ts';
import { renewAfterMs, retryAfterMs } from './renewal-times.ts';

export type HeldSvid = FreshSvid & { readonly spiffeId: SpiffeId };

/** What the leaf says about itself; read when a list of revocations asks. */
export type LeafFacts = { readonly serialNumber: string; readonly issuerKeyId: string };

export type SlotKey = string & { readonly slot: true };

export type SvidCache = {
  /** Makes the slot wanted; the first SVID is asked for at once. */
  readonly want: (entry: AgentEntry, instance?: string) => SlotKey;
  /** What may be served now. */
  readonly get: (key: SlotKey) => HeldSvid | undefined;
  /** Waits for the first answer of a wanted slot, whatever it is. */
  readonly settled: (key: SlotKey) => Promise<HeldSvid | Refusal>;
  /** Takes an SVID from service at once and asks for another; for revoked ones. */
  readonly discard: (key: SlotKey) => void;
  /** Asks for another and serves the present one until then; for changed entries, tainted issuers. */
  readonly renew: (key: SlotKey) => void;
  readonly drop: (key: SlotKey) => void;
  /** Nobody uses it now: it stays until it would be renewed and goes then, unless wanted again. */
  readonly release: (key: SlotKey) => void;
  /** True while an answer of the server is awaited. */
  readonly isPending: (key: SlotKey) => boolean;
  readonly keysOf: (entryId: string) => readonly SlotKey[];
  readonly facts: (key: SlotKey) => LeafFacts | undefined;
  readonly keys: () => Iterable<SlotKey>;
  readonly size: () => number;
  /** Renews what is due and lets go of what has ended. */
  readonly tick: () => void;
  readonly onChange: (listener: (key: SlotKey) => void) => () => void;
};

type Slot = {
  readonly key: SlotKey;
  readonly entryId: string;
  readonly instance: string | undefined;
  entry: AgentEntry;
  svid: HeldSvid | undefined;
  facts: LeafFacts | undefined;
  refusal: Refusal | undefined;
  failures: number;
  isPending: boolean;
  /** Renew again as soon as the pending answer is there. */
  isDirty: boolean;
  isIdle: boolean;
  issues: number;
  waiting: ((answer: HeldSvid | Refusal) => void)[];
};

export type SvidCacheOptions = {
  readonly issuer: Issuer;
  readonly time: ServerTime;
  readonly random: Effects['random'];
};

const keyOf = (entryId: string, instance: string | undefined): SlotKey =>
  (instance === undefined ? entryId : `${entryId}/${instance}`) as SlotKey;

const idOf = (entry: AgentEntry, instance: string | undefined): SpiffeId =>
  (instance === undefined ? entry.spiffeId : `${entry.spiffeId}/${instance}`) as SpiffeId;

/** What the leaf of a chain says of itself; undefined when it cannot be read. */
export const readFacts = ({
  chain,
}: {
  readonly chain: readonly Uint8Array[];
}): LeafFacts | undefined => {
  const leaf = parseCertificate(chain[0] ?? new Uint8Array(0));
  if (isRefusal(leaf)) return undefined;
  const keyId = leaf.extensions.authorityKeyId ?? new Uint8Array(0);
  return { serialNumber: leaf.serialNumber, issuerKeyId: encodeHex(keyId) };
};

const gone = refuse(agentErrors.E_AGENT_WORKLOAD, 'the entry is gone');

const newSlot = (entry: AgentEntry, instance: string | undefined): Slot => ({
  key: keyOf(entry.id, instance),
  entryId: entry.id,
  instance,
  entry,
  svid: undefined,
  facts: undefined,
  refusal: undefined,
  failures: 0,
  isPending: false,
  isDirty: false,
  isIdle: false,
  issues: 0,
  waiting: [],
});

const settle = (slot: Slot, answer: HeldSvid | Refusal): void => {
  for (const resolve of slot.waiting.splice(0)) resolve(answer);
};

class Slots implements SvidCache {
  readonly #options: SvidCacheOptions;
  readonly #slots = new Map<SlotKey, Slot>();
  readonly #byEntry = new Map<string, Set<SlotKey>>();
  readonly #renewals = createDueList<Slot>();
  readonly #endings = createDueList<Slot>();
  readonly #listeners = new Set<(key: SlotKey) => void>();

  constructor(options: SvidCacheOptions) {
    this.#options = options;
  }

  #tell(slot: Slot): void {
    for (const listener of this.#listeners) listener(slot.key);
  }

  #leftMs({ svid }: Slot): number {
    return (svid?.expiresAtMs ?? 0) - this.#options.time.nowMs();
  }

  #succeed(slot: Slot, fresh: FreshSvid): void {
    const { time, random } = this.#options;
    const svid = { ...fresh, spiffeId: idOf(slot.entry, slot.instance) };
    Object.assign(slot, { svid, facts: undefined, refusal: undefined, failures: 0 });
    const lifeMs = Math.max(0, this.#leftMs(slot));
    const kind = slot.issues === 0 ? 'first' : 'later';
    slot.issues += 1;
    const now = time.monotonicMs();
    const waitMs = slot.isDirty ? 0 : renewAfterMs(lifeMs, kind, fractionOf(random));
    slot.isDirty = false;
    this.#renewals.put(slot, now + waitMs);
    this.#endings.put(slot, now + lifeMs);
    settle(slot, svid);
    this.#tell(slot);
  }

  #fail(slot: Slot, refusal: Refusal): void {
    const { time, random } = this.#options;
    slot.refusal = refusal;
    slot.failures += 1;
    const leftMs = Math.max(0, this.#leftMs(slot));
    const waitMs = retryAfterMs(slot.failures, leftMs, fractionOf(random));
    this.#renewals.put(slot, time.monotonicMs() + waitMs);
    if (slot.svid !== undefined) return;
    settle(slot, refusal);
    this.#tell(slot);
  }

  #ask(slot: Slot): void {
    if (slot.isPending) {
      slot.isDirty = true;
      return;
    }
    slot.isPending = true;
    this.#renewals.remove(slot);
    const { entryId, instance } = slot;
    const wish = instance === undefined ? { entryId } : { entryId, instance };
    void this.#options.issuer.issue(wish).then((answer) => {
      slot.isPending = false;
      if (this.#slots.get(slot.key) !== slot) return;
      if (isRefusal(answer)) this.#fail(slot, answer);
      else this.#succeed(slot, answer);
    });
  }

  #take(slot: Slot): void {
    if (slot.svid === undefined) return;
    slot.svid = undefined;
    this.#endings.remove(slot);
    this.#tell(slot);
  }

  want(entry: AgentEntry, instance?: string): SlotKey {
    const known = this.#slots.get(keyOf(entry.id, instance));
    if (known !== undefined) {
      known.entry = entry;
      known.isIdle = false;
      return known.key;
    }
    const slot = newSlot(entry, instance);
    this.#slots.set(slot.key, slot);
    const keys = this.#byEntry.get(entry.id) ?? new Set();
    this.#byEntry.set(entry.id, keys.add(slot.key));
    this.#ask(slot);
    return slot.key;
  }

  get(key: SlotKey): HeldSvid | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined || this.#leftMs(slot) <= 0 ? undefined : slot.svid;
  }

  settled(key: SlotKey): Promise<HeldSvid | Refusal> {
    const slot = this.#slots.get(key);
    if (slot === undefined) return Promise.resolve(gone);
    const { svid, refusal } = slot;
    if (svid !== undefined) return Promise.resolve(svid);
    if (refusal !== undefined && !slot.isPending) return Promise.resolve(refusal);
    return new Promise((resolve) => {
      slot.waiting.push(resolve);
    });
  }

  discard(key: SlotKey): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    // Asked for first: whoever is told that it is gone sees that another is on its way.
    this.#ask(slot);
    this.#take(slot);
  }

  renew(key: SlotKey): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) this.#ask(slot);
  }

  drop(key: SlotKey): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    const keys = this.#byEntry.get(slot.entryId);
    keys?.delete(key);
    if (keys?.size === 0) this.#byEntry.delete(slot.entryId);
    this.#renewals.remove(slot);
    this.#endings.remove(slot);
    settle(slot, gone);
  }

  release(key: SlotKey): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) slot.isIdle = true;
  }

  isPending(key: SlotKey): boolean {
    return this.#slots.get(key)?.isPending === true;
  }

  keysOf(entryId: string): readonly SlotKey[] {
    return [...(this.#byEntry.get(entryId) ?? [])];
  }

  facts(key: SlotKey): LeafFacts | undefined {
    const slot = this.#slots.get(key);
    if (slot?.svid === undefined) return undefined;
    slot.facts ??= readFacts(slot.svid);
    return slot.facts;
  }

  keys(): Iterable<SlotKey> {
    return this.#slots.keys();
  }

  size(): number {
    return this.#slots.size;
  }

  tick(): void {
    const now = this.#options.time.monotonicMs();
    for (const slot of this.#renewals.take(now))
      if (slot.isIdle) this.drop(slot.key);
      else this.#ask(slot);
    for (const slot of this.#endings.take(now)) {
      const left = this.#leftMs(slot);
      // The server's clock may see the end a little later than our monotonic one.
      if (left > 0) this.#endings.put(slot, now + left);
      else this.#take(slot);
    }
  }

  onChange(listener: (key: SlotKey) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Creates an empty cache; call `tick` a few times a second. */
export const createSvidCache = (options: SvidCacheOptions): SvidCache => new Slots(options);
