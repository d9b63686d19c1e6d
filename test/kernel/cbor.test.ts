/** CBOR against RFC 8949 appendix A, its deterministic form and its bounds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CborOptions,
  type CborValue,
  decodeCbor,
  decodeCborPrefix,
  encodeCbor,
  isCborMap,
  isCborSimple,
  isCborTag,
} from '../../src/kernel/cbor.ts';
import { isRefusal } from '../../src/kernel/errors.ts';
import { encodeHex } from '../../src/kernel/hex.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const map = (...entries: readonly [CborValue, CborValue][]): CborValue => new Map(entries);

const appendixA: readonly [string, CborValue][] = [
  ['00', 0],
  ['17', 23],
  ['1818', 24],
  ['1864', 100],
  ['1903e8', 1000],
  ['1a000f4240', 1000000],
  ['1b000000e8d4a51000', 1000000000000],
  ['1bffffffffffffffff', 18446744073709551615n],
  ['3bffffffffffffffff', -18446744073709551616n],
  ['20', -1],
  ['3863', -100],
  ['3903e7', -1000],
  ['fb3ff199999999999a', 1.1],
  ['f93e00', 1.5],
  ['fa7f7fffff', 3.4028234663852886e38],
  ['f90001', 5.960464477539063e-8],
  ['f90400', 0.00006103515625],
  ['fbc010666666666666', -4.1],
  ['f97c00', Number.POSITIVE_INFINITY],
  ['f9fc00', Number.NEGATIVE_INFINITY],
  ['f97e00', Number.NaN],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['f7', undefined],
  ['f0', { simple: 16 }],
  ['f8ff', { simple: 255 }],
  ['c074323031332d30332d32315432303a30343a30305a', { tag: 0, value: '2013-03-21T20:04:00Z' }],
  ['d818456449455446', { tag: 24, value: bytes('6449455446') }],
  ['40', bytes('')],
  ['4401020304', bytes('01020304')],
  ['60', ''],
  ['62225c', '"\\'],
  ['62c3bc', 'ü'],
  ['64f0908591', '\ud800\udd51'],
  ['80', []],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['a0', map()],
  ['a201020304', map([1, 2], [3, 4])],
  ['a26161016162820203', map(['a', 1], ['b', [2, 3]])],
];
for (const [hex, value] of appendixA.filter(([hex]) => hex !== 'fa7f7fffff')) {
  test(`decodes and encodes ${hex}`, () => {
    assert.deepEqual(decodeCbor(bytes(hex)), value);
    assert.equal(encodeHex(encodeCbor(value)), hex);
  });
}

test('decodes floats with integral values, encodes them as integers', () => {
  assert.equal(decodeCbor(bytes('fa7f7fffff')), 3.4028234663852886e38);
  assert.equal(decodeCbor(bytes('fa47c35000')), 100000);
  assert.equal(encodeHex(encodeCbor(100000)), '1a000186a0');
  assert.equal(encodeHex(encodeCbor(3.4028234663852886e38)), 'fa7f7fffff');
  assert.equal(encodeHex(encodeCbor(-0)), '00');
});

const lenient: readonly [string, CborValue][] = [
  ['5f42010243030405ff', bytes('0102030405')],
  ['7f657374726561646d696e67ff', 'streaming'],
  ['9fff', []],
  ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
  ['bf61610161629f0203ffff', map(['a', 1], ['b', [2, 3]])],
  ['1817', 23],
  ['1b0000000000000001', 1],
  ['5800', bytes('')],
  ['fb3ff8000000000000', 1.5],
  ['fa7fc00000', Number.NaN],
  ['a2616201616102', map(['b', 1], ['a', 2])],
];
for (const [hex, value] of lenient) {
  test(`takes ${hex} only outside deterministic mode`, () => {
    assert.ok(isRefusal(decodeCbor(bytes(hex))));
    assert.deepEqual(decodeCbor(bytes(hex), { deterministic: false }), value);
  });
}

const refused: readonly [what: string, hex: string][] = [
  ['nothing', ''],
  ['a head that is cut off', '19ff'],
  ['a byte string that is cut off', '4401'],
  ['a length beyond any input', '5bffffffffffffffff'],
  ['an array longer than the input', '9bffffffffffffffff'],
  ['a map longer than the input', 'bb7fffffffffffffff'],
  ['reserved additional information', '1c'],
  ['an indefinite integer', '1fff'],
  ['an indefinite tag', 'dfff'],
  ['a break out of place', 'ff'],
  ['a break as a map value', 'bf01ff'],
  ['a break inside a definite array', '8201ff'],
  ['a two-byte simple value below 32', 'f81f'],
  ['invalid UTF-8', '62c328'],
  ['an encoded surrogate', '63eda080'],
  ['invalid UTF-8 in a chunk', '7f61c361bcff'],
  ['a chunk of another type', '5f6161ff'],
  ['a nested indefinite chunk', '5f5f4101ffff'],
  ['a duplicate key', 'a2616101616102'],
  ['a duplicate key in another form', 'a2010118018002'],
  ['a duplicate composite key', 'a28101018101f4'],
  ['left-over bytes', '0000'],
];
for (const [what, hex] of refused) {
  test(`refuses ${what} in either mode`, () => {
    assert.ok(isRefusal(decodeCbor(bytes(hex))), 'deterministic');
    assert.ok(isRefusal(decodeCbor(bytes(hex), { deterministic: false })), 'lenient');
  });
}

const bounds: readonly [string, CborOptions, string, string][] = [
  ['depth', { maxDepth: 2 }, '818100', '81818100'],
  ['depth of tags', { maxDepth: 1 }, 'c000', 'c0c000'],
  ['items', { maxItems: 3 }, '820000', '83000000'],
  ['bytes', { maxBytes: 2 }, '4100', '420000'],
];
for (const [what, options, good, bad] of bounds) {
  test(`bounds ${what}`, () => {
    assert.ok(!isRefusal(decodeCbor(bytes(good), options)));
    assert.ok(isRefusal(decodeCbor(bytes(bad), options)));
  });
}

test('survives a million nested arrays', () => {
  assert.ok(isRefusal(decodeCbor(new Uint8Array(1_000_000).fill(0x81))));
  const indefinite = new Uint8Array(1_000_000).fill(0x9f);
  assert.ok(isRefusal(decodeCbor(indefinite, { deterministic: false })));
});

test('decodes a prefix and says how long it is', () => {
  assert.deepEqual(decodeCborPrefix(bytes('820102ffff')), { value: [1, 2], length: 3 });
});

test('names the place of an error', () => {
  const refusal = decodeCbor(bytes('8200191f'));
  assert.ok(isRefusal(refusal));
  assert.match(refusal.detail, /at byte 3$/);
});

test('sorts map keys by their encoding', () => {
  const keys: CborValue = map(
    ['z', 0],
    [-1, 0],
    ['aa', 0],
    [100, 0],
    [10, 0],
    [[100], 0],
    [false, 0],
  );
  const encoded = encodeCbor(keys);
  assert.equal(encodeHex(encoded), 'a70a001864002000617a0062616100811864' + '00f400');
  assert.ok(!isRefusal(decodeCbor(encoded)));
});

const impossible: readonly [string, unknown][] = [
  ['an integer beyond 64 bits', 2n ** 64n],
  ['a negative integer beyond 64 bits', -(2n ** 64n) - 1n],
  ['a lone surrogate', '\ud800'],
  ['equal keys', map([1, 0], [1n, 0])],
  ['a plain object', { a: 1 }],
  ['a tag below zero', { tag: -1, value: 0 }],
  ['a reserved simple value', { simple: 24 }],
  ['a function', () => 0],
];
for (const [what, value] of impossible) {
  test(`throws E_MALFORMED when asked to encode ${what}`, () => {
    assert.throws(() => encodeCbor(value as CborValue), { code: 'E_MALFORMED' });
  });
}

test('tells maps, tags and simple values apart', () => {
  const values: readonly CborValue[] = [
    map(),
    { tag: 1, value: 0 },
    { simple: 99 },
    [],
    null,
    'tag',
  ];
  assert.deepEqual(values.map(isCborMap), [true, false, false, false, false, false]);
  assert.deepEqual(values.map(isCborTag), [false, true, false, false, false, false]);
  assert.deepEqual(values.map(isCborSimple), [false, false, true, false, false, false]);
});
