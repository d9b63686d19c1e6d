/**
 * A multi-layer perceptron with one hidden layer (784 → 64 → 10, ReLU, softmax), written out as
 * loops over Float32Array. Weights are stored per input, so that blank pixels cost nothing.
 */

export type Network = {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
  /** `inputs` rows of `hidden` weights. */
  readonly weights1: Float32Array;
  readonly bias1: Float32Array;
  /** `hidden` rows of `outputs` weights. */
  readonly weights2: Float32Array;
  readonly bias2: Float32Array;
};

export type Activations = { readonly hidden: Float32Array; readonly scores: Float32Array };

/** A network with small random weights (He initialisation) and zero biases. */
export const createNetwork = (
  shape: { readonly inputs: number; readonly hidden: number; readonly outputs: number },
  random: () => number,
): Network => {
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const layer = (rows: number, columns: number): Float32Array =>
    Float32Array.from({ length: rows * columns }, () => normal() * Math.sqrt(2 / rows));
  return {
    ...shape,
    weights1: layer(shape.inputs, shape.hidden),
    bias1: new Float32Array(shape.hidden),
    weights2: layer(shape.hidden, shape.outputs),
    bias2: new Float32Array(shape.outputs),
  };
};

/** `output += Σ input[i] × weights[i]`, rows of blank inputs skipped. */
const addProduct = (output: Float32Array, input: Float32Array, weights: Float32Array): void => {
  const width = output.length;
  for (let i = 0; i < input.length; i++) {
    const value = input[i] as number;
    if (value === 0) continue;
    const row = i * width;
    for (let j = 0; j < width; j++)
      output[j] = (output[j] as number) + value * (weights[row + j] as number);
  }
};

const softmaxInPlace = (values: Float32Array): void => {
  const highest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let i = 0; i < values.length; i++)
    sum += values[i] = Math.exp((values[i] as number) - highest);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) / sum;
};

/** Runs one picture through the network; `scores` are probabilities that add up to 1. */
export const forward = (network: Network, pixels: Float32Array): Activations => {
  const hidden = Float32Array.from(network.bias1);
  addProduct(hidden, pixels, network.weights1);
  for (let i = 0; i < hidden.length; i++) if ((hidden[i] as number) < 0) hidden[i] = 0;
  const scores = Float32Array.from(network.bias2);
  addProduct(scores, hidden, network.weights2);
  softmaxInPlace(scores);
  return { hidden, scores };
};

/** Index of the highest score. */
export const bestOf = (scores: Float32Array): number => scores.indexOf(Math.max(...scores));
