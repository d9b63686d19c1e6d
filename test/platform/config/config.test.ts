/** Configuration: precedence, origins, refusals, secrets, the passphrase. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readConfigText } from '../../../src/platform/config/read-file.ts';
import { systemRandom } from '../../../src/kernel/effects.ts';
import { SallyportError } from '../../../src/kernel/errors.ts';
import {
  ensurePassphrase,
  explainConfig,
  listConfigFields,
  loadConfig,
  renderConfigReference,
  resolveConfig,
  suggest,
  toolEnvironment,
} from '../../../src/platform/config/index.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-config-'));
});
after(() => rm(root, { recursive: true, force: true }));

const fileText = (text: string) =>
  readConfigText({ path: '/etc/sallyport/sallyport.yaml', text }, listConfigFields());
const problemOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof SallyportError, String(error));
    return error.message;
  }
  return assert.fail('expected a refusal');
};

test('has a working default for every key', () => {
  const { config, values, warnings } = resolveConfig({});
  assert.equal(config.server.port, 7700);
  assert.equal(config.trustDomain, 'sallyport.local');
  assert.deepEqual(config.gateway.listeners, []);
  assert.equal(config.keys.passphrase, undefined);
  assert.ok(values.every(({ source }) => source === 'default'));
  assert.deepEqual(warnings, []);
});

test('takes flag before environment before file before default and remembers the place', () => {
  const text = 'server:\n  port: 1\n  host: 127.0.0.2\nlog:\n  level: warn\n';
  const resolved = resolveConfig(
    {
      args: { 'server.port': '3' },
      env: { SALLYPORT_SERVER_PORT: '2', SALLYPORT_SERVER_HOST: '127.0.0.3', PATH: '/bin' },
    },
    fileText(text),
  );
  const rows = new Map(explainConfig(resolved).map((row) => [row.key, row]));
  assert.deepEqual(rows.get('server.port'), {
    key: 'server.port',
    value: 3,
    source: 'flag',
    place: '--port',
  });
  assert.deepEqual(rows.get('server.host'), {
    key: 'server.host',
    value: '127.0.0.3',
    source: 'environment',
    place: 'SALLYPORT_SERVER_HOST',
  });
  assert.deepEqual(rows.get('log.level'), {
    key: 'log.level',
    value: 'warn',
    source: 'file',
    place: 'sallyport.yaml:5:10',
  });
  assert.equal(rows.get('tenant')?.source, 'default');
});

test('refuses unknown keys with their place and the nearest known key', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['server:\n  prot: 1\n', /server\.prot \(sallyport\.yaml:2:3\): .*did you mean server\.port\?/],
    ['servre:\n  port: 1\n', /servre \(sallyport\.yaml:1:1\): unknown key/],
    ['"__proto__":\n  x: 1\n', /__proto__/],
    ['constructor: 1\n', /constructor.*unknown key/],
    ['<<: {server: {port: 1}}\n', /<</],
    ['server: 3\n', /expected keys below server/],
    ['- a\n', /expected keys below the top/],
  ];
  for (const [text, expected] of cases)
    assert.match(
      problemOf(() => resolveConfig({}, fileText(text))),
      expected,
    );
  assert.match(
    problemOf(() => resolveConfig({ env: { SALLYPORT_SERVER_PROT: '1' } })),
    /did you mean SALLYPORT_SERVER_PORT\?/,
  );
  assert.match(
    problemOf(() => resolveConfig({ args: { 'log.levle': 'info' } })),
    /did you mean log\.level\?/,
  );
});

test('names every wrong value at once, with its place', () => {
  const message = problemOf(() =>
    resolveConfig(
      {
        env: { SALLYPORT_SERVER_PORT: 'eighty', SALLYPORT_TRUST_DOMAIN: 'UPPER' },
      },
      fileText('gateway:\n  maxBodyBytes: -1\n  listeners: [{host: a, port: 99999}]\n'),
    ),
  );
  for (const expected of [
    /server\.port \(SALLYPORT_SERVER_PORT\)/,
    /trustDomain \(SALLYPORT_TRUST_DOMAIN\): trust domain may hold only/,
    /gateway\.maxBodyBytes \(sallyport\.yaml:2:17\)/,
    /gateway\.listeners \(sallyport\.yaml:3:14\): 0\.port/,
  ])
    assert.match(message, expected);
});

test('refuses YAML that is broken, repeated, tagged or explosive, with line and column', () => {
  const bomb = `a: &a [x]\n${Array.from({ length: 30 }, (_, i) => `k${i}: &b${i} [${'*a, '.repeat(9)}*a]`).join('\n')}`;
  const cases = ['server: {port: 1', 'tenant: a\ntenant: b', 'tenant: !js x', bomb];
  for (const text of cases)
    assert.match(
      problemOf(() => resolveConfig({}, fileText(text))),
      /sallyport\.yaml/,
    );
  assert.match(
    problemOf(() => resolveConfig({}, fileText('tenant: a\ntenant: b'))),
    /sallyport\.yaml:2:1/,
  );
});

test('reads lists from flags and variables', () => {
  const { config } = resolveConfig({
    args: { 'ledger.witnesses': 'a+1+x, b+2+y' },
    env: { SALLYPORT_GATEWAY_LISTENERS: '[{"host":"::1","port":1}]' },
  });
  assert.deepEqual(config.ledger.witnesses, ['a+1+x', 'b+2+y']);
  assert.deepEqual(config.gateway.listeners, [{ host: '::1', port: 1, tls: 'off' }]);
});

test('resolves relative paths of the file against the file', () => {
  const { config } = resolveConfig({}, fileText('dataDir: data\npolicies:\n  dir: /abs\n'));
  assert.equal(config.dataDir, '/etc/sallyport/data');
  assert.equal(config.policies.dir, '/abs');
});

test('takes secrets from the environment only and never shows them', () => {
  const env = {
    SALLYPORT_KEYS_PASSPHRASE: 'SENTINEL-passphrase',
    SALLYPORT_STORAGE_URL: 'postgres://user:SENTINEL@db/x',
  };
  const resolved = resolveConfig({ env });
  assert.equal(resolved.config.keys.passphrase?.reveal(), 'SENTINEL-passphrase');
  assert.doesNotMatch(JSON.stringify(explainConfig(resolved)), /SENTINEL/);
  const refusals = [
    () => resolveConfig({ args: { 'keys.passphrase': 'SENTINEL' } }),
    () => resolveConfig({ args: { 'storage.url': 'postgres://u:SENTINEL@db/x' } }),
    () => resolveConfig({}, fileText('keys:\n  passphrase: SENTINEL\n')),
    () => resolveConfig({ env: { SALLYPORT_STORAGE_URL: 'mysql://u:SENTINEL@db' } }),
  ];
  for (const run of refusals) assert.doesNotMatch(problemOf(run), /SENTINEL/);
});

test('ignores what Kubernetes injects and what belongs to tools and tests', () => {
  const { config, warnings } = resolveConfig({
    env: {
      SALLYPORT_SERVICE_HOST: '10.0.0.1',
      SALLYPORT_SERVER_PORT: 'tcp://10.0.0.1:7700',
      SALLYPORT_PORT_7700_TCP_ADDR: '10.0.0.1',
      SALLYPORT_TOKEN: 'spt_x',
      SALLYPORT_TEST_POSTGRES_URL: 'x',
    },
  });
  assert.equal(config.server.port, 7700);
  assert.equal(warnings.length, 3);
});

test('checks what belongs together and warns of tokens in the clear', () => {
  assert.match(
    problemOf(() => resolveConfig({ args: { 'server.tls.certFile': 'a' } })),
    /belong together/,
  );
  const { warnings } = resolveConfig({ args: { 'server.host': '0.0.0.0' } });
  assert.match(warnings.join(), /in the clear/);
});

test('reads the file it is told to, bounded', async () => {
  const file = join(root, 'a.yaml');
  await writeFile(file, 'tenant: acme\n');
  assert.equal((await loadConfig({ file })).config.tenant, 'acme');
  await writeFile(file, `# ${'x'.repeat(300_000)}`);
  await assert.rejects(loadConfig({ file }), { code: 'E_FILE_TOO_LARGE' });
  await assert.rejects(loadConfig({ file: join(root, 'none') }), { code: 'E_FILE_UNREADABLE' });
});

test('finds the passphrase in environment, file, systemd credential, and makes one else', async () => {
  const inputFor = (env: Record<string, string>, args: Record<string, string> = {}) => ({
    config: resolveConfig({ env, args: { dataDir: join(root, 'data'), ...args } }).config,
    env,
    random: systemRandom,
  });
  const direct = await ensurePassphrase(inputFor({ SALLYPORT_KEYS_PASSPHRASE: 'correct horse' }));
  assert.equal(direct.source, 'environment');

  const file = join(root, 'pass');
  await writeFile(file, 'battery staple\n', { mode: 0o600 });
  const fromFile = await ensurePassphrase(inputFor({}, { 'keys.passphraseFile': file }));
  assert.equal(fromFile.secret.reveal(), 'battery staple');

  await writeFile(join(root, 'sallyport-passphrase'), 'from systemd!', { mode: 0o400 });
  const systemd = await ensurePassphrase(inputFor({ CREDENTIALS_DIRECTORY: root }));
  assert.equal(systemd.source, 'systemd');

  const made = await ensurePassphrase(inputFor({}));
  const again = await ensurePassphrase(inputFor({}));
  assert.equal(made.source, 'generated');
  assert.equal(again.secret.reveal(), made.secret.reveal());
  assert.equal((await stat(join(root, 'data', 'passphrase'))).mode & 0o777, 0o600);
});

test('refuses a passphrase that is short, missing or readable by others', async () => {
  const config = resolveConfig({ args: { 'keys.passphraseFile': join(root, 'weak') } }).config;
  const input = { config, env: {}, random: systemRandom };
  await assert.rejects(ensurePassphrase(input), { code: 'E_FILE_UNREADABLE' });
  await writeFile(join(root, 'weak'), 'short\n', { mode: 0o600 });
  await assert.rejects(ensurePassphrase(input), { code: 'E_PASSPHRASE' });
  await chmod(join(root, 'weak'), 0o644);
  await assert.rejects(ensurePassphrase(input), { code: 'E_FILE_NOT_PRIVATE' });
});

test('every key has a meaning, a unique variable and a row in the reference', () => {
  const fields = listConfigFields();
  const reference = renderConfigReference();
  for (const field of fields) {
    assert.ok(field.meta.description.length > 5, field.key);
    assert.ok(reference.includes(`| \`${field.key}\` |`), field.key);
  }
  assert.equal(new Set(fields.map((field) => field.environmentName)).size, fields.length);
});

test('suggests only near words', () => {
  assert.equal(suggest('verfiy', ['verify', 'prove']), 'verify');
  assert.equal(suggest('banana', ['verify', 'prove']), undefined);
  assert.equal(suggest('x'.repeat(10_000), ['x']), undefined);
});

test('reads the tool variables and honours NO_COLOR', () => {
  const tool = toolEnvironment({ HOME: '/h', SALLYPORT_TOKEN: 'spt_a', NO_COLOR: '1' });
  assert.equal(tool.token?.reveal(), 'spt_a');
  assert.equal(tool.configHome, '/h/.config');
  assert.equal(tool.mayColor, false);
  assert.equal(toolEnvironment({ TERM: 'dumb' }).mayColor, false);
  assert.equal(toolEnvironment({ SALLYPORT_TOKEN: '' }).token, undefined);
});
