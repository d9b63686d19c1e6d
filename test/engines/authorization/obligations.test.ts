/** The obligation list grammar is strict. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseObligations, uniteObligations } from '../../../src/engines/authorization/index.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';

describe('obligation lists', () => {
  it('splits names and arguments, blanks around items ignored', () => {
    assert.deepEqual(parseObligations(' redact:pii , round_scores:2,audit:strict, step_up:aal2 '), [
      { name: 'redact', argument: 'pii' },
      { name: 'round_scores', argument: '2' },
      { name: 'audit', argument: 'strict' },
      { name: 'step_up', argument: 'aal2' },
    ]);
    assert.deepEqual(parseObligations('notify'), [{ name: 'notify' }]);
  });

  const malformed = [
    '',
    ',',
    'a,',
    ',a',
    'a,,b',
    'Redact:pii',
    'redact:',
    'redact: pii',
    'redact :pii',
    'redact:pii:all',
    '1st',
    'a-b',
    'a:b c',
    `a:${'b'.repeat(200)}`,
    `${'a,'.repeat(1000)}a`,
    'ａ',
    'a\u0000',
    'a:b\nc',
  ];
  for (const list of malformed) {
    it(`refuses ${JSON.stringify(list.slice(0, 24))}`, () => {
      assert.ok(isRefusal(parseObligations(list)));
    });
  }

  it('unites lists without repeating, in order of first appearance', () => {
    const first = [{ name: 'audit', argument: 'strict' }, { name: 'notify' }];
    const second = [{ name: 'audit' }, { name: 'audit', argument: 'strict' }];
    assert.deepEqual(uniteObligations([first, second]), [
      { name: 'audit', argument: 'strict' },
      { name: 'notify' },
      { name: 'audit' },
    ]);
  });
});
