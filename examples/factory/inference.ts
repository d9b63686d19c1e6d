/**
 * Open Inference Protocol V2 (REST) for one model: metadata, request checks and the answer, free of
 * any network. A request that does not fit is answered 400 with `{error}`, as the protocol says.
 */
import { bestOf, forward, type Network } from './network.ts';
import { decodeSafetensors, type Tensor } from './safetensors.ts';

export type Answer = { readonly status: number; readonly body: unknown };

const modelName = 'digits';
const modelVersion = '1';
const maxBatch = 64;

const metadata = {
  name: modelName,
  versions: [modelVersion],
  platform: 'sallyport-example',
  inputs: [{ name: 'pixels', datatype: 'FP32', shape: [-1, 784] }],
  outputs: [
    { name: 'label', datatype: 'INT64', shape: [-1, 1] },
    { name: 'scores', datatype: 'FP32', shape: [-1, 10] },
  ],
};

const bad = (error: string): Answer => ({ status: 400, body: { error } });

const sided = (tensor: Tensor | undefined, sides: number): Tensor => {
  if (tensor?.shape.length !== sides) throw new Error('the model file is not the digit reader');
  return tensor;
};

/** The network in a safetensors file; throws when the file holds something else. */
export const decodeNetwork = (bytes: Uint8Array): Network => {
  const tensors = decodeSafetensors(bytes);
  const first = sided(tensors.get('hidden.weight'), 2);
  const second = sided(tensors.get('output.weight'), 2);
  const [inputs = 0, hidden = 0] = first.shape;
  const [rows = 0, outputs = 0] = second.shape;
  const bias1 = sided(tensors.get('hidden.bias'), 1).data;
  const bias2 = sided(tensors.get('output.bias'), 1).data;
  if (rows !== hidden || bias1.length !== hidden || bias2.length !== outputs)
    throw new Error('the layers of the model file do not fit together');
  return { inputs, hidden, outputs, weights1: first.data, bias1, weights2: second.data, bias2 };
};

type RequestTensor = {
  readonly name?: unknown;
  readonly datatype?: unknown;
  readonly shape?: unknown;
  readonly data?: unknown;
};

/** The pixels of a request as one flat list, or what is wrong with it. */
const readPixels = (request: unknown, width: number): Float32Array | string => {
  const { inputs } = (request ?? {}) as { readonly inputs?: unknown };
  if (!Array.isArray(inputs) || inputs.length !== 1) return 'exactly one input is wanted';
  const tensor = (inputs[0] ?? {}) as RequestTensor;
  if (tensor.name !== 'pixels' || tensor.datatype !== 'FP32') return 'the input is pixels, FP32';
  const shape: readonly unknown[] = Array.isArray(tensor.shape) ? tensor.shape : [];
  const [batch, columns] = shape;
  if (shape.length !== 2 || columns !== width) return `the shape is [n, ${width}]`;
  if (typeof batch !== 'number' || !Number.isInteger(batch) || batch < 1 || batch > maxBatch)
    return `n is 1 to ${maxBatch}`;
  const data: readonly unknown[] = Array.isArray(tensor.data) ? tensor.data.flat() : [];
  if (data.length !== batch * width) return 'the data does not fill the shape';
  if (!data.every((value) => typeof value === 'number')) return 'the data are numbers';
  return Float32Array.from(data as readonly number[]);
};

/** Answers one infer request. */
export const infer = (network: Network, request: unknown): Answer => {
  const pixels = readPixels(request, network.inputs);
  if (typeof pixels === 'string') return bad(pixels);
  const batch = pixels.length / network.inputs;
  const scores = Array.from({ length: batch }, (_, i) => {
    const picture = pixels.subarray(i * network.inputs, (i + 1) * network.inputs);
    return forward(network, picture).scores;
  });
  const { id } = request as { readonly id?: unknown };
  const outputs = [
    { name: 'label', datatype: 'INT64', shape: [batch, 1], data: scores.map(bestOf) },
    {
      name: 'scores',
      datatype: 'FP32',
      shape: [batch, network.outputs],
      data: scores.flatMap((row) => [...row]),
    },
  ];
  const named = typeof id === 'string' ? { id } : {};
  return {
    status: 200,
    body: { model_name: modelName, model_version: modelVersion, ...named, outputs },
  };
};

/** Answers everything that is asked with GET. */
export const describe = (path: string): Answer => {
  const base = `/v2/models/${modelName}`;
  const bare = path.replace(`${base}/versions/${modelVersion}`, base);
  switch (bare) {
    case '/v2':
      return { status: 200, body: { name: 'factory-model-server', version: '1', extensions: [] } };
    case '/v2/health/live':
      return { status: 200, body: { live: true } };
    case '/v2/health/ready':
      return { status: 200, body: { ready: true } };
    case base:
      return { status: 200, body: metadata };
    case `${base}/ready`:
      return { status: 200, body: { name: modelName, ready: true } };
    default:
      return { status: 404, body: { error: 'no such model or path' } };
  }
};

/** True for the infer path of the model, with or without its version. */
export const isInferPath = (path: string): boolean =>
  path === `/v2/models/${modelName}/infer` ||
  path === `/v2/models/${modelName}/versions/${modelVersion}/infer`;
