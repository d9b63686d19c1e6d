/** Administration verbs against the real control plane over HTTP, with neighbours made for the test. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { identityErrors } from '../../../src/domains/identity/index.ts';
import { parseCertificateRequestPem } from '../../../src/engines/pki/index.ts';
import { isRefusal, refuse } from '../../../src/kernel/errors.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import { listenHttp, type Listener } from '../../../src/platform/http/index.ts';
import { alice, type ApiWorldOptions, createApiWorld } from '../api/world.ts';
import { run } from './world.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-admin-'));
});
after(() => rm(root, { recursive: true, force: true }));

const listeners: Listener[] = [];
after(async () => {
  for (const listener of listeners) await listener.close();
});

/** A control plane on a free port, and a command line that talks to it as alice. */
const serve = async (options: ApiWorldOptions = {}) => {
  const { app, ledger } = await createApiWorld(options);
  const listener = await listenHttp({ handler: app.handle, host: '127.0.0.1', port: 0 });
  listeners.push(listener);
  const env = { SALLYPORT_TOKEN: 'alice', SALLYPORT_URL: listener.url };
  return {
    url: listener.url,
    ledger,
    tool: (args: readonly string[], stdin?: string) =>
      run(args, stdin === undefined ? { env } : { env, stdin }),
  };
};

const record = {
  id: 't1',
  principal: alice.principal,
  name: 'ci',
  createdAtMs: Date.UTC(2026, 0, 1),
  expiresAtMs: Date.UTC(2026, 1, 1),
};

test('whoami prints who the server sees; golden', async () => {
  const { tool } = await serve();
  const human = await tool(['whoami']);
  assert.deepEqual([human.code, human.stderr], [0, '']);
  assert.match(human.stdout, /^User::alice \(tenant default\)\nby api-token token:1\nuntil /);
  const json = (await tool(['whoami', '--json'])).json() as { principal: object };
  assert.deepEqual(json.principal, { type: 'User', id: 'alice' });
});

test('token create prints the token alone on standard output; golden', async () => {
  const { tool } = await serve({
    identity: {
      createToken: (_actor, { ttlSeconds }) => {
        assert.equal(ttlSeconds, 12 * 3600);
        return Promise.resolve({ token: new Secret('spt_example'), record });
      },
    },
  });
  const args = ['token', 'create', '--principal', 'alice', '--ttl', '12h'];
  const shown = await tool(args);
  assert.equal(shown.stdout, 'spt_example\n');
  assert.equal(shown.stderr, 'token t1, good until 2026-02-01T00:00:00Z\n');
  assert.equal((await tool([...args, '--quiet'])).stderr, '');

  const out = join(root, 'token');
  const written = await tool([...args, '--out', out]);
  assert.equal(written.stdout, `${out}\n`);
  assert.equal(await readFile(out, 'utf8'), 'spt_example\n');
  assert.equal((await stat(out)).mode & 0o777, 0o600);
  const again = await tool([...args, '--out', out]);
  assert.deepEqual([again.code, again.stdout], [2, '']);
});

test('lists print tables; golden', async () => {
  const { tool } = await serve({
    identity: {
      listTokens: () => Promise.resolve([record]),
      listPrincipals: ({ after: cursor } = {}) =>
        Promise.resolve(
          cursor === undefined
            ? { principals: [principal('a')], next: 'a' }
            : { principals: [principal('b\u001b[31m')] },
        ),
    },
  });
  assert.equal(
    (await tool(['token', 'list', '--principal', 'alice'])).stdout,
    [
      'ID  NAME  CREATED AT            EXPIRES AT            LAST USED AT  REVOKED AT',
      't1  ci    2026-01-01T00:00:00Z  2026-02-01T00:00:00Z  -             -',
      '',
    ].join('\n'),
  );
  const { stdout } = await tool(['principal', 'list']);
  assert.equal(stdout.split('\n').length, 4);
  assert.ok(!stdout.includes('\u001b'));
});

const principal = (name: string) =>
  ({
    type: 'User',
    id: name.slice(0, 1),
    name,
    tenant: 'default',
    disabled: false,
    createdAtMs: 0,
  }) as never;

