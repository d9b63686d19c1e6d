/**
 * Follows the log without gaps: what was appended in this thread comes from memory as long as it
 * fits, everything else is read back. One tail has one position and one consumer.
 */

export type TailOptions<T> = {
  readonly position: number;
  /** Items kept in memory ahead of the position. */
  readonly maxHeld: number;
  /** Reads items of the log, at least one when there is any in the range. */
  readonly load: (from: number, count: number) => Promise<readonly T[]>;
};

export class Tail<T> {
  readonly #options: TailOptions<T>;
  readonly #held = new Map<number, T>();
  #position: number;

  constructor(options: TailOptions<T>) {
    this.#options = options;
    this.#position = options.position;
  }

  /** Index of the next item. */
  get position(): number {
    return this.#position;
  }

  /** True when an item at this index would be kept. */
  wants(index: number): boolean {
    return index >= this.#position && this.#held.size < this.#options.maxHeld;
  }

  offer(index: number, item: T): void {
    if (this.wants(index)) this.#held.set(index, item);
  }

  /** The next items below `end`, at most `count`; does not move the position. */
  async peek(end: number, count: number): Promise<readonly T[]> {
    const last = Math.min(end, this.#position + count);
    const items = this.#heldFrom(this.#position, last);
    if (items.length > 0 || this.#position >= last) return items;
    let gap = this.#position + 1;
    while (gap < last && !this.#held.has(gap)) gap += 1;
    return this.#options.load(this.#position, gap - this.#position);
  }

  /** Moves the position past consumed items. */
  advance(count: number): void {
    for (let i = 0; i < count; i++) this.#held.delete(this.#position + i);
    this.#position += count;
  }

  #heldFrom(from: number, end: number): readonly T[] {
    const items: T[] = [];
    for (let index = from; index < end; index++) {
      const item = this.#held.get(index);
      if (item === undefined) break;
      items.push(item);
    }
    return items;
  }
}
