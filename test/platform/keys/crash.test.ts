/** The key store's file after a crash at any byte, and after any change to it. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { systemClock, systemRandom } from '../../../src/kernel/effects.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import { openKeyStore } from '../../../src/platform/keys/index.ts';

const directory = await mkdtemp(join(tmpdir(), 'sallyport-keys-crash-'));
after(() => rm(directory, { recursive: true }));
const file = join(directory, 'keystore.json');
const temporary = join(directory, '.keystore.json.0b0e.tmp');

const open = () =>
  openKeyStore({
    directory,
    passphrase: new Secret('correct horse battery'),
    clock: systemClock,
    random: systemRandom,
  });

/** The file before and after a rotation. */
const oldAndNew = async (): Promise<readonly [string, string]> => {
  const keys = await open();
  await keys.ensureWrappingKey('data');
  const before = await readFile(file, 'utf8');
  await keys.rotate('data');
  await keys.close();
  return [before, await readFile(file, 'utf8')];
};

const versions = async (): Promise<readonly number[] | undefined> => {
  const keys = await open();
  const live = keys.list()[0]?.liveVersions;
  await keys.close();
  return live;
};

test('opens as it was before a crash that left part of the next file beside it', async () => {
  const [before, next] = await oldAndNew();
  // The rename is atomic, so the file itself is whole; only what lies beside it varies.
  for (const length of [0, 1, 40, next.length >> 1, next.length - 1, next.length]) {
    await writeFile(file, before, { mode: 0o600 });
    await writeFile(temporary, next.slice(0, length), { mode: 0o600 });
    assert.deepEqual(await versions(), [1], `cut at ${length}`);
    assert.deepEqual(await readdir(directory), ['keystore.json']);
  }
  await writeFile(file, next, { mode: 0o600 });
  await writeFile(temporary, before, { mode: 0o600 });
  assert.deepEqual(await versions(), [1, 2]);
});

test('does not open when the file ends at any byte', async () => {
  const whole = (await readFile(file, 'utf8')).trimEnd();
  for (let length = 0; length < whole.length; length++) {
    await writeFile(file, whole.slice(0, length));
    await assert.rejects(open(), { code: 'E_KEYS_SEALED' }, `cut at ${length}`);
  }
  await writeFile(file, whole);
});

test('does not open when any part of it is changed', async () => {
  const whole = await readFile(file);
  const marks = ['"lanes":', '"salt":"', '"sealed":"'].map(
    (mark) => whole.indexOf(mark) + mark.length,
  );
  for (const at of [...marks, (marks[2] ?? 0) + 20, whole.length - 8]) {
    const changed = Uint8Array.from(whole);
    changed[at] = changed[at] === 0x42 ? 0x43 : 0x42;
    await writeFile(file, changed);
    await assert.rejects(open(), { code: 'E_KEYS_SEALED' }, `changed at ${at}`);
  }
  await writeFile(file, whole);
  assert.deepEqual(await versions(), [1, 2]);
});
