/** Strict PEM: one text, one meaning. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeOnePem, decodePem, encodePem } from '../../../src/engines/pki/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';

const bytes = (count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (i * 7) & 0xff);
const block = encodePem('CERTIFICATE', bytes(100));
const head = '-----BEGIN CERTIFICATE-----';
const foot = '-----END CERTIFICATE-----';

describe('PEM', () => {
  it('reads back what it writes, at every length', () => {
    for (let count = 1; count < 200; count++) {
      const text = encodePem('PUBLIC KEY', bytes(count));
      assert.deepEqual(orThrow(decodeOnePem(text, 'PUBLIC KEY')), bytes(count));
      assert.ok(text.split('\n').every((line) => line.length <= 64));
    }
  });

  it('reads several blocks with empty lines between them and CRLF', () => {
    const text = `\n${block}\n\n${block}`.replaceAll('\n', '\r\n');
    assert.equal(orThrow(decodePem(text, 'CERTIFICATE')).length, 2);
  });

  const bad: Readonly<Record<string, string>> = {
    'an empty text': '',
    'only empty lines': '\n\n',
    'another label': encodePem('PUBLIC KEY', bytes(10)),
    'text before': `subject=a\n${block}`,
    'text after': `${block}a`,
    'no END line': block.slice(0, -30),
    'another END label': block.replace('END CERTIFICATE', 'END PUBLIC KEY'),
    'an empty body': `${head}\n${foot}\n`,
    'a body of one empty line': `${head}\n\n${foot}\n`,
    'a short line in the middle': `${head}\nAAAA\nAAAA\n${foot}\n`,
    'a line too long': `${head}\n${'A'.repeat(68)}\n${foot}\n`,
    spaces: `${head}\nAAAA \n${foot}\n`,
    base64url: `${head}\nAA-_\n${foot}\n`,
    'missing padding': `${head}\nAAA\n${foot}\n`,
    'stray bits': `${head}\nAAB=\n${foot}\n`,
    headers: `${head}\nProc-Type: 4,ENCRYPTED\n\nAAAA\n${foot}\n`,
    'a carriage return inside': block.replace('\n', '\r\r\n'),
  };
  for (const [what, text] of Object.entries(bad))
    it(`refuses ${what}`, () => {
      const answer = decodePem(text, 'CERTIFICATE');
      assert.equal(isRefusal(answer) && answer.error.code, 'E_PKI_MALFORMED');
    });

  it('refuses more blocks than asked for and texts beyond a mebibyte', () => {
    assert.equal(isRefusal(decodePem(block + block, 'CERTIFICATE', 1)), true);
    assert.equal(isRefusal(decodeOnePem(block + block, 'CERTIFICATE')), true);
    assert.equal(isRefusal(decodePem('\n'.repeat((1 << 20) + 1), 'CERTIFICATE')), true);
  });
});
