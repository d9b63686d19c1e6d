/** Parsers of log formats on any input: they return or refuse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatCheckpoint,
  formatNote,
  formatTlogProof,
  formatVerifierKey,
  keyTypes,
  leafHash,
  parseEntryBundle,
  parseLogPath,
  parseLogPolicy,
  parseNote,
  parseTlogProof,
  parseVerifierKey,
  signNoteSync,
  verifyCheckpoint,
} from '../../../src/engines/merkle/index.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import { mutants } from '../../kernel/mutations.ts';
import { createSigner } from './signers.ts';

const origin = 'log.example/one';
const ed = createSigner(keyTypes.ed25519, origin);
const mlDsa = createSigner(keyTypes.mlDsa44Cosignature, origin);
const witness = createSigner(keyTypes.ed25519Cosignature, 'w.example/1');
const root = leafHash(Buffer.from('x'));
const note = signNoteSync(formatCheckpoint({ origin, size: 300, root }), [ed, mlDsa]);
const required = [ed.key, mlDsa.key];

test('accepts no mutant of a signed checkpoint unless it still says the same', () => {
  for (const mutant of mutants([Buffer.from(note)], { count: 3000 })) {
    const checkpoint = verifyCheckpoint(mutant, { required });
    if (isRefusal(checkpoint)) continue;
    assert.deepEqual([checkpoint.size, checkpoint.root], [300, root]);
  }
});

test('refuses every single flipped bit of a signed checkpoint', () => {
  const bytes = Buffer.from(note);
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Uint8Array.from(bytes);
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
    assert.ok(isRefusal(verifyCheckpoint(flipped, { required })), `byte ${at}`);
  }
});

test('returns or refuses on mutants of every text format and reproduces what it accepts', () => {
  const proof = formatTlogProof({ index: 5, hashes: [root, root], checkpoint: note });
  const policy =
    `log ${formatVerifierKey(ed.key)}\nwitness w ${formatVerifierKey(witness.key)} u\n` +
    'group g any w\nquorum g\n';
  const seeds = [note.slice(0, 200), proof.slice(0, 200), policy, formatVerifierKey(ed.key)];
  const bytes = [...seeds, 'tile/0/x001/234.p/7', 'tile/entries/000'].map((text) =>
    Buffer.from(text),
  );
  for (const mutant of mutants(bytes, { count: 20_000 })) {
    const text = Buffer.from(mutant).toString();
    parseLogPolicy(text);
    parseLogPath(text);
    parseEntryBundle(mutant);
    const parsedNote = parseNote(text);
    if (!isRefusal(parsedNote)) assert.equal(formatNote(parsedNote), text);
    const parsedProof = parseTlogProof(text);
    if (!isRefusal(parsedProof)) assert.equal(formatTlogProof(parsedProof), text);
    const key = parseVerifierKey(text);
    if (!isRefusal(key)) assert.equal(formatVerifierKey(key), text);
  }
});

test('returns or refuses on arbitrary text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const parse of [
        parseNote,
        parseTlogProof,
        parseLogPolicy,
        parseLogPath,
        parseVerifierKey,
      ])
        assert.ok(parse(text) !== undefined);
    }),
  );
});
