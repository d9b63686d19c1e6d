/**
 * The exchanges in flight, each in a numbered place. Not a Set: a Set lays itself out anew every few
 * hundred changes, and what it leaves behind in the old generation keeps finished exchanges, with all
 * they hold, alive until the next full collection. A place that is left points to nothing.
 */

/** What takes a place; −1 while it has none. */
export type Placed = { place: number };

export class InFlight<T extends Placed> {
  readonly #places: (T | undefined)[] = [];
  readonly #free: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Takes a place; does nothing for who has one. */
  add(item: T): void {
    if (item.place >= 0) return;
    item.place = this.#free.pop() ?? this.#places.length;
    this.#places[item.place] = item;
    this.#size += 1;
  }

  /** Leaves the place; does nothing for who has none. */
  remove(item: T): void {
    if (item.place < 0) return;
    this.#places[item.place] = undefined;
    this.#free.push(item.place);
    item.place = -1;
    this.#size -= 1;
  }

  /** Those in flight, in no particular order; who leaves meanwhile is not visited any more. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.#places.length; i++) {
      const item = this.#places[i];
      if (item !== undefined) yield item;
    }
  }
}
