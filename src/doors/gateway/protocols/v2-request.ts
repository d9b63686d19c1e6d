/**
 * Inference requests of the Open Inference Protocol V2 (REST): names, datatypes, shapes, element
 * counts and values, against the protocol and against what the endpoint declares.
 */
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import {
  isJsonObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
} from '../../../kernel/json-value.ts';
import {
  type Endpoint,
  type TensorDatatype,
  type TensorSpec,
  tensorDatatypes,
} from '../../../domains/endpoints/index.ts';
import { gatewayErrors } from '../errors.ts';
import { dataFault, elementCount, elementRule } from './tensor-data.ts';

const maxTensors = 64;
const maxAxes = 16;
const maxNameLength = 256;
const maxParameters = 64;

const datatypes: ReadonlySet<string> = new Set(tensorDatatypes);

/** Parameters of the binary tensor extension: bytes the gateway could not read. */
const binaryParameters: ReadonlySet<string> = new Set([
  'binary_data',
  'binary_data_size',
  'binary_data_output',
  'shared_memory_region',
  'shared_memory_offset',
  'shared_memory_byte_size',
]);

/** What a valid request asks for. */
export type V2Ask = { readonly elements: number; readonly tensors: number };

const bad = (param: string, what: string): Refusal =>
  refuse(gatewayErrors.E_REQUEST_INVALID, `${param}: ${what}`, { param });
const mismatch = (param: string, what: string): Refusal =>
  refuse(gatewayErrors.E_TENSOR_INVALID, `${param}: ${what}`, { param });

const checkParameters = (value: JsonValue | undefined, param: string): Refusal | undefined => {
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) return bad(param, 'must be an object');
  const entries = Object.entries(value);
  if (entries.length > maxParameters) return bad(param, `holds more than ${maxParameters} members`);
  for (const [name, member] of entries) {
    if (binaryParameters.has(name))
      return refuse(gatewayErrors.E_BINARY_TENSORS, `${param}.${name} was sent`, { param });
    if (typeof member === 'object') return bad(param, 'values must be strings, numbers, booleans');
  }
  return undefined;
};

const isName = (name: JsonValue | undefined): name is string =>
  typeof name === 'string' && name.length > 0 && name.length <= maxNameLength;

const isShape = (shape: JsonValue | undefined): shape is readonly number[] =>
  Array.isArray(shape) &&
  shape.length <= maxAxes &&
  shape.every((size) => Number.isSafeInteger(size) && (size as number) > 0);

const checkSpec = (
  place: string,
  tensor: { readonly datatype: string; readonly shape: readonly number[] },
  spec: TensorSpec,
): Refusal | undefined => {
  if (tensor.datatype !== spec.datatype)
    return mismatch(place, `datatype ${tensor.datatype} instead of ${spec.datatype}`);
  const { shape } = tensor;
  const fits =
    shape.length === spec.shape.length &&
    spec.shape.every((size, axis) => size === -1 || size === shape[axis]);
  if (fits) return undefined;
  return mismatch(place, `shape [${shape.join(',')}] instead of [${spec.shape.join(',')}]`);
};

type Seen = { readonly names: Set<string>; elements: number };

const checkInput = (
  input: JsonValue,
  index: number,
  { endpoint, seen }: { readonly endpoint: Endpoint; readonly seen: Seen },
): Refusal | undefined => {
  const at = `inputs[${index}]`;
  if (!isJsonObject(input)) return bad(at, 'must be an object');
  const { name, datatype, shape, data, parameters } = input;
  if (!isName(name)) return bad(at, `name must be a string of 1 to ${maxNameLength} characters`);
  const place = `input ${JSON.stringify(name)}`;
  if (seen.names.has(name)) return bad(place, 'appears twice');
  seen.names.add(name);
  if (typeof datatype !== 'string' || !datatypes.has(datatype))
    return mismatch(place, 'datatype is unknown or travels only in binary form');
  if (!isShape(shape)) return mismatch(place, 'shape must be an array of positive integers');
  const refusal = checkParameters(parameters, `${at}.parameters`);
  if (refusal !== undefined) return refusal;
  seen.elements += elementCount(shape);
  if (seen.elements > endpoint.limits.maxTensorElements)
    return mismatch(place, `more than ${endpoint.limits.maxTensorElements} elements`);
  const spec = endpoint.inputs.find((declared) => declared.name === name);
  if (spec === undefined && endpoint.inputs.length > 0) return mismatch(place, 'is not declared');
  const wrong = spec === undefined ? undefined : checkSpec(place, { datatype, shape }, spec);
  if (wrong !== undefined) return wrong;
  const fault = dataFault(data, shape, elementRule(datatype as TensorDatatype, spec));
  return fault === undefined ? undefined : mismatch(place, fault);
};

const checkOutputs = (outputs: JsonValue | undefined, endpoint: Endpoint): Refusal | undefined => {
  if (outputs === undefined) return undefined;
  if (!Array.isArray(outputs) || outputs.length > maxTensors)
    return bad('outputs', `must be an array of at most ${maxTensors}`);
  for (const output of outputs as JsonArray) {
    if (!isJsonObject(output) || !isName(output['name'])) return bad('outputs', 'need a name each');
    const { name, parameters } = output;
    const isDeclared = endpoint.outputs.some((declared) => declared.name === name);
    if (endpoint.outputs.length > 0 && !isDeclared)
      return mismatch('outputs', `${JSON.stringify(name)} is not declared`);
    const refusal = checkParameters(parameters, 'outputs.parameters');
    if (refusal !== undefined) return refusal;
  }
  return undefined;
};

/** Checks an inference request against the protocol and the declaration of the endpoint. */
export const readV2 = (body: JsonObject, endpoint: Endpoint): V2Ask | Refusal => {
  const { id, inputs, outputs, parameters } = body;
  if (id !== undefined && !isName(id)) return bad('id', 'must be a short string');
  if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > maxTensors)
    return bad('inputs', `must be an array of 1 to ${maxTensors} tensors`);
  const early = checkParameters(parameters, 'parameters') ?? checkOutputs(outputs, endpoint);
  if (early !== undefined) return early;
  const seen: Seen = { names: new Set(), elements: 0 };
  for (let i = 0; i < inputs.length; i++) {
    const refusal = checkInput((inputs as JsonArray)[i] as JsonValue, i, { endpoint, seen });
    if (refusal !== undefined) return refusal;
  }
  const missing = endpoint.inputs.find((declared) => !seen.names.has(declared.name));
  if (missing !== undefined) return mismatch(`input ${JSON.stringify(missing.name)}`, 'is missing');
  return { elements: seen.elements, tensors: inputs.length };
};
