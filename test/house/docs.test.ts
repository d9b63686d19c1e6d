/** The generated references say what the source says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findDrift } from '../../tools/docs.ts';
import { readRoomErrors, renderErrors } from '../../tools/docs/errors.ts';

describe('docs/reference', () => {
  it('is what npm run docs would write', async () => {
    assert.deepEqual(await findDrift('.'), [], 'out of date: run npm run docs');
  });

  it('lists every error code once', async () => {
    const codes = (await readRoomErrors('.')).flatMap(({ kinds }) => kinds.map(({ code }) => code));
    assert.ok(codes.length > 0);
    const twice = codes.filter((code, i) => codes.indexOf(code) !== i);
    assert.deepEqual(twice, []);
  });

  it('escapes what would break a table', () => {
    const kind = { code: 'E_X', status: 400, exit: 'usage', title: 'a|b', hint: 'c\nd' } as const;
    assert.match(renderErrors([{ room: 'r', kinds: [kind] }]), /a\\\|b \| c d \|/);
  });
});
