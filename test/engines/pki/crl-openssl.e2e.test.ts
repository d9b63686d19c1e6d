/** The openssl command judges our revocation lists, and ours judges the ones it makes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  createCrlIssuer,
  encodePem,
  parseCertificatesPem,
  parseCrlPem,
  RevocationList,
} from '../../../src/engines/pki/index.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { forge, forgeAuthority, goodLeaf, type Issuer } from './forge.ts';

/** OpenSSL judges by its own clock, so everything here is valid now. */
const nowMs = Date.now();
const hourMs = 3_600_000;
const life = { notBeforeMs: nowMs - hourMs, notAfterMs: nowMs + hourMs };
const skip = spawnSync('openssl', ['version']).error === undefined ? false : 'no openssl command';

const root = forgeAuthority(life);
const middle = forgeAuthority({ ...life, name: 'middle', issuer: root, pathLength: 0 });
const leaf = forge({ ...life, issuer: middle, extensions: goodLeaf });
const other = forge({ ...life, issuer: middle, extensions: goodLeaf });

let directory = '';
const openssl = (command: string) => {
  const run = spawnSync('openssl', command.split(' '), {
    cwd: directory,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status: run.status, text: run.stdout + run.stderr };
};

const crlPem = (issuer: Issuer, serials: readonly string[], toMs = nowMs + hourMs): string => {
  const list = new RevocationList();
  for (const serialNumber of serials)
    list.add({ serialNumber, revokedAtMs: nowMs - 1000, reason: 'keyCompromise' });
  const issue = createCrlIssuer(issuer.certificate, (data) =>
    sign('sha256', data, issuer.keys.privateKey),
  );
  const times = { number: 4096, thisUpdateMs: nowMs - hourMs / 2, nextUpdateMs: toMs };
  return encodePem('X509 CRL', orThrow(issue(list, times)));
};

const write = (file: string, text: string): void => writeFileSync(join(directory, file), text);
const pemOf = (issuer: Issuer): string => encodePem('CERTIFICATE', issuer.der);

describe('openssl and revocation lists', { skip }, () => {
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'sallyport-crl-'));
    write('root.pem', pemOf(root));
    write('middle.pem', pemOf(middle));
    write('leaf.pem', pemOf(leaf));
    write('other.pem', pemOf(other));
    const many = Array.from({ length: 2000 }, (_, i) => `40${i.toString(16).padStart(6, '0')}`);
    write('middle.crl', crlPem(middle, [...many, leaf.certificate.serialNumber]));
    write('root.crl', crlPem(root, []));
    write('stale.crl', crlPem(middle, [], nowMs - 60_000));
    write('middle-revoked.crl', crlPem(root, [middle.certificate.serialNumber]));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('verifies the signature of our lists (crl -verify)', () => {
    for (const [crl, authority] of [
      ['middle.crl', 'middle.pem'],
      ['root.crl', 'root.pem'],
    ] as const) {
      const { status, text } = openssl(`crl -in ${crl} -noout -verify -CAfile ${authority}`);
      assert.match(text, /verify OK/);
      assert.equal(status, 0);
    }
    const { text } = openssl('crl -in middle.crl -noout -verify -CAfile root.pem');
    assert.doesNotMatch(text, /verify OK/);
  });

  it('reads number, reasons and key identifier as we wrote them', () => {
    const { text } = openssl('crl -in middle.crl -noout -text');
    assert.match(text, /Version 2/);
    assert.match(text, /CRL Number:\s+4096/);
    assert.match(text, /Key Compromise/);
    assert.match(text, /Authority Key Identifier/);
    assert.ok(text.includes(leaf.certificate.serialNumber.toUpperCase()));
  });

  const verify = (crls: readonly string[], file: string, check: string): string =>
    openssl(
      `verify -CAfile root.pem -untrusted middle.pem ${crls.map((crl) => `-CRLfile ${crl}`).join(' ')} ${check} ${file}`,
    ).text;

  it('refuses exactly the revoked leaf (verify -crl_check, -crl_check_all)', () => {
    assert.match(verify(['middle.crl'], 'leaf.pem', '-crl_check'), /certificate revoked/);
    assert.match(verify(['middle.crl'], 'other.pem', '-crl_check'), /other.pem: OK/);
    const both = ['middle.crl', 'root.crl'];
    assert.match(verify(both, 'other.pem', '-crl_check_all'), /other.pem: OK/);
    const revoked = ['middle.crl', 'middle-revoked.crl'];
    assert.match(verify(revoked, 'other.pem', '-crl_check_all'), /certificate revoked/);
  });

  it('finds a stale list expired', () => {
    assert.match(verify(['stale.crl'], 'other.pem', '-crl_check'), /CRL has expired/);
  });

  it('makes lists that we read the same way', () => {
    write('index.txt', `R\t300101000000Z\t260101000000Z,superseded\t4ABC\tunknown\t/CN=gone\n`);
    write('number', '0A\n');
    write(
      'ca.cnf',
      '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=1\n',
    );
    const made = openssl(
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=theirs -addext keyUsage=critical,keyCertSign,cRLSign',
    );
    assert.equal(made.status, 0, made.text);
    const plain = openssl('ca -gencrl -config ca.cnf -keyfile ca.key -cert ca.pem -out ca.crl');
    assert.equal(plain.status, 0, plain.text);
    const crl = orThrow(parseCrlPem(readFileSync(join(directory, 'ca.crl'), 'utf8')));
    const [ca] = orThrow(parseCertificatesPem(readFileSync(join(directory, 'ca.pem'), 'utf8')));
    assert.ok(ca !== undefined && crl.isSignedBy(ca));
    assert.equal(crl.number, 10n);
    assert.deepEqual(crl.find('4abc'), {
      revokedAtMs: Date.UTC(2026, 0, 1),
      reason: 'superseded',
    });
  });
});
