/** Strict JSON: what it refuses beyond JSON.parse, its bounds and its places of error. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRefusal, type Refusal } from '../../src/kernel/errors.ts';
import { checkJson, type JsonLimits, parseJson } from '../../src/kernel/strict-json.ts';

const refusalOf = (input: Uint8Array | string, limits?: JsonLimits): Refusal => {
  const value = parseJson(input, limits);
  assert.ok(isRefusal(value), `${String(input).slice(0, 80)} was accepted`);
  return value;
};

const accepted: readonly string[] = [
  'null',
  ' \t\r\n[ ] ',
  '{}',
  '-0',
  '1.5e-7',
  '"\\ud83d\\ude00 \\u0000 \\/ \u007f é 😀"',
  '{"a":{"a":1},"b":[{"a":2},{"a":3}]}',
  `[${'1,'.repeat(500)}1]`,
  '{"":0," ":1}',
  '1e-400',
  `0.${'0'.repeat(400)}1`,
];
for (const text of accepted) {
  test(`parses as JSON.parse does: ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.deepEqual(parseJson(text), JSON.parse(text));
    assert.deepEqual(parseJson(Buffer.from(text)), JSON.parse(text));
    assert.equal(checkJson(Buffer.from(text)), undefined);
  });
}

const manyKeys = (last: string): string =>
  `{${Array.from({ length: 40 }, (_, i) => `"key${i}":0,`).join('')}"${last}":0}`;

const refused: readonly [what: string, text: string, offset: number, reason: RegExp][] = [
  ['nothing', '', 0, /ends where a value/],
  ['white space alone', ' \n', 2, /ends where a value/],
  ['two values', '1 2', 2, /text after the value/],
  ['a trailing comma in an array', '[1,]', 3, /value expected/],
  ['a trailing comma in an object', '{"a":1,}', 7, /member name expected/],
  ['an unclosed array', '[1', 2, /comma or \]/],
  ['a missing colon', '{"a" 1}', 5, /colon expected/],
  ['a misspelt word', '[nul]', 1, /value expected/],
  ['a leading zero', '[01]', 1, /leading zero/],
  ['a lone minus', '-', 0, /value expected/],
  ['a point without digits', '1.', 2, /after the point/],
  ['an exponent without digits', '1e+', 3, /exponent/],
  ['a control character', '"a\u0001"', 2, /control character/],
  ['an unclosed string', '"abc', 4, /ends inside a string/],
  ['an unknown escape', '"\\x41"', 1, /unknown escape/],
  ['a short \\u escape', '"\\u12g4"', 1, /bad \\u escape/],
  ['a lone high surrogate', '"\\ud800"', 1, /lone surrogate/],
  ['a lone low surrogate', '"\\udc00"', 1, /lone surrogate/],
  ['surrogates in the wrong order', '"\\udc00\\ud800"', 1, /lone surrogate/],
  ['a number above the range', '[1e309]', 1, /out of range/],
  ['a number below the range', '-1e999', 0, /out of range/],
  ['a long number above the range', '9'.repeat(400), 0, /out of range/],
  ['a duplicate member', '{"a":1,"b":2,"a":3}', 13, /duplicate/],
  ['a duplicate behind an escape', '{"a":1,"\\u0061":2}', 7, /duplicate/],
  ['a duplicate of an escaped one', '{"\\u0061":1,"a":2}', 12, /duplicate/],
  ['a duplicate empty member', '{"":1,"":2}', 6, /duplicate/],
  ['a duplicate in a large object', manyKeys('key3'), 0, /duplicate/],
  ['a duplicate after a nested object', '{"a":{"a":1},"a":2}', 13, /duplicate/],
  ['a byte order mark', '\ufeff{}', 0, /byte order mark/],
];
for (const [what, text, offset, reason] of refused) {
  test(`refuses ${what} and says where`, () => {
    const refusal = refusalOf(text);
    assert.match(refusal.detail, reason);
    if (offset > 0 || !what.includes('large')) assert.equal(refusal.data.offset, offset);
    assert.ok(refusal.detail.endsWith(`at byte ${refusal.data.offset as number}`));
  });
}

test('names the byte, not the character, and the first bad byte of UTF-8', () => {
  assert.equal(refusalOf('["é",]').data.offset, 6);
  const cut = Buffer.concat([Buffer.from('["é'), Buffer.of(0xff), Buffer.from('"]')]);
  assert.equal(refusalOf(cut).data.offset, 4);
});

test('refuses a lone surrogate in text handed over as a string', () => {
  assert.match(refusalOf('"\ud800"').detail, /lone surrogate/);
});

test('keeps names apart that only look equal', () => {
  const text = manyKeys('key3\\u0000');
  assert.deepEqual(parseJson(text), JSON.parse(text));
});

test('allows duplicate members on request; the last one wins', () => {
  assert.deepEqual(parseJson('{"a":1,"a":2}', { allowDuplicateKeys: true }), { a: 2 });
});

test('makes __proto__ an ordinary own member', () => {
  const value = parseJson('{"__proto__":{"polluted":true}}') as Record<string, unknown>;
  assert.ok(Object.hasOwn(value, '__proto__'));
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.equal(value.polluted, undefined);
});

const bounded: readonly [string, JsonLimits, string, string][] = [
  ['bytes', { maxBytes: 4 }, '[12]', '[123]'],
  ['depth', { maxDepth: 2 }, '[[1]]', '[[[1]]]'],
  ['depth of objects', { maxDepth: 1 }, '{"a":1}', '{"a":{}}'],
  ['members', { maxKeys: 2 }, '{"a":1,"b":{"c":1,"d":2}}', '{"a":1,"b":2,"c":3}'],
  ['values', { maxValues: 3 }, '[1,2]', '[1,2,3]'],
];
for (const [what, limits, good, bad] of bounded) {
  test(`bounds the number of ${what}`, () => {
    assert.ok(!isRefusal(parseJson(good, limits)));
    refusalOf(bad, limits);
  });
}

test('survives a million open brackets whatever depth is allowed', () => {
  const open = Buffer.alloc(1_000_000, '[');
  assert.match(refusalOf(open).detail, /nesting exceeds 128/);
  const limits = { maxDepth: 2_000_000, maxValues: 2_000_000 };
  assert.match(refusalOf(open, limits).detail, /ends where a value/);
});

test('stays linear in the number of members', () => {
  const members = Array.from({ length: 100_000 }, (_, i) => `"k${i}":0`).join(',');
  assert.equal(checkJson(Buffer.from(`{${members}}`), { maxKeys: 100_000 }), undefined);
});
