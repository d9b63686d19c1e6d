/** The example's safetensors reader gives back what was written and refuses what does not add up. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeSafetensors, encodeSafetensors } from '../../examples/factory/safetensors.ts';

const file = encodeSafetensors([
  { name: 'a', shape: [2, 2], data: Float32Array.of(1, -2, 0.5, 4) },
  { name: 'b', shape: [3], data: Float32Array.of(7, 8, 9) },
]);
const withHeader = (header: unknown): Uint8Array => {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + 16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
};

describe('safetensors', () => {
  it('reads back what it wrote', () => {
    const tensors = decodeSafetensors(file);
    assert.deepEqual(tensors.get('a')?.data, Float32Array.of(1, -2, 0.5, 4));
    assert.deepEqual(tensors.get('b')?.shape, [3]);
  });

  it('reads from a view with an offset', () => {
    const padded = new Uint8Array(file.length + 3);
    padded.set(file, 3);
    assert.deepEqual(decodeSafetensors(padded.subarray(3)).get('b')?.data[2], 9);
  });

  it('refuses a file cut at any place', () => {
    for (let length = 0; length < file.length; length++)
      assert.throws(() => decodeSafetensors(file.subarray(0, length)), `length ${length}`);
  });

  const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const hostile: readonly (readonly [string, unknown])[] = [
    ['offsets beyond the end', { a: { ...entry, shape: [6], data_offsets: [0, 24] } }],
    ['negative offsets', { a: { ...entry, data_offsets: [-8, 0] } }],
    ['a shape that does not fill the offsets', { a: { ...entry, shape: [3] } }],
    ['a negative shape', { a: { ...entry, shape: [-1, -2] } }],
    ['a foreign type', { a: { ...entry, dtype: 'I64' } }],
  ];
  for (const [what, header] of hostile) {
    it(`refuses ${what}`, () => {
      assert.throws(() => decodeSafetensors(withHeader(header)), /does not add up/);
    });
  }

  it('refuses a header longer than the file', () => {
    const bytes = new Uint8Array(16).fill(255);
    assert.throws(() => decodeSafetensors(bytes), /longer than the file/);
  });
});
