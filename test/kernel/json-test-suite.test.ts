/** nst/JSONTestSuite: every file behaves as it is marked, and the undecided ones as we decided. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { isRefusal } from '../../src/kernel/errors.ts';
import { parseJson } from '../../src/kernel/strict-json.ts';
import { readTar } from './read-tar.ts';

const hostile = join(
  process.env.SALLYPORT_VECTORS ?? join(import.meta.dirname, '../../../shared/vectors'),
  'hostile',
);
const skip = existsSync(hostile) ? false : `no ${hostile}: set SALLYPORT_VECTORS`;

type Case = { readonly file: string; readonly expect: 'accept' | 'reject' | 'either' };

const readArchive = (name: string): ReadonlyMap<string, Uint8Array> =>
  readTar(gunzipSync(readFileSync(join(hostile, name))));

const readCases = (): readonly Case[] =>
  JSON.parse(readFileSync(join(hostile, 'json-test-suite.json'), 'utf8')) as Case[];

test('accepts and rejects the files of JSONTestSuite as they are marked', { skip }, () => {
  const files = readArchive('json-test-suite.tar.gz');
  const counts = { accept: 0, reject: 0, either: 0 };
  for (const { file, expect } of readCases()) {
    counts[expect] += 1;
    const bytes = files.get(file);
    assert.ok(bytes, file);
    const isAccepted = !isRefusal(parseJson(bytes, { allowDuplicateKeys: true }));
    if (expect !== 'either') assert.equal(isAccepted, expect === 'accept', file);
  }
  assert.deepEqual(counts, { accept: 95, reject: 188, either: 35 });
});

test('refuses by default just the two well-formed files with duplicate members', { skip }, () => {
  const files = readArchive('json-test-suite.tar.gz');
  const stricter = readCases()
    .filter(({ expect }) => expect === 'accept')
    .map(({ file }) => file)
    .filter((file) => isRefusal(parseJson(files.get(file) as Uint8Array)));
  assert.deepEqual(stricter, [
    'test_parsing/y_object_duplicated_key.json',
    'test_parsing/y_object_duplicated_key_and_value.json',
  ]);
});

/** Of the 35 undecided files these are accepted: numbers that merely lose precision. */
const acceptedEither = [
  'i_number_double_huge_neg_exp.json',
  'i_number_real_underflow.json',
  'i_number_too_big_neg_int.json',
  'i_number_too_big_pos_int.json',
  'i_number_very_big_negative_int.json',
];

test('accepts of the undecided files only those that lose precision', { skip }, () => {
  const files = readArchive('json-test-suite.tar.gz');
  const accepted = readCases()
    .filter(({ expect }) => expect === 'either')
    .map(({ file }) => file)
    .filter((file) => !isRefusal(parseJson(files.get(file) as Uint8Array)));
  assert.deepEqual(
    accepted.map((file) => file.replace('test_parsing/', '')),
    acceptedEither,
  );
});

/** What the 22 files mean here on which parsers differ; undefined: refused. */
const transforms: Readonly<Record<string, unknown>> = {
  // Integers are doubles: beyond 2^53 they round, as everywhere in JavaScript.
  'number_-9223372036854775808.json': [-9223372036854776000],
  'number_-9223372036854775809.json': [-9223372036854776000],
  'number_9223372036854775807.json': [9223372036854776000],
  'number_9223372036854775808.json': [9223372036854776000],
  'number_10000000000000000999.json': [10000000000000000000],
  'number_1000000000000000.json': [1000000000000000],
  'number_1.0.json': [1],
  'number_1.000000000000000005.json': [1],
  'number_1e6.json': [1000000],
  // Underflow is zero; only overflow is refused.
  'number_1e-999.json': [0],
  // Names are compared as they stand, without Unicode normalization.
  'object_key_nfc_nfd.json': { '\u00e9': 'NFC', 'e\u0301': 'NFD' },
  'object_key_nfd_nfc.json': { 'e\u0301': 'NFD', '\u00e9': 'NFC' },
  // Duplicate members are refused, equal values or not.
  'object_same_key_different_values.json': undefined,
  'object_same_key_same_value.json': undefined,
  'object_same_key_unclear_values.json': undefined,
  // Lone surrogates are refused, escaped or encoded.
  'string_1_escaped_invalid_codepoint.json': undefined,
  'string_1_invalid_codepoint.json': undefined,
  'string_2_escaped_invalid_codepoints.json': undefined,
  'string_2_invalid_codepoints.json': undefined,
  'string_3_escaped_invalid_codepoints.json': undefined,
  'string_3_invalid_codepoints.json': undefined,
  // NUL is a character like any other.
  'string_with_escaped_NULL.json': ['A\u0000B'],
};

test('gives the 22 files on which parsers differ their documented meaning', { skip }, () => {
  const files = readArchive('json-test-suite-transform.tar.gz');
  assert.equal(files.size, 22);
  for (const [path, bytes] of files) {
    const name = path.replace('test_transform/', '');
    assert.ok(name in transforms, name);
    const value = parseJson(bytes);
    assert.deepEqual(isRefusal(value) ? undefined : value, transforms[name], name);
  }
});
