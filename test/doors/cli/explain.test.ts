/** `sallyport explain` knows the codes of every room. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadErrorKinds } from '../../../src/doors/cli/error-kinds.ts';
import { readRoomErrors } from '../../../tools/docs/errors.ts';

test('explains every code that any room defines', async () => {
  const known = new Set((await loadErrorKinds()).map(({ code }) => code));
  const defined = (await readRoomErrors('.')).flatMap(({ kinds }) => kinds);
  assert.deepEqual(
    defined.map(({ code }) => code).filter((code) => !known.has(code)),
    [],
  );
});

test('every code has a title, a next step and an HTTP status', async () => {
  for (const { code, title, hint, status } of await loadErrorKinds()) {
    assert.ok(title.length > 3 && hint.length > 10, code);
    assert.ok(status >= 400 && status < 600, code);
  }
});
