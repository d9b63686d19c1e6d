/** Tensor data: every element within its rule passes, every one outside is named. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  dataFault,
  elementCount,
  elementRule,
} from '../../../src/doors/gateway/protocols/tensor-data.ts';
import { roundOutputs } from '../../../src/doors/gateway/protocols/v2-answer.ts';
import type { TensorDatatype } from '../../../src/domains/endpoints/index.ts';
import type { JsonValue } from '../../../src/kernel/json-value.ts';

const nest = (flat: readonly number[], shape: readonly number[]): JsonValue => {
  if (shape.length === 1) return [...flat];
  const [rows = 1, ...rest] = shape;
  const size = flat.length / rows;
  return Array.from({ length: rows }, (_, row) =>
    nest(flat.slice(row * size, (row + 1) * size), rest),
  );
};

const edges: readonly (readonly [TensorDatatype, readonly JsonValue[], readonly JsonValue[]])[] = [
  ['UINT8', [0, 255], [-1, 256, 0.5, '1', true, null]],
  ['INT8', [-128, 127], [-129, 128]],
  ['UINT16', [65_535], [65_536]],
  ['INT16', [-32_768], [32_768]],
  ['UINT32', [4_294_967_295], [4_294_967_296]],
  ['INT32', [-2_147_483_648], [2_147_483_648]],
  ['INT64', [Number.MAX_SAFE_INTEGER], [2 ** 53, -(2 ** 53)]],
  ['UINT64', [0], [-1, 2 ** 53]],
  ['FP16', [65_504, -65_504, 0.1], [65_505]],
  ['FP32', [3.4e38, 1e-45], [3.5e38, -3.5e38]],
  ['FP64', [1.7e308], [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
  ['BOOL', [true, false], [0, 1, 'true', null]],
  ['BYTES', ['', 'text'], [1, null, ['a']]],
];

describe('tensor data', () => {
  for (const [datatype, inside, outside] of edges)
    it(`keeps ${datatype} within its range`, () => {
      const rule = elementRule(datatype);
      for (const value of inside) assert.equal(dataFault([value], [1], rule), undefined);
      for (const value of outside) assert.match(dataFault([value], [1], rule) ?? '', /^element 0 /);
    });

  it('narrows by a declared range and never widens', () => {
    assert.deepEqual(elementRule('UINT8', { minimum: -5, maximum: 10 }), {
      datatype: 'UINT8',
      minimum: 0,
      maximum: 10,
    });
  });

  it('is the same flat and nested, and names the first bad element', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (shape, place) => {
          const flat = Array.from({ length: elementCount(shape) }, (_, i) => i % 7);
          const rule = elementRule('UINT8', { maximum: 6 });
          assert.equal(dataFault(flat, shape, rule), undefined);
          assert.equal(dataFault(nest(flat, shape), shape, rule), undefined);
          const at = place % flat.length;
          const bad = flat.with(at, 7);
          const fault = `element ${at} is outside 0 to 6`;
          assert.equal(dataFault(bad, shape, rule), fault);
          assert.equal(dataFault(nest(bad, shape), shape, rule), fault);
        },
      ),
    ));

  it('of any form never makes the check throw', () =>
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
        (data, shape) => {
          dataFault(data as JsonValue, shape, elementRule('FP32'));
        },
      ),
    ));

  it('counts a shape that overflows as infinite', () =>
    assert.equal(elementCount([1e9, 1e9]), Number.POSITIVE_INFINITY));

  it('is rounded only where it is a floating-point output', () => {
    const answer = {
      outputs: [
        { name: 'a', datatype: 'FP32', shape: [1, 2], data: [[0.126, 1]] },
        { name: 'b', datatype: 'INT32', shape: [1], data: [7] },
      ],
    };
    assert.deepEqual(roundOutputs(answer, 2), {
      outputs: [
        { name: 'a', datatype: 'FP32', shape: [1, 2], data: [[0.13, 1]] },
        { name: 'b', datatype: 'INT32', shape: [1], data: [7] },
      ],
    });
  });
});
