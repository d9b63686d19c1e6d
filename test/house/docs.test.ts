/** The generated references say what the source says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findDrift } from '../../tools/docs.ts';
import { readRoomErrors, renderErrors } from '../../tools/docs/errors.ts';

describe('docs/reference', () => {
  it('is what npm run docs would write', async () => {
    assert.deepEqual(await findDrift('.'), [], 'out of date: run npm run docs');
  });

  it('gives a code that several rooms use one status and one exit code', async () => {
    const kinds = (await readRoomErrors('.')).flatMap((room) => room.kinds);
    assert.ok(kinds.length > 0);
    const torn = kinds.filter((kind) =>
      kinds.some(
        ({ code, status, exit }) =>
          code === kind.code && (status !== kind.status || exit !== kind.exit),
      ),
    );
    assert.deepEqual(torn, []);
  });

  it('escapes what would break a table', () => {
    const kind = { code: 'E_X', status: 400, exit: 'usage', title: 'a|b', hint: 'c\nd' } as const;
    assert.match(renderErrors([{ room: 'r', kinds: [kind] }]), /a\\\|b \| c d \|/);
  });
});
