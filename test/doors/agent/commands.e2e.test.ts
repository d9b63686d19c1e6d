/** The agent's commands as processes against a real server: pinned start, files, programs, proxies. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { hash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RealServer, startRealServer } from '../../journeys/real-server.ts';

let directory = '';
let server: RealServer;
const children: ChildProcess[] = [];
const at = (name: string): string => join(directory, name);
const socket = (name: string): string => `unix:${at(`run/${name}.sock`)}`;

const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
const sallyport = (...words: readonly string[]) => {
  const all = ['bin/sallyport.js', ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8', env });
  return { code: status, stdout, stderr };
};
const good = (...words: readonly string[]): string => {
  const { code, stdout, stderr } = sallyport(...words);
  assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
  return stdout;
};

/** A long-running command; resolves with its first line of JSON. */
const start = async (...lines: readonly string[]) => {
  const words = lines.flatMap((line) => line.split(' '));
  const all = ['bin/sallyport.js', ...words, '--json', '--quiet', '--log-level', 'error'];
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'inherit'], env });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, note: JSON.parse(line.toString()) as Record<string, string> };
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
};

const register = (name: string, agentId: string) =>
  server.call('POST', '/api/v1/identity/entries', {
    spiffeId: `spiffe://sallyport.local/${name}`,
    parent: { agentId },
    selectors: [`socket:${name}`],
  });

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-commands-'));
  server = await startRealServer({ directory });
  const { token } = await server.call('POST', '/api/v1/identity/agents/join-tokens', { node: 'n' });
  writeFileSync(at('token'), String(token), { mode: 0o600 });
  const pin = `sha256:${hash('sha256', new X509Certificate(server.trustPem).raw)}`;
  const { note } = await start(
    `agent run --server ${server.url} --pin ${pin} --token-file ${at('token')}`,
    `--state ${at('agent')} --socket-dir ${at('run')}`,
    '--workload web --workload api --workload nobody',
  );
  await register('web', String(note['agentId']));
  await register('api', String(note['agentId']));
});

after(async () => {
  for (const child of children.reverse()) await stop(child);
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('svid', () => {
  it('fetches into files that belong together, keys private', () => {
    const out = at('tls');
    good('svid', 'fetch', '--socket', socket('web'), '--out', out);
    const leaf = new X509Certificate(readFileSync(join(out, 'svid.pem')));
    assert.match(leaf.subjectAltName ?? '', /spiffe:\/\/sallyport\.local\/web/);
    assert.equal(statSync(join(out, 'svid-key.pem')).mode & 0o777, 0o600);
    assert.equal(statSync(join(out, 'svid-combined.pem')).mode & 0o777, 0o600);
    const words = ['verify', '-CAfile', 'bundle.pem', '-untrusted', 'svid.pem', 'svid.pem'];
    const { stdout } = spawnSync('openssl', words, { cwd: out, encoding: 'utf8' });
    assert.match(stdout, /OK/);
  });

  it('issues a token that another workload can validate, for its audience only', () => {
    const token = good('svid', 'jwt', '--socket', socket('web'), '--audience', 'api').trim();
    writeFileSync(at('jwt'), token, { mode: 0o600 });
    const common = ['svid', 'validate', '--socket', socket('api'), '--token-file', at('jwt')];
    assert.match(good(...common, '--audience', 'api'), /spiffe:\/\/sallyport\.local\/web/);
    assert.equal(sallyport(...common, '--audience', 'other').code, 6);
  });

  it('says who has no identity, and where no agent is', () => {
    const none = sallyport('svid', 'fetch', '--socket', socket('nobody'), '--wait', '3s');
    assert.equal(none.code, 4, none.stderr);
    const away = sallyport('svid', 'fetch', '--socket', 'unix:/nonexistent/a', '--wait', '1s');
    assert.equal(away.code, 8, away.stderr);
    assert.equal(sallyport('svid', 'fetch').code, 2);
  });
});

describe('agent exec', () => {
  it('runs a program with fresh files and gives back its exit code', () => {
    const script =
      'process.exit(require("fs").existsSync(process.env.SPIFFE_SVID_DIRECTORY + "/svid.pem") && process.env.SPIFFE_ENDPOINT_SOCKET.startsWith("unix:") ? 42 : 1)';
    const words = ['agent', 'exec', '--socket', socket('web'), '--files', at('exec'), '--'];
    assert.equal(sallyport(...words, process.execPath, '-e', script).code, 42);
  });

  it('starts nothing that is no program, and no shell', () => {
    const { code, stderr } = sallyport('agent', 'exec', '--socket', socket('web'), '--', 'a; true');
    assert.equal(code, 2, stderr);
  });
});

const ask = async (address: string): Promise<string> => {
  const [host, port] = address.split(':');
  const client = connect(Number(port), host);
  client.on('error', () => undefined);
  client.write('ping');
  const answer = await Promise.race([
    once(client, 'data').then(([chunk]) => (chunk as Buffer).toString()),
    once(client, 'close').then(() => 'closed'),
  ]);
  client.destroy();
  return answer;
};

describe('agent proxy', () => {
  it('joins two plain processes by their identities, and only those named', async () => {
    const echo = createServer((client) => client.pipe(client));
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const target = `127.0.0.1:${(echo.address() as AddressInfo).port}`;
    const common = '--require-pq --listen 127.0.0.1:0 --peer spiffe://sallyport.local/';
    const inbound = await start(
      `agent proxy --direction in --socket ${socket('api')} --target ${target}`,
      `${common}web`,
    );
    const out = `agent proxy --direction out --socket ${socket('web')} --target ${inbound.note['address']}`;
    const outbound = await start(out, `${common}api`);
    assert.equal(await ask(String(outbound.note['address'])), 'ping');
    const wrong = await start(out, `${common}somebody`);
    assert.equal(await ask(String(wrong.note['address'])), 'closed');
    echo.close();
  });
});
