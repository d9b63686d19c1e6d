/** The key store's promises, on the one in memory and on the sealed file. */
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { systemClock, systemRandom } from '../../../src/kernel/effects.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import { createMemoryKeyStore, openKeyStore } from '../../../src/platform/keys/index.ts';

const root = await mkdtemp(join(tmpdir(), 'sallyport-keys-'));
after(() => rm(root, { recursive: true }));

const openAt = (directory: string, passphrase = 'correct horse battery') =>
  openKeyStore({
    directory,
    passphrase: new Secret(passphrase),
    clock: systemClock,
    random: systemRandom,
  });

const secretBytes = (text: string) => new Secret<Uint8Array>(new TextEncoder().encode(text));
const textOf = (secret: Secret<Uint8Array>) => new TextDecoder().decode(secret.reveal());

for (const algorithm of ['ed25519', 'ml-dsa-44', 'ecdsa-p256'] as const) {
  test(`signs with ${algorithm} so that the published key verifies`, async () => {
    const keys = createMemoryKeyStore();
    await keys.ensureSigningKey('log', algorithm);
    const data = new TextEncoder().encode('checkpoint');
    const key = createPublicKey({
      key: Buffer.from(await keys.publicKey('log')),
      format: 'der',
      type: 'spki',
    });
    const digest = algorithm === 'ecdsa-p256' ? 'sha256' : null;
    assert.equal(verify(digest, data, key, await keys.sign('log', data)), true);
    assert.equal(verify(digest, new Uint8Array(1), key, await keys.sign('log', data)), false);
  });
}

test('opens what it wrapped, under older versions too, until the version is destroyed', async () => {
  const keys = createMemoryKeyStore();
  await keys.ensureWrappingKey('data');
  const old = await keys.wrap('data', secretBytes('old'));
  assert.equal((await keys.rotate('data')).currentVersion, 2);
  assert.equal(textOf(await keys.unwrap('data', old)), 'old');
  const moved = await keys.rewrap('data', old);
  await keys.destroyVersion('data', 1);
  await assert.rejects(keys.unwrap('data', old), { code: 'E_KEYS_UNKNOWN' });
  assert.equal(textOf(await keys.unwrap('data', moved)), 'old');
  assert.deepEqual(keys.list()[0]?.destroyedVersions, [1]);
});

test('replaces the current version when that one is destroyed', async () => {
  const keys = createMemoryKeyStore();
  await keys.ensureWrappingKey('data');
  await keys.destroyVersion('data', 1);
  assert.equal(keys.list()[0]?.currentVersion, 2);
  assert.equal(textOf(await keys.unwrap('data', await keys.wrap('data', secretBytes('x')))), 'x');
});

test('refuses wrapped bytes of another key and any changed byte', async () => {
  const keys = createMemoryKeyStore();
  await keys.ensureWrappingKey('a');
  await keys.ensureWrappingKey('b');
  const wrapped = await keys.wrap('a', secretBytes('secret'));
  await assert.rejects(keys.unwrap('b', wrapped), { code: 'E_KEYS_UNWRAP' });
  for (let i = 0; i < wrapped.length; i++) {
    const changed = Uint8Array.from(wrapped);
    changed[i] = (changed[i] ?? 0) ^ 1;
    await assert.rejects(keys.unwrap('a', changed), /E_KEYS|no version|not wrapped/);
  }
});

test('refuses arbitrary bytes without failing otherwise', async () => {
  const keys = createMemoryKeyStore();
  await keys.ensureWrappingKey('a');
  const property = fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (bytes) => {
    const error = await keys.unwrap('a', bytes).catch((failure: unknown) => failure);
    assert.match(String((error as { code?: string }).code), /^E_KEYS_/);
  });
  await fc.assert(property, { numRuns: 300 });
});

test('refuses to use a key for what it is not', async () => {
  const keys = createMemoryKeyStore();
  await keys.ensureWrappingKey('w');
  await assert.rejects(keys.sign('w', new Uint8Array(1)), { code: 'E_KEYS_MISMATCH' });
  await assert.rejects(keys.ensureSigningKey('w', 'ed25519'), { code: 'E_KEYS_MISMATCH' });
  await assert.rejects(keys.sign('nobody', new Uint8Array(1)), { code: 'E_KEYS_UNKNOWN' });
});

test('makes one key when many ask for it at once', async () => {
  const keys = createMemoryKeyStore();
  await Promise.all(Array.from({ length: 20 }, () => keys.ensureSigningKey('log', 'ed25519')));
  assert.deepEqual(keys.list()[0]?.liveVersions, [1]);
});

test('keeps its keys over a restart in a private file that shows nothing', async () => {
  const directory = join(root, 'restart');
  const first = await openAt(directory);
  await first.ensureSigningKey('log', 'ed25519');
  const publicKey = await first.publicKey('log');
  const material = (await first.exportSigningKey('log')).reveal();
  await first.close();
  const file = join(directory, 'keystore.json');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  const content = await readFile(file, 'utf8');
  assert.equal(content.includes(Buffer.from(material).toString('base64url')), false);
  const second = await openAt(directory);
  assert.deepEqual(await second.publicKey('log'), publicKey);
  assert.deepEqual(await readdir(directory), ['keystore.json']);
  await second.close();
  await assert.rejects(second.sign('log', new Uint8Array(1)), { code: 'E_KEYS_CLOSED' });
});

test('does not open with another passphrase, nor after any kind of damage', async () => {
  const directory = join(root, 'damage');
  const keys = await openAt(directory);
  await keys.ensureWrappingKey('data');
  await keys.close();
  await assert.rejects(openAt(directory, 'wrong horse battery'), { code: 'E_KEYS_SEALED' });
  const file = join(directory, 'keystore.json');
  const good = await readFile(file, 'utf8');
  const cases = [
    good.replace('"passes":3', '"passes":1'),
    good.replace('"passes":3', '"passes":4'),
    good.replace('"memoryKiB":65536', '"memoryKiB":8'),
    good.replace('"memoryKiB":65536', '"memoryKiB":99999999'),
    good.replace('"sealed":"', '"sealed":"AAAA'),
    good.replace('"version":1', '"version":2'),
    '{}',
    'null',
    '',
  ];
  for (const content of cases) {
    await writeFile(file, content);
    await assert.rejects(openAt(directory), { code: 'E_KEYS_SEALED' }, content.slice(0, 60));
  }
  for (const length of [0, 1, 10, good.length >> 1, good.length - 4]) {
    await writeFile(file, good);
    await truncate(file, length);
    await assert.rejects(openAt(directory), { code: 'E_KEYS_SEALED' }, `cut at ${length}`);
  }
});

test('keeps the old ring in force when the new one cannot be written', async () => {
  const directory = join(root, 'unwritable');
  const keys = await openAt(directory);
  await keys.ensureWrappingKey('data');
  await rm(directory, { recursive: true });
  await assert.rejects(keys.rotate('data'), { code: 'E_FILE_WRITE' });
  assert.equal(keys.list()[0]?.currentVersion, 1);
  assert.equal(textOf(await keys.unwrap('data', await keys.wrap('data', secretBytes('x')))), 'x');
  await keys.close();
});

test('never prints a data key', async () => {
  const keys = createMemoryKeyStore();
  await keys.ensureWrappingKey('data');
  const { plaintext } = await keys.generateDataKey('data');
  const hex = Buffer.from(plaintext.reveal()).toString('hex');
  for (const shown of [String(plaintext), JSON.stringify({ plaintext }), inspect(plaintext)])
    assert.equal(shown.includes(hex) || shown.includes('Uint8Array'), false);
});
