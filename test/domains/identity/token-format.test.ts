/** The form of the secrets we hand out: what is recognised, what is turned away without a look-up. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  drawToken,
  tokenDigest,
  tokenIdOf,
  tokenLength,
} from '../../../src/domains/identity/token-format.ts';
import { systemRandom } from '../../../src/kernel/effects.ts';

describe('tokens', () => {
  it('carry prefix, id, 256 random bits and a checksum', () => {
    const { id, text } = drawToken('spt', systemRandom);
    assert.match(text, /^spt_[0-9a-f]{16}_[A-Za-z0-9_-]{49}$/);
    assert.equal(text.length, tokenLength);
    assert.equal(tokenIdOf('spt', text), id);
    assert.equal(tokenDigest(text).length, 32);
  });

  it('are never the same', () => {
    const seen = new Set(Array.from({ length: 500 }, () => drawToken('spj', systemRandom).text));
    assert.equal(seen.size, 500);
  });

  it('are not recognised after any change of one character', () => {
    const { text } = drawToken('spt', systemRandom);
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === '0' ? '1' : '0';
      assert.equal(tokenIdOf('spt', text.slice(0, at) + other + text.slice(at + 1)), undefined);
    }
  });

  it('are recognised only under their own prefix and at their own length', () => {
    const { text } = drawToken('spj', systemRandom);
    for (const wrong of ['', 'spj_', text.slice(1), `${text}A`, text.toUpperCase(), ` ${text}`])
      assert.equal(tokenIdOf('spj', wrong), undefined);
    assert.equal(tokenIdOf('spt', text), undefined);
  });
});
