/** RFC 8785 canonical JSON. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../../src/kernel/canonical-json.ts';
import type { JsonValue } from '../../src/kernel/json-value.ts';

test('writes the sample of RFC 8785 section 3.2.2', () => {
  const sample = {
    numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  };
  assert.equal(
    canonicalJson(sample),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test('sorts members by UTF-16 code units as in RFC 8785 section 3.2.3', () => {
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
  const sorted = JSON.parse(
    canonicalJson(Object.fromEntries(keys.map((key) => [`k${key}`, 0]))),
  ) as object;
  const expected = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
  assert.deepEqual(
    Object.keys(sorted),
    expected.map((key) => `k${key}`),
  );
});

const doubles: readonly [number, string][] = [
  [-0, '0'],
  [5e-324, '5e-324'],
  [-1.7976931348623157e308, '-1.7976931348623157e+308'],
  [9007199254740992, '9007199254740992'],
  [295147905179352830000, '295147905179352830000'],
  [1e21, '1e+21'],
  [9.999999999999997e-7, '9.999999999999997e-7'],
  [333333333.33333325, '333333333.33333325'],
];
for (const [value, text] of doubles) {
  test(`writes the double ${text} as RFC 8785 appendix B does`, () => {
    assert.equal(canonicalJson(value), text);
  });
}

test('gives one text per value, whatever the order of members', () => {
  const reversed = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, member]) => [key, reversed(member as JsonValue)]),
    );
  };
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
      const text = canonicalJson(value as JsonValue);
      assert.equal(canonicalJson(reversed(value as JsonValue)), text);
      assert.equal(canonicalJson(JSON.parse(text) as JsonValue), text);
    }),
  );
});

const cyclic: unknown[] = [];
cyclic.push(cyclic);
const impossible: readonly [string, unknown][] = [
  ['NaN', Number.NaN],
  ['Infinity', [Number.POSITIVE_INFINITY]],
  ['a lone surrogate', { a: '\ud800' }],
  ['a lone surrogate as a name', { '\udc00': 1 }],
  ['undefined', { a: undefined }],
  ['a bigint', 1n],
  ['a date', new Date(0)],
  ['bytes', new Uint8Array(1)],
  ['a map', new Map()],
  ['a cycle', cyclic],
];
for (const [what, value] of impossible) {
  test(`throws E_MALFORMED for ${what}`, () => {
    assert.throws(() => canonicalJson(value as JsonValue), { code: 'E_MALFORMED' });
  });
}

test('writes objects without a prototype and members called __proto__', () => {
  const bare = Object.assign(Object.create(null) as Record<string, JsonValue>, { b: 1, a: 2 });
  assert.equal(canonicalJson(bare), '{"a":2,"b":1}');
  assert.equal(canonicalJson(JSON.parse('{"__proto__":1}') as JsonValue), '{"__proto__":1}');
});
