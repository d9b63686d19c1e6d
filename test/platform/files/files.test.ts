/** The files room: durable replacement, bounded and private reading, private directories. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  ensurePrivateDirectory,
  readFileBounded,
  readPrivateFile,
  writeFileAtomic,
} from '../../../src/platform/files/index.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-files-'));
});
after(() => rm(root, { recursive: true, force: true }));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test('replaces a file whole, with mode 0600, and leaves no temporary file', async () => {
  const directory = join(root, 'atomic');
  await mkdir(directory);
  const path = join(directory, 'a');
  await writeFileAtomic(path, 'old');
  await writeFileAtomic(path, new TextEncoder().encode('new'));
  assert.equal(await readFile(path, 'utf8'), 'new');
  assert.equal(await modeOf(path), 0o600);
  assert.deepEqual(await readdir(directory), ['a']);
});

test('sets the asked mode whatever the umask is', async () => {
  const path = join(root, 'public');
  await writeFileAtomic(path, 'x', { mode: 0o666 });
  assert.equal(await modeOf(path), 0o666);
});

test('a failed replacement keeps the old content and cleans up', async () => {
  const directory = join(root, 'fails');
  await mkdir(join(directory, 'target'), { recursive: true });
  await assert.rejects(writeFileAtomic(join(directory, 'target'), 'x'), { code: 'E_FILE_WRITE' });
  assert.deepEqual(await readdir(directory), ['target']);
});

test('reads up to the limit and refuses one byte more, devices included', async () => {
  const path = join(root, 'bounded');
  await writeFile(path, 'x'.repeat(100_000));
  assert.equal((await readFileBounded(path, 100_000)).length, 100_000);
  await assert.rejects(readFileBounded(path, 99_999), { code: 'E_FILE_TOO_LARGE' });
  await assert.rejects(readFileBounded('/dev/zero', 1000), { code: 'E_FILE_TOO_LARGE' });
  await assert.rejects(readFileBounded(join(root, 'none'), 10), { code: 'E_FILE_UNREADABLE' });
  await assert.rejects(readFileBounded(root, 10), { code: 'E_FILE_UNREADABLE' });
});

test('refuses a secret file that group or others may touch', async () => {
  const path = join(root, 'secret');
  await writeFile(path, 's3cret', { mode: 0o600 });
  assert.equal(Buffer.from(await readPrivateFile(path, 100)).toString(), 's3cret');
  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    await chmod(path, mode);
    await assert.rejects(readPrivateFile(path, 100), { code: 'E_FILE_NOT_PRIVATE' });
  }
  await assert.rejects(readPrivateFile(root, 100), { code: 'E_FILE_UNREADABLE' });
});

test('creates private directories, tightens empty ones, refuses open filled ones', async () => {
  const fresh = join(root, 'deep', 'fresh');
  await ensurePrivateDirectory(fresh);
  assert.equal(await modeOf(fresh), 0o700);

  const empty = join(root, 'empty');
  await mkdir(empty);
  await chmod(empty, 0o777);
  await ensurePrivateDirectory(empty);
  assert.equal(await modeOf(empty), 0o700);

  const filled = join(root, 'filled');
  await mkdir(filled);
  await writeFile(join(filled, 'x'), '');
  await chmod(filled, 0o755);
  await assert.rejects(ensurePrivateDirectory(filled), { code: 'E_FILE_NOT_PRIVATE' });
  assert.equal(await modeOf(filled), 0o755);
});
