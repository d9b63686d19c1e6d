/** bin/sallyport.js: finds the right Node, hands over signals and exit codes, or says what to do. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-bin-'));
});
after(() => rm(root, { recursive: true, force: true }));

const launcher = 'bin/sallyport.js';
const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' };

/** A Node of this machine that is too old to run Sallyport, if there is one. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
  if (!existsSync(path)) return false;
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)/.exec(version)?.[1]) < 26;
});
const needsOldNode = { skip: oldNode === undefined ? 'no Node older than 26 here' : false };

test('runs with this Node and passes exit codes on', () => {
  const version = spawnSync(process.execPath, [launcher, '--version'], { env, encoding: 'utf8' });
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  const wrong = spawnSync(process.execPath, [launcher, 'nonsense'], { env, encoding: 'utf8' });
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /unknown command/);
});

test('a reader that goes away does not make it fail', () => {
  const script = `"${process.execPath}" ${launcher} completion fish | head -1`;
  const run = spawnSync('bash', ['-o', 'pipefail', '-c', script], { env, encoding: 'utf8' });
  assert.equal(run.stderr, '');
  assert.equal(run.status, 0);
});

test('is syntax that an old Node understands', needsOldNode, () => {
  const check = spawnSync(oldNode ?? '', ['--check', launcher], { encoding: 'utf8' });
  assert.equal(check.status, 0, check.stderr);
});

test('an old Node hands over to the Node of the package', needsOldNode, () => {
  const run = spawnSync(oldNode ?? '', [launcher, 'explain', 'E_NONE'], { env, encoding: 'utf8' });
  assert.equal(run.status, 5, run.stderr);
});

/** A copy of the launcher whose neighbours are written for the test. */
const installation = async (name: string, cli: string) => {
  const directory = join(root, name);
  await mkdir(join(directory, 'bin'), { recursive: true });
  await mkdir(join(directory, 'src/doors/cli'), { recursive: true });
  await cp(launcher, join(directory, launcher));
  await writeFile(join(directory, 'package.json'), '{"type":"module","version":"1.2.3"}');
  await writeFile(join(directory, 'src/doors/cli/index.js'), cli);
  return directory;
};

test('without a fitting Node it says in one line what to do', needsOldNode, async () => {
  const directory = await installation('bare', '');
  const run = spawnSync(oldNode ?? '', [join(directory, launcher)], { env, encoding: 'utf8' });
  assert.equal(run.status, 1);
  assert.match(
    run.stderr,
    /^sallyport needs Node 26 and this is v\d+\.\d+\.\d+: run `npm ci` in .+\n$/,
  );
});

const waits = `export const runCli = async ({ stopped, stdout }) => {
  const end = stopped();
  const idle = setInterval(() => {}, 1000);
  stdout.write(process.pid + '\\n');
  await end;
  clearInterval(idle);
  return 7;
};`;

const withNode = async (name: string) => {
  const directory = await installation(name, waits);
  await mkdir(join(directory, 'node_modules/.bin'), { recursive: true });
  await symlink(process.execPath, join(directory, 'node_modules/.bin/node'));
  return directory;
};

test('forwards SIGTERM and the exit code of the real process', needsOldNode, async () => {
  const directory = await withNode('forward');
  const child = spawn(oldNode ?? '', [join(directory, launcher)], { env });
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [7, null]);
});

test('the real process dies with a launcher that is killed', needsOldNode, async () => {
  const directory = await withNode('killed');
  const child = spawn(oldNode ?? '', [join(directory, launcher)], { env });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  const pid = Number(text.toString());
  assert.notEqual(pid, child.pid);
  child.kill('SIGKILL');
  // The pipe closes when the last process that holds it is gone.
  await once(child.stdout, 'close', { signal: AbortSignal.timeout(10_000) });
});
