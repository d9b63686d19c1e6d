/** Independent oracle: documents signed by `openssl cms`, with definite and indefinite lengths. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { verifyAws } from '../../../src/engines/attestation/index.ts';
import { type Certificate, parseCertificatesPem } from '../../../src/engines/pki/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-cms-'));
const openssl = (...args: readonly string[]): void =>
  void execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });

const makeSigner = (name: string): void =>
  openssl(
    ...`req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=aws -keyout ${name}.key -out ${name}.pem`.split(
      ' ',
    ),
  );

const sign = (name: string, ...more: readonly string[]): string => {
  const command = `cms -sign -binary -in document -signer ${name}.pem -inkey ${name}.key -nodetach`;
  openssl(...command.split(' '), '-outform', 'DER', '-out', 'signed', ...more);
  return readFileSync(join(directory, 'signed')).toString('base64');
};

const pinned = (name: string): readonly Certificate[] =>
  orThrow(parseCertificatesPem(readFileSync(join(directory, `${name}.pem`), 'utf8')));

before(() => {
  const document = { accountId: 'a', region: 'r', instanceId: 'i' };
  writeFileSync(join(directory, 'document'), JSON.stringify(document));
  makeSigner('right');
  makeSigner('wrong');
});
after(() => rmSync(directory, { recursive: true }));

const judge = (pkcs7: string) => {
  const policy = { certificates: new Map([['r', pinned('right')]]), accounts: ['a'] };
  return verifyAws({ pkcs7 }, policy, { nowMs: Date.now() });
};

describe('documents signed by openssl', () => {
  const ways: readonly (readonly [string, readonly string[]])[] = [
    ['SHA-256', []],
    ['SHA-512', ['-md', 'sha512']],
    ['no certificate in the bag', ['-nocerts']],
    ['no signed attributes', ['-noattr']],
    ['key identifiers', ['-keyid']],
    ['indefinite lengths, as Amazon writes them', ['-stream']],
  ];
  for (const [name, more] of ways)
    it(`accepts ${name}`, () =>
      assert.equal(orThrow(judge(sign('right', ...more))).nodeId, 'a/r/i'));

  for (const [name, more] of [['SHA-1', ['-md', 'sha1']], ...ways.slice(5)] as const)
    it(`refuses ${name} of another signer`, () =>
      assert.ok(isRefusal(judge(sign('wrong', ...more)))));

  it('refuses SHA-1', () => assert.ok(isRefusal(judge(sign('right', '-md', 'sha1')))));
  it('refuses another signer with the pinned certificate in the bag', () => {
    assert.ok(isRefusal(judge(sign('wrong', '-certfile', 'right.pem'))));
  });
});
