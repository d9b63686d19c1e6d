/** CBOR on any input: total, and deterministic input is reproduced byte for byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CborValue, decodeCbor, encodeCbor } from '../../src/kernel/cbor.ts';
import { isRefusal } from '../../src/kernel/errors.ts';
import { mutants } from './mutations.ts';

const seeds: readonly Uint8Array[] = [
  encodeCbor(
    new Map<CborValue, CborValue>([
      [1, -7],
      ['fmt', 'none'],
      ['attStmt', new Map<CborValue, CborValue>([['x5c', [new Uint8Array(20)]]])],
      [
        'values',
        [1.5, 1.1, 2n ** 63n, null, undefined, true, { tag: 18, value: [new Uint8Array(3)] }],
      ],
    ]),
  ),
  Buffer.from('bf6346756ef563416d7421ff', 'hex'),
  Buffer.from('9f5f41014102ff7f6161ff9f00ffa201020304ff', 'hex'),
];

test('returns or refuses on 30,000 mutants in both modes', () => {
  for (const mutant of mutants(seeds, { count: 30_000 })) {
    decodeCbor(mutant);
    decodeCbor(mutant, { deterministic: false });
  }
});

test('returns or refuses on arbitrary bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      decodeCbor(bytes);
      decodeCbor(bytes, { deterministic: false });
    }),
    { numRuns: 500 },
  );
});

const leaf: fc.Arbitrary<CborValue> = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0)),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.uint8Array({ maxLength: 8 }),
  fc.constantFrom<CborValue>(true, false, null, undefined, { simple: 200 }),
);
const { value: anyValue } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(fc.string({ maxLength: 4 }), tie('value')), {
        maxLength: 4,
        selector: ([key]) => key,
      })
      .map((entries) => new Map<CborValue, CborValue>(entries)),
    fc.record({ tag: fc.nat(), value: tie('value') }),
  ),
}));

test('encodes deterministically: decoding and encoding again gives the same bytes', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const encoded = encodeCbor(value);
      const decoded = decodeCbor(encoded);
      assert.ok(!isRefusal(decoded));
      assert.deepEqual(encodeCbor(decoded), encoded);
    }),
  );
});
