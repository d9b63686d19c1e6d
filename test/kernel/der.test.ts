/** DER reader and writer: exact encodings, and refusal of everything that is not DER. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import {
  contextPrimitiveTag,
  type DerReader,
  derTags,
  parseDer,
} from '../../src/kernel/der-reader.ts';
import {
  derBitString,
  derBoolean,
  derContext,
  derContextPrimitive,
  derElement,
  derGeneralizedTime,
  derIa5String,
  derInteger,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derPrintableString,
  derSequence,
  derSetOf,
  derTime,
  derUnsignedInteger,
  derUtcTime,
  derUtf8String,
} from '../../src/kernel/der-writer.ts';
import { isRefusal } from '../../src/kernel/errors.ts';
import { encodeHex } from '../../src/kernel/hex.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const read = <T>(hex: string, parse: (der: DerReader) => T): unknown =>
  parseDer(bytes(hex), parse, { what: 'test' });

const newYear2026 = Date.UTC(2026, 0, 1);

type Sample = readonly [what: string, encoded: Uint8Array, hex: string];
const samples: readonly Sample[] = [
  ['zero', derInteger(0), '020100'],
  ['127', derInteger(127), '02017f'],
  ['128', derInteger(128), '02020080'],
  ['256', derInteger(256n), '02020100'],
  ['-1', derInteger(-1), '0201ff'],
  ['-128', derInteger(-128), '020180'],
  ['-129', derInteger(-129), '0202ff7f'],
  ['an unsigned serial number', derUnsignedInteger(bytes('0000ff01')), '020300ff01'],
  ['an empty magnitude', derUnsignedInteger(bytes('')), '020100'],
  ['true', derBoolean(true), '0101ff'],
  ['null', derNull(), '0500'],
  ['sha256WithRSAEncryption', derOid('1.2.840.113549.1.1.11'), '06092a864886f70d01010b'],
  ['an arc of 2.999', derOid('2.999'), '06028837'],
  ['a bit string', derBitString(bytes('06e0'), 5), '03030506e0'],
  ['an empty bit string', derBitString(bytes('')), '030100'],
  ['keyCertSign and cRLSign', derNamedBits([5, 6]), '03020106'],
  ['digitalSignature', derNamedBits([0]), '03020780'],
  ['no named bits', derNamedBits([]), '030100'],
  ['a ninth bit', derNamedBits([8]), '0303070080'],
  ['an octet string', derOctetString(bytes('cafe')), '0402cafe'],
  ['UTF-8 text', derUtf8String('ü'), '0c02c3bc'],
  ['printable text', derPrintableString('AB'), '13024142'],
  ['a URI name', derIa5String('a:b', contextPrimitiveTag(6)), '8603613a62'],
  ['UTCTime', derUtcTime(newYear2026 + 999), '170d3236303130313030303030305a'],
  ['time after 2049', derTime(Date.UTC(2050, 0, 1)), '180f32303530303130313030303030305a'],
  ['time until 2049', derTime(newYear2026), '170d3236303130313030303030305a'],
  ['[0] EXPLICIT', derContext(0, derInteger(2)), 'a003020102'],
  ['[1] IMPLICIT', derContextPrimitive(1, bytes('05')), '810105'],
  ['[31]', derContext(31, derNull()), 'bf1f020500'],
  ['[702]', derContext(702, derNull()), 'bf853e020500'],
  ['a sorted set', derSetOf(derInteger(2), derInteger(1)), '3106020101020102'],
  ['an empty sequence', derSequence(), '3000'],
];
for (const [what, encoded, hex] of samples) {
  test(`writes ${what}`, () => {
    assert.equal(encodeHex(encoded), hex);
  });
}

test('writes long lengths in their shortest form', () => {
  const headOf = (length: number): string =>
    encodeHex(derOctetString(new Uint8Array(length))).slice(0, 10);
  assert.deepEqual([127, 128, 255, 256, 65_536].map(headOf), [
    '047f000000',
    '0481800000',
    '0481ff0000',
    '0482010000',
    '0483010000',
  ]);
});

const defects: readonly [string, () => unknown][] = [
  ['a bad OID', () => derOid('1.40.1.x')],
  ['an OID whose second arc is too large', () => derOid('1.40')],
  ['unused bits that are set', () => derBitString(bytes('01'), 1)],
  ['text that is not printable', () => derPrintableString('a@b')],
  ['text that is not ASCII', () => derIa5String('ü')],
  ['a UTCTime of 2050', () => derUtcTime(Date.UTC(2050, 0, 1))],
  ['a time that is none', () => derGeneralizedTime(Number.NaN)],
];
for (const [what, write] of defects) {
  test(`throws RangeError for ${what}`, () => {
    assert.throws(write, RangeError);
  });
}

test('reads back what it writes', () => {
  const encoded = derSequence(
    derInteger(-(2n ** 70n)),
    derOid('2.25.329800735698586629295641978511506172918'),
    derTime(newYear2026),
    derGeneralizedTime(Date.UTC(1234, 4, 6, 7, 8, 9)),
    derContext(702, derBoolean(false)),
    derSetOf(derUtf8String('ü'), derPrintableString('x')),
    derElement(derTags.enumerated, bytes('03')),
    derIa5String('n', contextPrimitiveTag(2)),
  );
  const values = parseDer(
    encoded,
    (der) => {
      const inner = der.sequence();
      const head = [inner.integer(), inner.oid(), inner.time(), inner.time()];
      const flag = inner.optionalExplicit(702)?.boolean();
      const set = inner.set();
      const texts = [set.text(), set.text()];
      set.expectEnd();
      const rest = [inner.enumerated(), inner.textAs(derTags.ia5String, contextPrimitiveTag(2))];
      assert.equal(inner.optional(derTags.null), undefined);
      assert.equal(inner.peekTag(), undefined);
      inner.expectEnd();
      return [...head, flag, ...texts, ...rest];
    },
    { what: 'test' },
  );
  assert.deepEqual(values, [
    -(2n ** 70n),
    '2.25.329800735698586629295641978511506172918',
    newYear2026,
    Date.UTC(1234, 4, 6, 7, 8, 9),
    false,
    'ü',
    'x',
    3,
    'n',
  ]);
});

test('walks a key made by OpenSSL', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const parts = parseDer(
    spki,
    (der) => {
      const outer = der.sequence();
      const algorithm = outer.sequence();
      const oids = [algorithm.oid(), algorithm.oid()];
      return { oids, point: outer.bitString().bytes.length };
    },
    { what: 'spki' },
  );
  assert.deepEqual(parts, { oids: ['1.2.840.10045.2.1', '1.2.840.10045.3.1.7'], point: 65 });
});

const any = (der: DerReader): unknown => der.element();
const refused: readonly [string, string, (der: DerReader) => unknown, RegExp][] = [
  ['nothing', '', any, /cut off at byte 0/],
  ['a tag alone', '02', any, /cut off at byte 1/],
  ['contents beyond the end', '020201', any, /exceeds its container at byte 0/],
  ['an indefinite length', '30800000', any, /indefinite/],
  ['a reserved length', '30ff', any, /indefinite or oversized/],
  ['a length of five octets', '30850000000001aa', any, /indefinite or oversized/],
  ['a long form below 128', '0481017f', any, /not minimal/],
  ['a length with a leading zero', `04820080${'00'.repeat(128)}`, any, /not minimal/],
  ['a high tag below 31', '1f1e00', any, /bad high tag/],
  ['a high tag with a leading zero', '1f801f00', any, /bad high tag/],
  ['a high tag that is too long', '1fffffff7f00', any, /bad high tag/],
  ['another tag than expected', '0500', (der) => der.integer(), /tag 0x2 expected, 0x5 found/],
  ['left-over elements', '05000500', (der) => der.null(), /unexpected element at byte 2/],
  ['an empty integer', '0200', (der) => der.integer(), /empty INTEGER/],
  ['an integer with a needless zero', '02020001', (der) => der.integer(), /not minimal/],
  ['an integer with needless ones', '0202ff80', (der) => der.integer(), /not minimal/],
  [
    'an integer beyond a number',
    '020900ffffffffffffffff',
    (der) => der.smallInteger(),
    /too large/,
  ],
  ['a boolean that is neither', '010101', (der) => der.boolean(), /bad BOOLEAN/],
  ['a null with contents', '050100', (der) => der.null(), /NULL with contents/],
  ['a bit string without a count', '0300', (der) => der.bitString(), /bad BIT STRING/],
  ['eight unused bits', '03020800', (der) => der.bitString(), /bad BIT STRING/],
  ['unused bits of nothing', '030101', (der) => der.bitString(), /bad BIT STRING/],
  ['unused bits that are set', '03020101', (der) => der.bitString(), /not zero/],
  ['an empty OID', '0600', (der) => der.oid(), /bad length of OID/],
  ['an OID that is cut off', '060288', (der) => der.oid(), /exceeds its container/],
  ['an OID that ends inside a number', '060188', (der) => der.oid(), /ends inside/],
  ['an OID with a padded arc', '06032a8001', (der) => der.oid(), /not minimal/],
  ['a UTCTime without seconds', '170b323630313031303030305a', (der) => der.time(), /bad time/],
  [
    'a time with an offset',
    '17113236303130313030303030302b30313030',
    (der) => der.time(),
    /bad time/,
  ],
  ['the 30th of February', '170d3236303233303030303030305a', (der) => der.time(), /calendar/],
  ['hour 24', '170d3236303130313234303030305a', (der) => der.time(), /calendar/],
  ['a leap second', '170d3236303130313030303036305a', (der) => der.time(), /calendar/],
  ['no time at all', '0500', (der) => der.time(), /time expected/],
  ['a foreign character in a PrintableString', '130140', (der) => der.text(), /PrintableString/],
  ['a high octet in an IA5String', '1601ff', (der) => der.text(), /not ASCII/],
  ['invalid UTF-8', '0c01ff', (der) => der.text(), /Unicode/],
  ['a type that is no text', '0500', (der) => der.text(), /not a string type/],
  ['a primitive element entered', '0500', (der) => der.enter(0x05), /primitive element/],
  [
    'an inner element beyond its container',
    '300404030102',
    (der) => der.sequence().octetString(),
    /exceeds its container at byte 2/,
  ],
];
for (const [what, hex, parse, reason] of refused) {
  test(`refuses ${what}`, () => {
    const value = read(hex, parse);
    assert.ok(isRefusal(value));
    assert.match(value.detail, reason);
  });
}

test('reads BMP and Teletex strings', () => {
  assert.equal(
    read('1e0400410042', (der) => der.text()),
    'AB',
  );
  assert.equal(
    read('1401e9', (der) => der.text()),
    'é',
  );
});

test('bounds size and depth', () => {
  const nest = (depth: number): Uint8Array =>
    depth === 0 ? derNull() : derSequence(nest(depth - 1));
  const descend = (der: DerReader): number => {
    const inner = der.optionalEnter(derTags.sequence);
    if (inner !== undefined) return 1 + descend(inner);
    der.null();
    return 0;
  };
  assert.equal(parseDer(nest(5), descend, { what: 'x', maxDepth: 5 }), 5);
  assert.ok(isRefusal(parseDer(nest(6), descend, { what: 'x', maxDepth: 5 })));
  assert.ok(isRefusal(parseDer(nest(3), descend, { what: 'x', maxBytes: 4 })));
});

test('gives the raw bytes, contents and place of an element', () => {
  const element = parseDer(
    bytes('3003020105'),
    (der) => {
      const inner = der.sequence();
      return inner.expect(derTags.integer);
    },
    { what: 'x' },
  );
  assert.ok(!isRefusal(element));
  assert.deepEqual(
    [encodeHex(element.raw), encodeHex(element.contents), element.offset],
    ['020105', '05', 2],
  );
});
