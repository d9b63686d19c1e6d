/**
 * Trains the digit reader: plain stochastic gradient descent on cross-entropy, seeded, a few
 * seconds on one core. The accuracy it reports is measured on digits it never learned from.
 * Alone: `node examples/factory/train.ts model.safetensors`.
 */
import { writeFileSync } from 'node:fs';
import { type Digit, loadDigits, pictureSize } from './digits.ts';
import { bestOf, createNetwork, forward, type Network } from './network.ts';
import { seededRandom, shuffle } from './random.ts';
import { encodeSafetensors } from './safetensors.ts';

export type Training = {
  readonly network: Network;
  readonly accuracy: number;
  readonly heldOut: readonly Digit[];
  readonly seconds: number;
};

const seed = 20_260_101;
const epochs = 6;
const firstRate = 0.03;

/** One step of gradient descent on one picture. */
const learn = (network: Network, digit: Digit, rate: number): void => {
  const { hidden, scores } = forward(network, digit.pixels);
  const { weights1, weights2, bias1, bias2 } = network;
  const blame = new Float32Array(hidden.length);
  scores[digit.label] = (scores[digit.label] as number) - 1;
  for (let j = 0; j < scores.length; j++)
    bias2[j] = (bias2[j] as number) - rate * (scores[j] as number);
  for (let i = 0; i < hidden.length; i++) {
    if (hidden[i] === 0) continue;
    const row = i * scores.length;
    let sum = 0;
    for (let j = 0; j < scores.length; j++) {
      const weight = weights2[row + j] as number;
      sum += weight * (scores[j] as number);
      weights2[row + j] = weight - rate * (hidden[i] as number) * (scores[j] as number);
    }
    blame[i] = rate * sum;
    bias1[i] = (bias1[i] as number) - rate * sum;
  }
  subtractOuter(weights1, digit.pixels, blame);
};

/** `weights[i] -= pixels[i] × blame`, blank pixels skipped. */
const subtractOuter = (weights: Float32Array, pixels: Float32Array, blame: Float32Array): void => {
  for (let i = 0; i < pixels.length; i++) {
    const pixel = pixels[i] as number;
    if (pixel === 0) continue;
    const row = i * blame.length;
    for (let j = 0; j < blame.length; j++)
      weights[row + j] = (weights[row + j] as number) - pixel * (blame[j] as number);
  }
};

/** Share of digits read correctly. */
export const measureAccuracy = (network: Network, digits: readonly Digit[]): number =>
  digits.filter(({ pixels, label }) => bestOf(forward(network, pixels).scores) === label).length /
  digits.length;

/** Trains from scratch and measures; `onEpoch` hears the held-out accuracy after each epoch. */
export const train = (onEpoch: (epoch: number, accuracy: number) => void): Training => {
  const startMs = performance.now();
  const { training, heldOut } = loadDigits(seed);
  const random = seededRandom(seed + 1);
  const network = createNetwork({ inputs: pictureSize, hidden: 64, outputs: 10 }, random);
  const order = [...training];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const rate = firstRate * (1 - (epoch - 1) / epochs);
    for (const digit of shuffle(order, random)) learn(network, digit, rate);
    onEpoch(epoch, measureAccuracy(network, heldOut));
  }
  const accuracy = measureAccuracy(network, heldOut);
  return { network, accuracy, heldOut, seconds: (performance.now() - startMs) / 1000 };
};

/** The network as a safetensors file. */
export const encodeNetwork = (network: Network): Uint8Array =>
  encodeSafetensors([
    { name: 'hidden.weight', shape: [network.inputs, network.hidden], data: network.weights1 },
    { name: 'hidden.bias', shape: [network.hidden], data: network.bias1 },
    { name: 'output.weight', shape: [network.hidden, network.outputs], data: network.weights2 },
    { name: 'output.bias', shape: [network.outputs], data: network.bias2 },
  ]);

if (import.meta.main) {
  const file = process.argv[2] ?? 'digits.safetensors';
  const { network, accuracy, heldOut, seconds } = train((epoch, share) =>
    process.stdout.write(`epoch ${epoch}: ${(share * 100).toFixed(2)} %\n`),
  );
  writeFileSync(file, encodeNetwork(network));
  process.stdout.write(
    `${file}: ${(accuracy * 100).toFixed(2)} % of ${heldOut.length} held-out digits` +
      ` in ${seconds.toFixed(1)} s\n`,
  );
}
