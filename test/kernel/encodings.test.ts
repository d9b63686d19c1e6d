/** base64url, base64 and hex: one accepted spelling each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeBase64,
  decodeBase64Url,
  encodeBase64,
  encodeBase64Url,
} from '../../src/kernel/base64url.ts';
import { isRefusal } from '../../src/kernel/errors.ts';
import { decodeHex, encodeHex } from '../../src/kernel/hex.ts';

const codecs = [
  { name: 'base64url', encode: encodeBase64Url, decode: decodeBase64Url },
  { name: 'base64', encode: encodeBase64, decode: decodeBase64 },
  { name: 'hex', encode: encodeHex, decode: decodeHex },
] as const;

for (const { name, encode, decode } of codecs) {
  test(`decodes what it encodes: ${name}`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const decoded = decode(encode(bytes));
        assert.ok(!isRefusal(decoded));
        assert.equal(Object.getPrototypeOf(decoded), Uint8Array.prototype);
        assert.deepEqual([...decoded], [...bytes]);
      }),
    );
  });

  test(`accepts no second spelling of the same bytes: ${name}`, () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12, unit: 'binary' }), (text) => {
        const decoded = decode(text);
        const spelling = name === 'hex' ? text.toLowerCase() : text;
        if (!isRefusal(decoded)) assert.equal(encode(decoded), spelling);
      }),
    );
  });
}

const refused: readonly [string, (text: string) => unknown, string][] = [
  ['padding in base64url', decodeBase64Url, 'AA=='],
  ['standard letters in base64url', decodeBase64Url, '+/8'],
  ['stray bits in base64url', decodeBase64Url, 'AB'],
  ['white space in base64url', decodeBase64Url, 'AA AA'],
  ['one letter of base64url', decodeBase64Url, 'A'],
  ['missing padding in base64', decodeBase64, 'AA'],
  ['url letters in base64', decodeBase64, '-_8='],
  ['stray bits in base64', decodeBase64, 'AB=='],
  ['text after padding in base64', decodeBase64, 'AA==AA=='],
  ['newline in base64', decodeBase64, 'AAAA\n'],
  ['odd hex', decodeHex, 'abc'],
  ['foreign hex digit', decodeHex, '0g'],
  ['hex prefix', decodeHex, '0x00'],
  ['wide digits in hex', decodeHex, '００'],
];
for (const [what, decode, text] of refused) {
  test(`refuses ${what}`, () => {
    assert.ok(isRefusal(decode(text)));
  });
}

test('reads hex of either case', () => {
  assert.deepEqual(decodeHex('AbFf'), Uint8Array.of(0xab, 0xff));
});

test('encodes views of larger buffers by their own extent', () => {
  const view = Uint8Array.of(9, 1, 2, 3, 9).subarray(1, 4);
  assert.deepEqual([encodeHex(view), encodeBase64(view)], ['010203', 'AQID']);
});
