/** The event splitter gives the same events however the bytes are cut, and never loses one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createSseSplitter, eventData } from '../../../src/doors/gateway/protocols/sse.ts';

const split = (bytes: Buffer, cuts: readonly number[]): { data: string[]; raw: Buffer } => {
  const splitter = createSseSplitter(1 << 20);
  const data: string[] = [];
  const raw: Buffer[] = [];
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  let from = 0;
  for (const to of places) {
    const events = splitter.push(bytes.subarray(from, to));
    assert.ok(events !== 'too-long');
    for (const event of events) {
      if (event.hasData) data.push(event.data);
      raw.push(Buffer.from(event.raw));
    }
    from = to;
  }
  return { data, raw: Buffer.concat([...raw, splitter.rest()]) };
};

const line = fc.stringMatching(/^[a-zA-Z0-9 :{}"äß👋]{0,20}$/u);

describe('the event splitter', () => {
  it('finds the same events at every cut, with every kind of line end', () =>
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(), { maxLength: 12 }),
        (lines, end, cuts) => {
          // A last comment keeps a CR at the end from being half of a CRLF.
          const text = lines.map((text) => `data: ${text}${end}${end}`).join('') + `: end${end}`;
          const { data, raw } = split(Buffer.from(text), cuts);
          assert.deepEqual(data, lines);
          assert.equal(raw.toString(), text);
        },
      ),
    ));

  it('loses no byte of any input', () =>
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (bytes, cuts) => {
          assert.deepEqual(split(Buffer.from(bytes), cuts).raw, Buffer.from(bytes));
        },
      ),
    ));

  const fields: readonly (readonly [string, string | undefined])[] = [
    ['data: a', 'a'],
    ['data:a', 'a'],
    ['data:  a', ' a'],
    ['data', ''],
    ['data: a\ndata: b', 'a\nb'],
    ['event: x\ndata: a\nid: 1', 'a'],
    [': comment', undefined],
    ['database: a', undefined],
    ['dat: a', undefined],
  ];
  for (const [text, expected] of fields)
    it(`reads ${JSON.stringify(text)} as ${JSON.stringify(expected)}`, () =>
      assert.equal(eventData(Buffer.from(text)), expected));

  it('stops for good at an event that is too long', () => {
    const splitter = createSseSplitter(10);
    assert.equal(splitter.push(Buffer.from('data: 123456789')), 'too-long');
    assert.equal(splitter.push(Buffer.from('\n\n')), 'too-long');
  });
});
