/** The command line: golden output, errors, exit codes, channels. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { listCommands } from '../../../src/doors/cli/catalogue/index.ts';
import { renderCompletion } from '../../../src/doors/cli/completion.ts';
import { renderCliReference } from '../../../src/doors/cli/index.ts';
import { formatTable } from '../../../src/doors/cli/table.ts';
import { printable } from '../../../src/doors/cli/terminal.ts';
import { run } from './world.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-cli-'));
});
after(() => rm(root, { recursive: true, force: true }));

test('prints its version and help on standard output', async () => {
  assert.deepEqual((await run(['--version'])).stdout, '9.9.9\n');
  const help = await run(['--help']);
  assert.equal(help.code, 0);
  assert.equal(help.stderr, '');
  for (const word of ['server', 'doctor', 'ledger', 'policy', 'endpoint', 'Exit codes: 0 ok'])
    assert.ok(help.stdout.includes(word), word);
  const verb = await run(['ledger', 'verify', '--help']);
  assert.match(verb.stdout, /--checkpoint <file>/);
  assert.match(verb.stdout, /Examples:\n {2}sallyport ledger verify/);
});

test('says of every noun what it is about', async () => {
  const nouns = listCommands().flatMap(({ path }) =>
    path.slice(0, -1).map((_, at) => path.slice(0, at + 1).join(' ')),
  );
  for (const noun of new Set(nouns)) {
    const help = await run([...noun.split(' '), '--help']);
    assert.match(help.stdout, /^Usage: .*\n\n(?!Options)[A-Z]/, noun);
  }
});

test('ends with exit code 2 and a suggestion for wrong usage', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['legder'], /unknown command 'legder' \(Did you mean ledger\?\)/],
    [['ledger', 'verfy'], /Did you mean verify\?/],
    [['doctor', '--jsn'], /unknown option '--jsn' \(Did you mean --json\?\)/],
    [['ledger', 'verify'], /required option '--data-dir <dir>' not specified/],
    [['explain'], /missing required argument 'code'/],
    [['whoami', 'extra'], /too many arguments/],
    [['completion', 'tcsh'], /Allowed choices are bash, zsh, fish/],
    [['server', '--set', 'nonsense'], /write key=value/],
    [['server', '--port', 'eighty'], /server\.port \(--port\)/],
    [['ledger', 'prove', '-1', '--server', 'http://127.0.0.1:1'], /whole number from 0/],
    [['token', 'create', '--principal', 'a', '--ttl', 'soon'], /--ttl must be a duration/],
  ];
  for (const [args, expected] of cases) {
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 2, args.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, expected);
    assert.match(stderr, /next: .+\n {2}code: E_/);
  }
});

test('a noun without a verb shows its help on standard error and ends with 2', async () => {
  for (const args of [[], ['ledger'], ['policy']]) {
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /Usage: sallyport/);
  }
});

test('explains a code; golden', async () => {
  const { code, stdout, stderr } = await run(['explain', 'e_file_not_private']);
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(
    stdout,
    [
      'E_FILE_NOT_PRIVATE: File or directory is open to other users',
      'next: Run chmod 600 on a secret file, chmod 700 on a private directory.',
      'HTTP status 500, exit code 2',
      '',
    ].join('\n'),
  );
  const unknown = await run(['explain', 'E_FILE_NOT_PRIVAT']);
  assert.equal(unknown.code, 5);
  assert.match(unknown.stderr, /did you mean E_FILE_NOT_PRIVATE\?/);
});

test('with --json errors are problem documents on standard error; golden', async () => {
  const { code, stdout, stderr } = await run(['explain', 'E_NOTHING_LIKE_IT', '--json']);
  assert.deepEqual([code, stdout], [5, '']);
  assert.deepEqual(JSON.parse(stderr), {
    type: 'urn:sallyport:error:E_CODE_UNKNOWN',
    title: 'No such error code',
    status: 404,
    code: 'E_CODE_UNKNOWN',
    detail: 'there is no code E_NOTHING_LIKE_IT',
    hint: 'docs/reference/errors.md lists all codes.',
  });
});

test('shows each configuration value with its source; golden', async () => {
  const file = join(root, 'sallyport.yaml');
  await writeFile(file, 'server:\n  host: 127.0.0.2\n');
  const args = ['config', 'explain', 'server', '--config', file, '--set', 'server.tls.mode=server'];
  const { code, stdout } = await run(args, { env: { SALLYPORT_SERVER_PORT: '7' } });
  assert.equal(code, 0);
  assert.equal(
    stdout,
    [
      'KEY                  VALUE      SOURCE',
      'server.host          127.0.0.2  file (sallyport.yaml:2:9)',
      'server.port          7          environment (SALLYPORT_SERVER_PORT)',
      'server.tls.mode      server     flag (--set server.tls.mode)',
      'server.tls.certFile  -          default',
      'server.tls.keyFile   -          default',
      '',
    ].join('\n'),
  );
  const json = (await run([...args, '--json'])).json() as { values: { key: string }[] };
  assert.equal(json.values[0]?.key, 'server.host');
});

test('never shows the passphrase, in no channel', async () => {
  const env = { SALLYPORT_KEYS_PASSPHRASE: 'SENTINEL-SENTINEL' };
  for (const args of [['config', 'explain'], ['config', 'explain', '--json'], ['doctor']]) {
    const { stdout, stderr } = await run([...args], { env });
    assert.doesNotMatch(stdout + stderr, /SENTINEL/);
  }
});

test('runs a server until it is told to stop, and leaves a note while it runs', async () => {
  const dataDir = join(root, 'server');
  let closed = 0;
  const ready = Promise.withResolvers<void>();
  let note = '';
  const keep = (text: string): void => {
    note = text;
  };
  const { code, stdout, stderr } = await run(
    ['server', '--data-dir', dataDir, '--port', '0', '--json'],
    {
      composition: {
        composeServer: async ({ config }) => {
          const { mkdir } = await import('node:fs/promises');
          await mkdir(config.dataDir, { recursive: true });
          return {
            url: 'http://127.0.0.1:12345',
            trustPem: 'ANCHORS',
            close: () => {
              closed += 1;
              return Promise.resolve();
            },
          };
        },
      },
      stopped: () => ready.promise,
      onOutput: () => ready.resolve(readFile(join(dataDir, 'server.json'), 'utf8').then(keep)),
    },
  );
  assert.equal(code, 0, stderr);
  assert.equal(closed, 1);
  assert.deepEqual(JSON.parse(note), { url: 'http://127.0.0.1:12345', pid: process.pid });
  assert.equal(stdout, note);
  assert.deepEqual(await readdir(dataDir), ['bundle.pem']);
  assert.equal(await readFile(join(dataDir, 'bundle.pem'), 'utf8'), 'ANCHORS');
});

test('shows the inside of an unexpected failure to the person who ran the command', async () => {
  const { code, stderr } = await run(['server', '--data-dir', join(root, 'x')]);
  assert.equal(code, 1);
  assert.match(stderr, /not composed in this test/);
});

test('completion scripts know every command and option', () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const script = renderCompletion(shell, listCommands());
    for (const { path } of listCommands())
      for (const word of path) assert.ok(script.includes(word), `${shell}: ${word}`);
    assert.ok(script.includes('checkpoint'));
  }
});

test('every command is documented, has a module, and has unique options', async () => {
  const reference = renderCliReference();
  for (const spec of listCommands()) {
    const name = `sallyport ${spec.path.join(' ')}`;
    assert.ok(reference.includes(`## ${name}`), name);
    assert.equal(typeof (await spec.load()).run, 'function', name);
    const help = await run([...spec.path, '--help']);
    assert.equal(help.code, 0, name);
  }
});

test('terminal output cannot be steered by foreign text', () => {
  assert.equal(
    printable('a\u001b[31mb\u0007\u009b\r\nc\td'),
    'a\ufffd[31mb\ufffd\ufffd\ufffd\nc\td',
  );
  assert.equal(printable('x\u202ey\ud800'), 'x\ufffdy\ufffd');
});

test('tables align and show what is missing', () => {
  assert.equal(
    formatTable([
      { name: 'a', expiresAtMs: null, roles: ['x', 'y'] },
      { name: 'long name', expiresAtMs: 5, roles: [] },
    ]),
    ['NAME       EXPIRES AT  ROLES', 'a          -           x,y', 'long name  5           -'].join(
      '\n',
    ),
  );
  assert.equal(formatTable([]), '(none)');
});
