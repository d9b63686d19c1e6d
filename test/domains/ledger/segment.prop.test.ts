/** Reading segments back never yields anything but a prefix of what was written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameBuffer } from '../../../src/domains/ledger/frames.ts';
import { scanFrames, sealFrames } from '../../../src/domains/ledger/writer/segment.ts';

const texts = fc.array(fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }), {
  minLength: 1,
  maxLength: 12,
});

const encode = (given: readonly string[]): Uint8Array => {
  const frames = new FrameBuffer();
  for (const text of given) frames.add(text);
  const bytes = frames.finish().slice();
  assert.equal(sealFrames(bytes)?.length, given.length);
  return bytes;
};

const decode = (bytes: Uint8Array): readonly string[] =>
  scanFrames(bytes, 0).payloads.map((payload) => Buffer.from(payload).toString());

test('returns what was written', () => {
  fc.assert(
    fc.property(texts, (given) => {
      const scan = scanFrames(encode(given), 0);
      assert.equal(scan.tail, 'clean');
      assert.deepEqual(decode(encode(given)), given);
    }),
  );
});

test('takes every truncation for a torn tail and keeps what is whole', () => {
  fc.assert(
    fc.property(texts, fc.nat(), (given, at) => {
      const bytes = encode(given);
      const cut = bytes.subarray(0, at % bytes.length);
      const scan = scanFrames(cut, 0);
      assert.ok(scan.tail === 'torn' || scan.end === cut.length);
      assert.deepEqual(decode(cut), given.slice(0, scan.payloads.length));
    }),
  );
});

test('never returns a changed frame, and tells damage from a torn tail', () => {
  fc.assert(
    fc.property(texts, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, at, change) => {
      const bytes = encode(given);
      const place = at % bytes.length;
      bytes[place] = (bytes[place] ?? 0) ^ change;
      const scan = scanFrames(bytes, 0);
      assert.deepEqual(decode(bytes), given.slice(0, scan.payloads.length));
      assert.ok(scan.payloads.length < given.length);
      const isLast = scan.payloads.length === given.length - 1;
      assert.equal(scan.tail, isLast ? 'torn' : 'damaged');
    }),
    { numRuns: 300 },
  );
});

test('refuses batches whose lengths do not add up', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
      const payloads = sealFrames(bytes.slice());
      const total = payloads?.reduce((sum, payload) => sum + 8 + payload.length, 0);
      assert.ok(payloads === undefined || total === bytes.length);
    }),
  );
});
