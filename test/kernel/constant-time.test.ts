/** Comparisons of secrets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalBytes, equalText } from '../../src/kernel/constant-time.ts';

test('compares bytes by content and length', () => {
  assert.ok(equalBytes(Uint8Array.of(1, 2), Buffer.from([1, 2])));
  assert.ok(equalBytes(new Uint8Array(0), new Uint8Array(0)));
  assert.ok(!equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  assert.ok(!equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0)));
});

test('compares texts, lone surrogates included', () => {
  assert.ok(equalText('sécret', 'sécret'));
  assert.ok(!equalText('secret', 'secret '));
  assert.ok(!equalText('a\ud800', 'a\ud801'));
  assert.ok(!equalText('a\ud800', 'a\ufffd'));
});
