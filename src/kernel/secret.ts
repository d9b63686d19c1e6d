/** A value that cannot be printed: no toString, no JSON, no inspection shows what it holds. */
import { inspect } from 'node:util';

const redacted = '[secret]';

/**
 * Holds secret bytes or text. `reveal()` is the only way out; searching for it finds every use.
 * Strings stay strings (JavaScript cannot wipe them); `wipe()` zeroes byte secrets.
 */
export class Secret<T extends string | Uint8Array = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  /** Overwrites byte secrets with zeroes; does nothing for text. */
  wipe(): void {
    if (typeof this.#value !== 'string') this.#value.fill(0);
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [Symbol.toPrimitive](): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
