/**
 * The safetensors format, as far as 32-bit floats need it: eight bytes of header length (little
 * endian), a JSON header, then the numbers. The reader refuses anything that does not add up.
 */

export type Tensor = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
};
type HeaderEntry = {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
};

const lengthBytes = 8;
const maxHeaderBytes = 1_000_000;
const align = (size: number): number => Math.ceil(size / 8) * 8;

/** Encodes tensors in the order given. Numbers are written little endian. */
export const encodeSafetensors = (tensors: readonly Tensor[]): Uint8Array => {
  const header: Record<string, HeaderEntry> = {};
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = align(json.length);
  const bytes = new Uint8Array(lengthBytes + headerBytes + offset);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, lengthBytes, lengthBytes + headerBytes);
  bytes.set(json, lengthBytes);
  let position = lengthBytes + headerBytes;
  for (const { data } of tensors) {
    for (const value of data) {
      view.setFloat32(position, value, true);
      position += 4;
    }
  }
  return bytes;
};

const readTensor = (name: string, entry: HeaderEntry, body: Uint8Array): Tensor => {
  const [start, end] = entry.data_offsets;
  const count = entry.shape.reduce((product, side) => product * side, 1);
  const isSound =
    entry.dtype === 'F32' &&
    entry.shape.every((side) => Number.isSafeInteger(side) && side >= 0) &&
    Number.isSafeInteger(start) &&
    start >= 0 &&
    end - start === count * 4 &&
    end <= body.length;
  if (!isSound) throw new Error(`safetensors: tensor ${JSON.stringify(name)} does not add up`);
  const view = new DataView(body.buffer, body.byteOffset + start, end - start);
  const data = Float32Array.from({ length: count }, (_, i) => view.getFloat32(i * 4, true));
  return { name, shape: entry.shape, data };
};

/** Decodes a file; throws when lengths, types or offsets do not add up. */
export const decodeSafetensors = (bytes: Uint8Array): ReadonlyMap<string, Tensor> => {
  if (bytes.length < lengthBytes) throw new Error('safetensors: file is too short');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > maxHeaderBytes || Number(length) + lengthBytes > bytes.length)
    throw new Error('safetensors: header is longer than the file');
  const bodyStart = lengthBytes + Number(length);
  const text = new TextDecoder().decode(bytes.subarray(lengthBytes, bodyStart));
  const header = JSON.parse(text) as Readonly<Record<string, HeaderEntry>>;
  const body = bytes.subarray(bodyStart);
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, entry]) => [name, readTensor(name, entry, body)]),
  );
};
