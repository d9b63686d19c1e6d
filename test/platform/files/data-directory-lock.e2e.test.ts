/** The data directory's lock across processes, killed ones included. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  isDataDirectoryLocked,
  lockDataDirectory,
  readLockHolder,
} from '../../../src/platform/files/index.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-lock-'));
});
after(() => rm(root, { recursive: true, force: true }));

const room = new URL('../../../src/platform/files/index.ts', import.meta.url).href;
const holder = (directory: string) =>
  spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { lockDataDirectory } = await import(${JSON.stringify(room)});
       await lockDataDirectory(${JSON.stringify(directory)}, 42);
       process.stdout.write('held'); setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );

test('refuses a second holder in the same process and frees on release', async () => {
  const directory = join(root, 'same');
  const lock = await lockDataDirectory(directory, 1);
  await assert.rejects(lockDataDirectory(directory, 2), { code: 'E_DATA_DIRECTORY_LOCKED' });
  assert.equal(isDataDirectoryLocked(directory), true);
  await lock.release();
  await lock.release();
  assert.equal(isDataDirectoryLocked(directory), false);
  await (await lockDataDirectory(directory, 3)).release();
});

test('names the holding process and takes over at once after kill -9', async () => {
  const directory = join(root, 'other');
  const child = holder(directory);
  await once(child.stdout, 'data');
  await assert.rejects(lockDataDirectory(directory, 1), {
    code: 'E_DATA_DIRECTORY_LOCKED',
    data: { pid: child.pid },
  });
  assert.deepEqual(await readLockHolder(directory), { pid: child.pid, startedAtMs: 42 });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await lockDataDirectory(directory, 1)).release();
});
