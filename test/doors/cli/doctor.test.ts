/** The doctor: looks at everything, changes nothing, and never stops halfway. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runChecks } from '../../../src/doors/cli/doctor/check.ts';
import { machineChecks } from '../../../src/doors/cli/doctor/machine.ts';
import { lockDataDirectory } from '../../../src/platform/files/index.ts';
import { run, type RunOptions } from './world.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-doctor-'));
});
after(() => rm(root, { recursive: true, force: true }));

type Check = { readonly name: string; readonly status: string; readonly detail: string };

const doctor = async (args: readonly string[], options: RunOptions = {}) => {
  const result = await run(['doctor', '--port', '0', ...args, '--json'], options);
  const { ok, checks } = result.json() as { ok: boolean; checks: readonly Check[] };
  const of = (name: string): Check | undefined => checks.find((check) => check.name === name);
  return { code: result.code, ok, checks, of };
};

test('a machine before its first start is well, and nothing is created', async () => {
  const dataDir = join(root, 'fresh');
  const { code, ok, checks, of } = await doctor(['--data-dir', dataDir]);
  assert.deepEqual([code, ok], [0, true]);
  assert.ok(checks.length >= 11);
  assert.equal(of('passphrase')?.status, 'warning');
  assert.match(of('storage')?.detail ?? '', /will be created/);
  assert.deepEqual(await readdir(root), []);
});

test('prints the whole table with a broken configuration, and fails', async () => {
  const { code, ok, of } = await doctor(['--set', 'log.level=loud']);
  assert.deepEqual([code, ok], [1, false]);
  assert.equal(of('configuration')?.status, 'failed');
  assert.equal(of('node')?.status, 'ok');
});

test('finds an open data directory, an open passphrase file and a clock that runs back', async () => {
  const dataDir = join(root, 'bad');
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'passphrase'), 'long enough for it');
  await utimes(join(dataDir, 'passphrase'), new Date(), new Date(Date.now() + 3_600_000));
  await chmod(dataDir, 0o755);
  const { code, of } = await doctor(['--data-dir', dataDir]);
  assert.equal(code, 1);
  assert.match(of('data directory')?.detail ?? '', /mode 755/);
  assert.equal(of('passphrase')?.status, 'failed');
  assert.equal(of('clock against data')?.status, 'failed');
});

test('finds a port in use and a data directory in use', async () => {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const port = String((server.address() as AddressInfo).port);
  const dataDir = join(root, 'used');
  const lock = await lockDataDirectory(dataDir, 1);
  const { code, of } = await doctor(['--data-dir', dataDir, '--port', port]);
  server.close();
  await lock.release();
  assert.equal(code, 1);
  assert.equal(of('port')?.status, 'failed');
  assert.match(of('data directory lock')?.detail ?? '', new RegExp(`process ${process.pid}`));
});

test('says so when storage cannot be opened', async () => {
  const file = join(root, 'no-database');
  await writeFile(file, 'this is no database, it is a text file that is long enough to be read');
  const { of } = await doctor(['--set', `storage.url=sqlite:${file}`]);
  assert.equal(of('storage')?.status, 'failed');
});

test('judges an old runtime and a broken clock', async () => {
  const checks = await runChecks(machineChecks({ nodeVersion: '20.1.0', nowMs: 0 }));
  const failing = checks.filter(({ status }) => status === 'failed').map(({ name }) => name);
  assert.deepEqual(failing, ['node', 'clock']);
});

test('a check that throws has failed and stops no other', async () => {
  const results = await runChecks([
    {
      name: 'a',
      run: () => {
        throw new Error('boom');
      },
    },
    { name: 'b', run: () => ({ status: 'ok', detail: 'fine' }) },
  ]);
  assert.deepEqual(
    results.map(({ name, status }) => [name, status]),
    [
      ['a', 'failed'],
      ['b', 'ok'],
    ],
  );
});

test('shows what to do next to people', async () => {
  const { stdout } = await run(['doctor', '--data-dir', join(root, 'fresh'), '--port', '0']);
  assert.match(stdout, /^CHECK +STATUS +DETAIL\n/);
  assert.match(stdout, /\n\nnext:\n {2}passphrase: /);
});
