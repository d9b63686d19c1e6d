/** Signed notes, verifier keys, signatures (C2SP signed-note and tlog-cosignature). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Refusal, isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import {
  createVerifierKey,
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  keyTypes,
  leafHash,
  parseNote,
  parseVerifierKey,
  signNote,
  signNoteSync,
  subtreeMessage,
  type VerifierKey,
  verifyNote,
} from '../../../src/engines/merkle/index.ts';
import { createSigner } from './signers.ts';
import { readJsonVector, skipVectors } from './vectors.ts';

const exampleKey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const exampleNote =
  'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncA' +
  'lTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

const refusalOf = (value: unknown): Refusal => {
  assert.ok(isRefusal(value), 'a refusal was expected');
  return value;
};

type KeyCase = { readonly id: string; readonly vkey: string; readonly expected: string };
type NoteCase = {
  readonly id: string;
  readonly note: string;
  readonly vkeys: readonly string[];
  readonly expected: string;
  readonly verified?: readonly string[];
};
const vectorsOf = <T>(file: string): readonly T[] =>
  skipVectors === false ? (readJsonVector(file) as readonly T[]) : [];

test('has note and key cases to try', { skip: skipVectors }, () => {
  assert.ok(vectorsOf('notes/signed-notes.json').length >= 8);
});

for (const { id, vkey, expected } of vectorsOf<KeyCase>('notes/verifier-keys.json')) {
  test(`${expected}s the verifier key ${id}`, () => {
    const key = parseVerifierKey(vkey);
    assert.equal(!isRefusal(key), expected === 'accept');
    if (!isRefusal(key)) assert.equal(formatVerifierKey(key), vkey);
  });
}

for (const { id, note, vkeys, expected, verified } of vectorsOf<NoteCase>(
  'notes/signed-notes.json',
)) {
  test(`${expected}s the note ${id}`, () => {
    const result = verifyNote(
      note,
      vkeys.map((vkey) => orThrow(parseVerifierKey(vkey))),
    );
    assert.equal(!isRefusal(result), expected === 'accept');
    const names = isRefusal(result) ? undefined : result.verified.map(({ key }) => key.name);
    assert.deepEqual(names, verified);
    if (!isRefusal(result)) assert.equal(formatNote(result), note);
  });
}

test('verifies the example of the specification, as text and as bytes', () => {
  const key = orThrow(parseVerifierKey(exampleKey));
  assert.ok(!isRefusal(verifyNote(exampleNote, [key])));
  assert.ok(!isRefusal(verifyNote(Buffer.from(exampleNote), [key])));
});

const badKeys: readonly [string, string][] = [
  ['no parts', 'example.com'],
  ['two parts', 'example.com+530d903a'],
  ['an empty name', exampleKey.replace('example.com/foo', '')],
  ['a space in the name', exampleKey.replace('/foo', ' foo')],
  ['a no-break space in the name', exampleKey.replace('/foo', '\u00a0foo')],
  ['another name', exampleKey.replace('foo', 'bar')],
  ['an id in upper case', exampleKey.replace('530d903a', '530D903A')],
  ['a short id', exampleKey.replace('530d903a', '530d903')],
  ['another id', exampleKey.replace('530d903a', '530d903b')],
  ['bad base64', `${exampleKey}!`],
  ['no key', 'example.com/foo+530d903a+'],
  ['an unknown type', 'example.com/foo+530d903a+/zky'],
  ['a name that is too long', exampleKey.replace('foo', 'f'.repeat(9000))],
];
for (const [what, vkey] of badKeys) {
  test(`refuses a verifier key with ${what}`, () => {
    assert.equal(refusalOf(parseVerifierKey(vkey)).error.code, 'E_LOG_FORMAT');
  });
}

test('refuses to make keys of wrong length or type', () => {
  for (const [type, length] of [
    [1, 31],
    [4, 33],
    [6, 32],
    [2, 32],
    [255, 32],
  ] as const)
    refusalOf(createVerifierKey({ name: 'a', type, publicKey: new Uint8Array(length) }));
});

const badNotes: readonly [string, string][] = [
  ['no blank line', 'text\n— a AAAAAAA=\n'],
  ['no signature', 'text\n\n'],
  ['no last newline', exampleNote.slice(0, -1)],
  ['a control character in the text', exampleNote.replace('example', 'exa\u0000ple')],
  ['a carriage return', exampleNote.replace('\n', '\r\n')],
  ['a tab in a signature line', exampleNote.replace('foo ', 'foo\t')],
  ['a hyphen instead of the dash', exampleNote.replace('—', '-')],
  ['two spaces in a signature line', exampleNote.replace('foo ', 'foo  ')],
  ['a name with a plus', exampleNote.replace('foo ', 'f+o ')],
  ['a signature of nothing but the key id', 'text\n\n— a AAAAAA==\n'],
  ['non-canonical base64', exampleNote.replace('yaQM=', 'yaQN=')],
  ['text after the signatures', `${exampleNote}more\n`],
  ['a lone surrogate', `\ud800${exampleNote}`],
];
for (const [what, note] of badNotes) {
  test(`refuses a note with ${what}`, () => {
    assert.equal(refusalOf(parseNote(note)).error.code, 'E_LOG_FORMAT');
  });
}

test('refuses invalid UTF-8 and oversized notes', () => {
  refusalOf(parseNote(Buffer.concat([Buffer.of(0xff), Buffer.from(exampleNote)])));
  refusalOf(parseNote('x'.repeat(1_000_001) + exampleNote));
  const line = exampleNote.split('\n')[2] as string;
  refusalOf(parseNote(`text\n\n${`${line}\n`.repeat(101)}`));
});

test('splits at the last blank line and keeps earlier ones in the text', () => {
  const note = orThrow(parseNote('a\n\nb\n\n— k AAAAAAA=\n'));
  assert.equal(note.text, 'a\n\nb\n');
  assert.equal(note.signatures.length, 1);
});

const origin = 'log.example/one';
const text = formatCheckpoint({ origin, size: 3, root: leafHash(Buffer.from('x')) });
const signers = [
  createSigner(keyTypes.ed25519, origin),
  createSigner(keyTypes.mlDsa44Cosignature, origin),
  createSigner(keyTypes.ed25519Cosignature, 'witness.example/w'),
];
const keys: readonly VerifierKey[] = signers.map(({ key }) => key);

test('signs with every type of key and verifies each', async () => {
  const note = signNoteSync(text, signers);
  const { verified } = orThrow(verifyNote(note, keys));
  assert.deepEqual(
    verified.map(({ key, timestamp }) => [key.type, timestamp]),
    [
      [1, undefined],
      [6, 1_700_000_000],
      [4, 1_700_000_000],
    ],
  );
  const later = signers.map((signer) => ({
    ...signer,
    sign: async (m: Uint8Array) => signer.sign(m),
  }));
  assert.ok(!isRefusal(verifyNote(await signNote(text, later), keys)));
});

test('parses back the keys it formats, of every type', () => {
  for (const key of keys) {
    const parsed = orThrow(parseVerifierKey(formatVerifierKey(key)));
    assert.deepEqual([parsed.name, parsed.type, parsed.keyId], [key.name, key.type, key.keyId]);
    assert.ok(!isRefusal(verifyNote(signNoteSync(text, signers), [parsed])));
  }
});

test('ignores lines of unknown keys, also when only the name or only the id is known', () => {
  const [ed, , witness] = signers;
  assert.ok(ed && witness);
  const note = signNoteSync(text, signers);
  assert.equal(orThrow(verifyNote(note, [ed.key])).verified.length, 1);
  const otherName = { ...witness.key, name: 'other.example' };
  const otherId = { ...witness.key, keyId: witness.key.keyId + 1 };
  assert.equal(orThrow(verifyNote(note, [ed.key, otherName, otherId])).verified.length, 1);
  assert.equal(refusalOf(verifyNote(note, [otherName])).error.code, 'E_LOG_SIGNATURE');
});

test('refuses the whole note when one known signature fails', () => {
  for (const [i, signer] of signers.entries()) {
    const forged = signers.map((each, at) =>
      at === i
        ? { ...each, sign: (m: Uint8Array) => each.sign(Buffer.concat([m, Buffer.of(0)])) }
        : each,
    );
    assert.match(refusalOf(verifyNote(signNoteSync(text, forged), keys)).detail, /does not verify/);
    const moved = { ...signer, timestamp: 5 };
    const good = signNoteSync(text, [moved]);
    const line = orThrow(parseNote(good)).signatures[0];
    assert.ok(line);
    const signature = Uint8Array.from(line.signature);
    signature[7] = (signature[7] as number) ^ 1;
    const bad = formatNote({ text, signatures: [{ ...line, signature }] });
    assert.ok(!isRefusal(verifyNote(good, keys)));
    refusalOf(verifyNote(bad, keys));
  }
});

test('refuses two known keys with one id', () => {
  const [ed] = keys;
  assert.ok(ed);
  assert.match(refusalOf(verifyNote(signNoteSync(text, signers), [ed, { ...ed }])).detail, /share/);
});

test('lets ML-DSA keys sign checkpoints only', () => {
  const [, mlDsa] = signers;
  assert.ok(mlDsa);
  assert.throws(() => signNoteSync('any text\n', [mlDsa]), RangeError);
  const signature = Buffer.alloc(8 + 2420);
  const forged = formatNote({
    text: 'any text\n',
    signatures: [{ name: mlDsa.key.name, keyId: mlDsa.key.keyId, signature }],
  });
  refusalOf(verifyNote(forged, [mlDsa.key]));
});

test('lays out the message of an ML-DSA cosignature as specified', () => {
  const hash = new Uint8Array(32).fill(7);
  const statement = { cosigner: 'w', timestamp: 1, origin: 'log', start: 0, end: 258, hash };
  assert.equal(
    Buffer.from(subtreeMessage(statement)).toString('hex'),
    `${Buffer.from('subtree/v1\n\0').toString('hex')}0177${'0000000000000001'}036c6f67` +
      `${'0000000000000000'}${'0000000000000102'}${'07'.repeat(32)}`,
  );
  assert.throws(() => subtreeMessage({ ...statement, start: 256 }), RangeError);
  assert.throws(() => subtreeMessage({ ...statement, cosigner: 'w'.repeat(256) }), RangeError);
  assert.throws(() => subtreeMessage({ ...statement, hash: new Uint8Array(31) }), RangeError);
  assert.throws(() => subtreeMessage({ ...statement, timestamp: -1 }), RangeError);
});
