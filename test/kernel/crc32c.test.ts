/** CRC-32C against published values and against the definition bit by bit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c } from '../../src/kernel/crc32c.ts';

const byDefinition = (bytes: Uint8Array): number => {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
};

const published: readonly [string, Uint8Array, number][] = [
  ['nothing', new Uint8Array(0), 0],
  ['the check string', Buffer.from('123456789'), 0xe3069283],
  ['32 zeroes (RFC 3720)', new Uint8Array(32), 0x8a9136aa],
  ['32 ones (RFC 3720)', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['counting up (RFC 3720)', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ['counting down (RFC 3720)', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
];
for (const [what, bytes, expected] of published) {
  test(`gives the published value of ${what}`, () => {
    assert.equal(crc32c(bytes), expected);
  });
}

test('agrees with the definition and continues over pieces', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(70), (bytes, cut) => {
      assert.equal(crc32c(bytes), byDefinition(bytes));
      const at = Math.min(cut, bytes.length);
      assert.equal(crc32c(bytes.subarray(at), crc32c(bytes.subarray(0, at))), crc32c(bytes));
    }),
  );
});
