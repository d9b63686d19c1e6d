/** The bounded cursor over hostile bytes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteReader, parseBytes } from '../../src/kernel/byte-reader.ts';
import { isRefusal, kernelErrors, type Refusal, refuse } from '../../src/kernel/errors.ts';

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const counting = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => i);

const refusalOf = (value: unknown): Refusal => {
  assert.ok(isRefusal(value), 'a refusal was expected');
  return value;
};

test('reads numbers of every size in both byte orders', () => {
  const input = bytes(1, 1, 2, 2, 1, 1, 2, 3, 1, 2, 3, 4, 4, 3, 2, 1);
  const values = parseBytes(
    input,
    (r) => [r.u8(), r.u16(), r.u16le(), r.u24(), r.u32(), r.u32le()],
    { what: 'numbers' },
  );
  assert.deepEqual(values, [1, 0x0102, 0x0102, 0x010203, 0x01020304, 0x01020304]);
  const wide = parseBytes(bytes(...counting(8), ...counting(8)), (r) => [r.u64(), r.u64le()], {
    what: 'wide',
  });
  assert.deepEqual(wide, [0x0001020304050607n, 0x0706050403020100n]);
});

test('reads sizes only while they are safe integers', () => {
  const largest = bytes(0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
  assert.equal(new ByteReader(largest).size64(), Number.MAX_SAFE_INTEGER);
  assert.equal(new ByteReader(largest.toReversed()).size64le(), Number.MAX_SAFE_INTEGER);
  assert.throws(() => new ByteReader(bytes(0, 0x20, 0, 0, 0, 0, 0, 0)).size64(), /too large/);
});

test('reads floats, text and vectors', () => {
  const float = new Uint8Array(12);
  new DataView(float.buffer).setFloat32(0, 1.5, true);
  new DataView(float.buffer).setFloat64(4, -0.25, true);
  const reader = new ByteReader(float);
  assert.deepEqual([reader.f32le(), reader.f64le()], [1.5, -0.25]);
  const text = new ByteReader(Buffer.from('\u0002hü\u0000\u0001z\u0000\u0000\u0000\u0001q'));
  assert.equal(text.u8(), 2);
  assert.equal(text.utf8(3), 'hü');
  assert.deepEqual([...text.vector16()], [0x7a]);
  assert.deepEqual([...text.vector32(1)], [0x71]);
  assert.ok(text.isAtEnd);
});

const tooShort: readonly [string, (reader: ByteReader) => unknown][] = [
  ['u8', (r) => r.u8()],
  ['u16', (r) => r.u16()],
  ['u24', (r) => r.u24()],
  ['u32', (r) => r.u32()],
  ['u64', (r) => r.u64()],
  ['f64le', (r) => r.f64le()],
  ['bytes', (r) => r.bytes(1)],
  ['negative count', (r) => r.bytes(-1)],
  ['no count', (r) => r.bytes(Number.NaN)],
  ['skip', (r) => r.skip(1)],
  ['sub', (r) => r.sub(1)],
  ['vector', (r) => r.vector8()],
];
for (const [name, read] of tooShort) {
  test(`refuses to read beyond the end: ${name}`, () => {
    const refusal = refusalOf(parseBytes(bytes(), read, { what: 'thing' }));
    assert.match(refusal.detail, /^thing: .* at byte 0$/);
    assert.deepEqual(refusal.data, { offset: 0 });
  });
}

test('keeps absolute offsets in sub-readers and stops at their end', () => {
  const reader = new ByteReader(counting(10));
  reader.skip(4);
  const inner = reader.sub(3);
  assert.equal(inner.offset, 4);
  assert.equal(inner.peekU8(), 4);
  inner.skip(3);
  assert.equal(inner.peekU8(), undefined);
  assert.throws(() => inner.u8(), /at byte 7/);
  assert.equal(reader.u8(), 7);
  assert.deepEqual([...reader.rest()], [8, 9]);
});

test('refuses left-over bytes, oversized input and oversized vectors', () => {
  const whole = refusalOf(parseBytes(bytes(1, 2), (r) => r.u8(), { what: 'x' }));
  assert.match(whole.detail, /1 bytes too many at byte 1/);
  const large = parseBytes(bytes(1, 2), (r) => r.u16(), { what: 'x', maxBytes: 1 });
  assert.match(refusalOf(large).detail, /2 bytes exceed 1/);
  const vector = parseBytes(bytes(3, 1, 2, 3), (r) => r.vector8(2), { what: 'x' });
  assert.match(refusalOf(vector).detail, /exceeds 2/);
});

test('refuses invalid UTF-8 and keeps a byte order mark as a character', () => {
  assert.ok(isRefusal(parseBytes(bytes(0xc3, 0x28), (r) => r.utf8(2), { what: 'x' })));
  assert.equal(new ByteReader(bytes(0xef, 0xbb, 0xbf)).utf8(3), '\ufeff');
});

test('hands on refusals of the parser and lets defects through', () => {
  const own = refuse(kernelErrors.E_USAGE, 'own');
  assert.equal(
    parseBytes(bytes(1), () => own, { what: 'x' }),
    own,
  );
  const defect = (): never => {
    throw new TypeError('defect');
  };
  assert.throws(() => parseBytes(bytes(1), defect, { what: 'x' }), TypeError);
});