test('exit codes follow the server: 3, 4, 5, 7, 8', async () => {
  const refusal = (kind: keyof typeof identityErrors) => ({
    identity: {
      revokeToken: () => Promise.resolve(refuse(identityErrors[kind], 'because')),
    },
  });
  const cases: readonly (readonly [ApiWorldOptions, number, RegExp])[] = [
    [refusal('E_TOKEN_NOT_FOUND'), 5, /E_TOKEN_NOT_FOUND/],
    [refusal('E_PRINCIPAL_EXISTS'), 7, /E_PRINCIPAL_EXISTS/],
    [refusal('E_IDENTITY_UNAVAILABLE'), 8, /E_IDENTITY_UNAVAILABLE/],
    [{ decide: () => 'deny' }, 4, /E_API_DENIED/],
  ];
  for (const [options, code, expected] of cases) {
    const { tool } = await serve(options);
    const result = await tool(['token', 'revoke', 't1']);
    assert.equal(result.code, code);
    assert.match(result.stderr, expected);
  }
  const { url } = await serve();
  const wrong = { SALLYPORT_TOKEN: 'mallory', SALLYPORT_URL: url };
  assert.equal((await run(['whoami'], { env: wrong })).code, 3);
  assert.equal((await run(['whoami'], { env: { SALLYPORT_URL: url } })).code, 3);
  const nowhere = { SALLYPORT_TOKEN: 'x', SALLYPORT_URL: 'http://127.0.0.1:1' };
  const unreachable = await run(['whoami'], { env: nowhere });
  assert.equal(unreachable.code, 8);
  assert.match(unreachable.stderr, /next: Start one with `sallyport server`/);
});

test('endpoint add sends flags and file together, and the credential from standard input', async () => {
  const seen: unknown[] = [];
  const { tool } = await serve({
    endpoints: {
      create: (_actor, input) => {
        seen.push(input);
        return Promise.resolve(refuse(identityErrors.E_IDENTITY_REQUEST, 'seen'));
      },
    },
  });
  const file = join(root, 'digits.yaml');
  await writeFile(file, 'name: digits\nprotocol: v2\nurl: http://127.0.0.1:1\nmode: shadow\n');
  const args = [
    'endpoint',
    'add',
    '--file',
    file,
    '--mode',
    'enforce',
    '--role',
    'a',
    '--role',
    'b',
  ];
  await tool([...args, '--credential-file', '-'], 'key-1\n');
  const [input] = seen as [Record<string, unknown>];
  assert.deepEqual(
    [input['name'], input['mode'], input['allowedRoles'], input['credential']],
    ['digits', 'enforce', ['a', 'b'], 'key-1'],
  );
  assert.equal((await tool(['endpoint', 'add', '--protocol', 'v2'])).code, 2);
});

test('svid mint makes the key here and writes three files', async () => {
  const { tool } = await serve({
    identity: {
      mintX509Svid: (_actor, { spiffeId, csrPem }) => {
        assert.equal(isRefusal(parseCertificateRequestPem(csrPem ?? '')), false);
        return Promise.resolve({
          spiffeId,
          credentialId: 'x509:1',
          chain: [],
          chainPem: 'CHAIN',
          notBeforeMs: 0,
          expiresAtMs: 1,
        });
      },
      bundle: () => ({ keys: [], spiffe_sequence: 1, spiffe_refresh_hint: 1 }),
      mintJwtSvid: (_actor, { spiffeId }) =>
        Promise.resolve({
          spiffeId,
          credentialId: 'jwt:1',
          token: new Secret('eyJ.example.jwt'),
          expiresAtMs: 1,
        }),
    },
  });
  const out = join(root, 'svid');
  const mint = ['svid', 'mint', '--spiffe-id', 'spiffe://sallyport.local/a'];
  const { code, stdout, stderr } = await tool([...mint, '--out', out]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.split('\n').length, 4);
  assert.match(await readFile(join(out, 'svid-key.pem'), 'utf8'), /BEGIN PRIVATE KEY/);
  assert.equal((await stat(join(out, 'svid-key.pem'))).mode & 0o777, 0o600);
  const jwt = await tool([...mint, '--jwt', '--audience', 'gateway']);
  assert.equal(jwt.stdout, 'eyJ.example.jwt\n');
  assert.equal((await tool([...mint, '--jwt'])).code, 2);
});

