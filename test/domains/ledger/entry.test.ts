/** Entry format v1: stable text, bounded length, nothing a strict reader would refuse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addEntry,
  type EntryParts,
  entryText,
  maxEntryBytes,
  parseEntry,
} from '../../../src/domains/ledger/entry.ts';
import { FrameBuffer } from '../../../src/domains/ledger/frames.ts';
import { sealFrames } from '../../../src/domains/ledger/writer/segment.ts';
import {
  createEventTemplate,
  validateOcsf,
  type WrittenEvent,
} from '../../../src/engines/ocsf/index.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import { parseJson } from '../../../src/kernel/strict-json.ts';
import { decisionOf } from './events.ts';

const ocsf = decisionOf(1);

test('writes version, class, event, sealed block and weight in that order', () => {
  const sealedJson = '{"subject":"s","key":"s/1","commitment":"c","ciphertext":"x"}';
  const text = entryText({ class: 'telemetry', ocsf, sealedJson, weight: 4 });
  assert.equal(
    text,
    `{"v":1,"class":"telemetry","ocsf":${JSON.stringify(ocsf)},"sealed":${sealedJson},"weight":4}`,
  );
  const entry = parseEntry(7, Buffer.from(text));
  assert.equal(entry.index, 7);
  assert.equal(entry.weight, 4);
  assert.equal(entry.sealed?.subject, 's');
});

test('replaces lone surrogates, which strict JSON readers refuse', () => {
  const event = { ...ocsf, message: 'a\ud800b', unmapped: { note: 'x\\ud800' } };
  const text = entryText({ class: 'decisive', ocsf: event });
  assert.ok(!isRefusal(parseJson(text)));
  const entry = parseEntry(0, Buffer.from(text));
  assert.equal(entry.ocsf.message, 'a\ufffdb');
  assert.deepEqual(entry.ocsf.unmapped, { note: 'x\\ud800' });
});

test('cuts the largest optional attributes, keeps the event valid and names the digest', () => {
  const event = {
    ...ocsf,
    message: 'm'.repeat(30_000),
    unmapped: { pad: '\u00e9'.repeat(40_000) },
  };
  const text = entryText({ class: 'decisive', ocsf: event });
  assert.ok(Buffer.byteLength(text) <= maxEntryBytes);
  const entry = parseEntry(0, Buffer.from(text));
  assert.deepEqual(validateOcsf(entry.ocsf), []);
  const omitted = entry.ocsf.unmapped?.omitted as Readonly<Record<string, unknown>> | undefined;
  assert.deepEqual(omitted?.attributes, ['unmapped']);
  assert.equal(entry.ocsf.message, event.message);
});

test('refuses an event whose required parts alone are too long', () => {
  const actor = { user: { uid: 'u'.repeat(70_000) } };
  assert.throws(() => entryText({ class: 'decisive', ocsf: { ...ocsf, actor } }), {
    code: 'E_LEDGER_EVENT_INVALID',
  });
});

const written = (unmapped: object): WrittenEvent => {
  const template = createEventTemplate({ ...ocsf, unmapped: { n: 1 } }, ['unmapped']);
  if (!('sample' in template)) throw new Error(JSON.stringify(template));
  return template.write({ timeMs: 5, correlationUid: 'exchange-\ud800"5"' }, [unmapped]);
};

const framed = (entries: readonly EntryParts[]): readonly string[] => {
  const frames = new FrameBuffer();
  const sizes = entries.map((parts) => addEntry(frames, parts));
  const bytes = frames.finish();
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    bytes.length,
  );
  return (sealFrames(bytes) ?? []).map((payload) => Buffer.from(payload).toString());
};

test('an event from a template becomes the bytes of its text, whatever stands around it', () => {
  const sealedJson = '{"subject":"s","key":"s/1","commitment":"c","ciphertext":"x"}';
  const entries: readonly EntryParts[] = [
    { class: 'decisive', ocsf: written({ a: 'é'.repeat(9_000) }) },
    { class: 'decisive', ocsf },
    { class: 'telemetry', ocsf: written({}), sealedJson, weight: 3 },
    { class: 'forensic', ocsf: written({ deep: { list: ['\ud83d\ude00', '\n'] } }) },
  ];
  assert.deepEqual(framed(entries), entries.map(entryText));
});

test('cuts an event from a template that is too long, and leaves no trace of the try', () => {
  const long = { class: 'decisive', ocsf: written({ pad: 'é'.repeat(40_000) }) } as const;
  const short = { class: 'decisive', ocsf: written({ n: 2 }) } as const;
  const [first = '', second] = framed([long, short]);
  assert.ok(Buffer.byteLength(first) <= maxEntryBytes);
  assert.deepEqual(first, entryText(long));
  assert.deepEqual(second, entryText(short));
});

test('does not read other formats as entries', () => {
  for (const bad of ['', 'null', '{', '{"v":2,"ocsf":{"metadata":{}}}', '{"v":1}', '[]'])
    assert.throws(() => parseEntry(0, Buffer.from(bad)), { code: 'E_LEDGER_CORRUPT' }, bad);
});
