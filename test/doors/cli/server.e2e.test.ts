/** The whole tool against a real server process: from the first start to a kill and a restart. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:https';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { encodePem } from '../../../src/engines/pki/index.ts';

let root = '';
let server: ChildProcess | undefined;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-server-'));
});
after(async () => {
  server?.kill('SIGKILL');
  await rm(root, { recursive: true, force: true });
});

const dataDir = (): string => join(root, 'data');
const env = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], HOME: root });

const tool = (...args: readonly string[]) => {
  const words = ['bin/sallyport.js', ...args, '--data-dir', dataDir()];
  const run = spawnSync(process.execPath, words, { env: env(), encoding: 'utf8' });
  return { code: run.status, stdout: run.stdout, stderr: run.stderr };
};

const good = (...args: readonly string[]): string => {
  const { code, stdout, stderr } = tool(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  return stdout;
};

const start = async (...args: readonly string[]): Promise<{ url: string; pid: number }> => {
  const words = ['bin/sallyport.js', 'server', '--data-dir', dataDir(), '--port', '0'];
  const child = spawn(process.execPath, [...words, '--json', '--quiet', ...args], {
    env: env(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  server = child;
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return JSON.parse(line.toString()) as { url: string; pid: number };
};

const ended = async (signal: NodeJS.Signals): Promise<unknown> => {
  const exit = once(server as ChildProcess, 'exit');
  server?.kill(signal);
  return (await exit)[0];
};

const verify = () => {
  const { code, stdout } = tool('ledger', 'verify', '--json');
  return { code, ...(JSON.parse(stdout) as { ok: boolean; size: number; problems: unknown[] }) };
};

test('from the first start to principals, tokens, endpoints and a verified ledger', async () => {
  const { url } = await start('--log-level', 'silent');
  assert.equal((await stat(dataDir())).mode & 0o777, 0o700);
  assert.match(good('enrol', '--name', 'Ada'), /^User::/);
  assert.equal(tool('enrol').code === 0, false, 'the code works once');
  good('principal', 'create', 'scorer', '--type', 'Service', '--role', 'reader');
  const token = good('token', 'create', '--principal', 'scorer', '--ttl', '1h').trim();
  assert.match(token, /^spt_/);
  const endpoint = ['--protocol', 'v2', '--url', 'http://127.0.0.1:9', '--network', 'private'];
  good('endpoint', 'add', 'digits', '--role', 'reader', ...endpoint);
  assert.match(good('endpoint', 'list'), /digits/);
  const denied = await fetch(`${url}/api/v1/endpoints`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{"never":"read"}',
  });
  assert.equal(denied.status, 403);
  const id = denied.headers.get('x-request-id') ?? '';
  assert.equal(((await denied.json()) as { code: string }).code, 'E_API_DENIED');
  assert.match(good('ledger', 'tail', '--decision', 'deny', '--json'), new RegExp(id));
  assert.match(good('ledger', 'prove', '0'), /^c2sp\.org\/tlog-proof@v1\n/);
  const live = verify();
  assert.deepEqual([live.code, live.ok, live.problems], [0, true, []]);
});

test('a second server and an offline rebuild are refused while it runs', () => {
  assert.equal(tool('server', '--port', '0').code, 7);
  assert.equal(tool('ledger', 'reindex').code, 7);
});

test('stops in order at SIGTERM, and what it leaves can be verified and indexed anew', async () => {
  assert.equal(await ended('SIGTERM'), 0);
  assert.equal(tool('whoami').code, 2);
  const before = verify();
  assert.deepEqual([before.code, before.ok], [0, true]);
  assert.match(good('ledger', 'reindex'), /entries indexed/);
});

test('goes on after kill -9', async () => {
  const first = await start('--log-level', 'silent');
  good('token', 'create', '--principal', 'scorer');
  await ended('SIGKILL');
  const { size } = verify();
  const second = await start('--log-level', 'silent');
  assert.notEqual(second.pid, first.pid);
  assert.match(good('whoami'), /^User::/);
  assert.ok(verify().size >= size);
  await ended('SIGTERM');
});

test('finds one changed byte in a copy, with exit code 6', async () => {
  const copy = join(root, 'copy');
  await cp(join(dataDir(), 'ledger'), copy, { recursive: true });
  const check = () =>
    spawnSync(process.execPath, ['bin/sallyport.js', 'ledger', 'verify', '--data-dir', copy], {
      env: env(),
    }).status;
  assert.equal(check(), 0);
  const tiles = join(copy, 'log', 'tile', 'entries');
  const names = (await readdir(tiles, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const [file] = names.map(({ parentPath, name }) => join(parentPath, name));
  const bytes = await readFile(file ?? '');
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
  await writeFile(file ?? '', bytes);
  assert.equal(check(), 6);
});

/** The bundle without knowing whom to trust yet; a real operator copies it from the server. */
const fetchBundle = async (url: string): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  get(`${url}/api/v1/bundle`, { rejectUnauthorized: false, agent: false }, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    answer.on('end', () => resolve(text));
  }).on('error', reject);
  const { keys } = JSON.parse(await promise) as { keys: { x5c?: [string] }[] };
  const ders = keys.flatMap(({ x5c }) => x5c ?? []);
  return ders.map((der) => encodePem('CERTIFICATE', Buffer.from(der, 'base64'))).join('');
};

test('speaks TLS with its own identity to those who know the bundle', async () => {
  const { url } = await start('--log-level', 'silent', '--set', 'server.tls.mode=optional');
  assert.match(url, /^https:/);
  const ca = join(root, 'ca.pem');
  await writeFile(ca, await fetchBundle(url));
  assert.match(good('whoami', '--ca', ca), /^User::/);
  assert.equal(await ended('SIGTERM'), 0);
});