test('enrol keeps the credential with mode 0600 and later commands find it', async () => {
  const { url } = await serve({
    identity: {
      redeemEnrolmentCode: ({ code, name }) => {
        assert.deepEqual([code, name], ['spe_code', 'Ada']);
        return Promise.resolve({
          principal: { ...alice.principal } as never,
          identity: alice,
          apiToken: { token: new Secret('alice'), record },
        });
      },
    },
  });
  const dataDir = join(root, 'data');
  await mkdir(dataDir, { mode: 0o700 });
  await writeFile(join(dataDir, 'server.json'), JSON.stringify({ url, pid: 1 }));
  await writeFile(join(dataDir, 'enrolment-code'), 'spe_code\n', { mode: 0o600 });
  const local = await run(['enrol', '--data-dir', dataDir, '--name', 'Ada']);
  assert.deepEqual([local.code, local.stdout], [0, 'User::alice\n'], local.stderr);
  const kept = join(dataDir, 'credentials.json');
  assert.equal((await stat(kept)).mode & 0o777, 0o600);
  assert.equal((await run(['whoami', '--data-dir', dataDir])).code, 0);

  const home = { HOME: join(root, 'home') };
  const args = ['enrol', '--server', url, '--name', 'Ada', '--code-file', '-'];
  const remote = await run(args, { env: home, stdin: 'spe_code\n' });
  assert.equal(remote.code, 0, remote.stderr);
  assert.equal((await run(['whoami', '--server', url], { env: home })).code, 0);
  // Bound to its server: no other one gets the token.
  const other = await run(['whoami', '--server', 'http://127.0.0.1:2'], { env: home });
  assert.equal(other.code, 3);

  await chmod(kept, 0o644);
  const open = await run(['whoami', '--data-dir', dataDir]);
  assert.equal(open.code, 2);
  assert.match(open.stderr, /E_FILE_NOT_PRIVATE/);
});

test('ledger tail prints the newest entries, oldest first, one JSON object per line', async () => {
  const { tool } = await serve();
  for (let i = 0; i < 3; i++) await tool(['token', 'revoke', 'x']);
  const { stdout } = await tool(['ledger', 'tail', '--limit', '2', '--json']);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { index: number });
  assert.deepEqual(
    lines.map(({ index }) => index),
    [lines[0]?.index, (lines[0]?.index ?? 0) + 1],
  );
});

/** Something that is not Sallyport, answering everything with one response. */
const stranger = async (status: number, headers: Record<string, string>, body: string) => {
  const server = createServer((_request, response) => {
    response.writeHead(status, headers).end(body);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => server.close() };
};

test('answers of something else are refused, redirects are not followed', async () => {
  const problem = { 'content-type': 'application/problem+json' };
  const cases: readonly (readonly [number, Record<string, string>, string])[] = [
    [200, { 'content-type': 'text/html' }, '<html>'],
    [200, {}, '[]'],
    [200, {}, '{}'],
    [500, {}, 'oops'],
    [403, problem, '{"code":'],
    [403, problem, '{"code":"not ours"}'],
    [302, { location: 'http://127.0.0.1:1/' }, ''],
  ];
  for (const [status, headers, body] of cases) {
    const { url, close } = await stranger(status, headers, body);
    const result = await run(['whoami'], { env: { SALLYPORT_TOKEN: 't', SALLYPORT_URL: url } });
    close();
    assert.equal(result.code, 8, `${status} ${body}: ${result.stderr}`);
    assert.equal(result.stdout, '');
  }
});

test('refuses addresses that are no server address', async () => {
  for (const url of ['ftp://x', 'nonsense', 'http://user:pass@127.0.0.1']) {
    const result = await run(['whoami', '--server', url], { env: { SALLYPORT_TOKEN: 't' } });
    assert.equal(result.code, 2, url);
  }
  const none = await run(['whoami', '--data-dir', root], { env: { SALLYPORT_TOKEN: 't' } });
  assert.equal(none.code, 2);
  assert.match(none.stderr, /no server is running/);
});
