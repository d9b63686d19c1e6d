/** Byte mutations of good inputs, the same ones for the same seed: the fuzzers of this repository. */

/** Park and Miller's generator: reproducible, good enough to choose places. */
export const createDice = (seed: number): ((sides: number) => number) => {
  let state = (seed % 2_147_483_646) + 1;
  return (sides) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % sides;
  };
};

type Dice = (sides: number) => number;
type Mutation = (bytes: Uint8Array, dice: Dice) => Uint8Array;

const interesting = [0x00, 0x01, 0x1f, 0x22, 0x5c, 0x7f, 0x80, 0x9f, 0xbf, 0xff];

const place = (bytes: Uint8Array, dice: Dice): number => dice(bytes.length + 1);

const mutationKinds: readonly Mutation[] = [
  (bytes, dice) => {
    const copy = Uint8Array.from(bytes);
    const at = place(copy, dice);
    if (at < copy.length) copy[at] = (copy[at] as number) ^ (1 << dice(8));
    return copy;
  },
  (bytes, dice) => {
    const copy = Uint8Array.from(bytes);
    const at = place(copy, dice);
    if (at < copy.length) copy[at] = interesting[dice(interesting.length)] as number;
    return copy;
  },
  (bytes, dice) => bytes.slice(0, place(bytes, dice)),
  (bytes, dice) => {
    const at = place(bytes, dice);
    return Buffer.concat([bytes.subarray(0, at), Uint8Array.of(dice(256)), bytes.subarray(at)]);
  },
  (bytes, dice) => {
    const at = place(bytes, dice);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + dice(4))]);
  },
  (bytes, dice) => {
    const from = place(bytes, dice);
    const part = bytes.subarray(from, from + dice(16));
    const at = place(bytes, dice);
    return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
  },
];

/** `count` mutants, each one to four steps away from one of the seeds. */
export const mutants = function* (
  seeds: readonly Uint8Array[],
  { count, seed = 1 }: { readonly count: number; readonly seed?: number },
): Generator<Uint8Array> {
  const dice = createDice(seed);
  for (let i = 0; i < count; i++) {
    let bytes = seeds[dice(seeds.length)] ?? new Uint8Array(0);
    for (let steps = 1 + dice(4); steps > 0; steps--)
      bytes = (mutationKinds[dice(mutationKinds.length)] as Mutation)(bytes, dice);
    yield bytes;
  }
};
