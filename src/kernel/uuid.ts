/**
 * UUID version 7, RFC 9562 section 5.7: sorted by time of making. The order holds within one
 * factory, also inside a millisecond and when the wall clock steps back (section 6.2, method 1).
 */
import type { Clock, Random } from './effects.ts';

const hexDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The counter fills rand_a and the first 14 bits of rand_b: 26 bits, seeded with the top bit 0. */
const counterLimit = 2 ** 26;
const randomBytes = 10;

const format = (bytes: Uint8Array): string => {
  let text = '';
  for (let i = 0; i < bytes.length; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-';
    text += hexDigits[bytes[i] as number] as string;
  }
  return text;
};

/**
 * Makes a generator of UUIDv7 texts, strictly increasing for the life of the generator.
 *
 * @example const newId = uuidv7(systemClock, systemRandom); newId();
 */
export const uuidv7 = (clock: Clock, random: Random): (() => string) => {
  let lastMs = -1;
  let counter = 0;
  return () => {
    const noise = random.bytes(randomBytes);
    const nowMs = clock.nowMs();
    const seed = new DataView(noise.buffer, noise.byteOffset).getUint32(0) % (counterLimit / 2);
    if (nowMs > lastMs) {
      lastMs = nowMs;
      counter = seed;
    } else if (++counter >= counterLimit) {
      lastMs += 1;
      counter = seed;
    }
    return format(layout(lastMs, counter, noise));
  };
};

const layout = (timeMs: number, counter: number, noise: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(timeMs / 0x10000));
  view.setUint16(4, timeMs % 0x10000);
  view.setUint16(6, 0x7000 | (counter >>> 14));
  view.setUint16(8, 0x8000 | (counter & 0x3fff));
  bytes.set(noise.subarray(4), 10);
  return bytes;
};
