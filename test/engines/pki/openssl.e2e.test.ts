/** The openssl command as an independent judge of what we issue, and as a source of requests. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  assembleCertificate,
  authorityToSign,
  createCertificateRequest,
  createSvidIssuer,
  encodePem,
  parseCertificate,
  parseCertificateRequestPem,
  parsePublicKeyInfo,
  toSerial,
  toX509Authority,
  validateX509Svid,
} from '../../../src/engines/pki/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { parseSpiffeId } from '../../../src/kernel/ids.ts';
import { newKeyPair, trustDomain } from './forge.ts';

/** OpenSSL judges by its own clock, so everything here is valid now. */
const nowMs = Date.now();
const hourMs = 3_600_000;
const skip = spawnSync('openssl', ['version']).error === undefined ? false : 'no openssl command';

const openssl = (directory: string, command: string) => {
  const run = spawnSync('openssl', command.split(' '), {
    cwd: directory,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status: run.status, text: run.stdout + run.stderr };
};

const rootKeys = newKeyPair();
const middleKeys = newKeyPair();
const leafKeys = newKeyPair();
const spiffeId = orThrow(parseSpiffeId(`spiffe://${trustDomain}/billing/api`));
const serial = (): Uint8Array => toSerial(randomBytes(16));

const makeChain = () => {
  const life = { notBeforeMs: nowMs - 60_000, notAfterMs: nowMs + 24 * hourMs };
  const rootToSign = authorityToSign({
    ...life,
    trustDomain,
    name: 'Root',
    publicKey: rootKeys.info,
    serial: serial(),
    pathLength: 1,
  });
  const root = assembleCertificate(rootToSign, sign('sha256', rootToSign, rootKeys.privateKey));
  const middleToSign = authorityToSign({
    ...life,
    trustDomain,
    name: 'Intermediate',
    publicKey: middleKeys.info,
    serial: serial(),
    pathLength: 0,
    issuer: orThrow(parseCertificate(root)),
    permittedDomains: [trustDomain],
  });
  const middle = assembleCertificate(
    middleToSign,
    sign('sha256', middleToSign, rootKeys.privateKey),
  );
  const issue = createSvidIssuer(orThrow(parseCertificate(middle)), (data) =>
    sign('sha256', data, middleKeys.privateKey),
  );
  const leaf = orThrow(
    issue({
      spiffeId,
      publicKey: leafKeys.info,
      serial: serial(),
      notBeforeMs: nowMs - 10_000,
      notAfterMs: nowMs + hourMs,
      dnsNames: ['billing.example'],
    }),
  );
  return { root, middle, leaf };
};

describe('openssl', { skip }, () => {
  let directory = '';
  const chain = makeChain();
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'sallyport-pki-'));
    for (const name of ['root', 'middle', 'leaf'] as const)
      write(`${name}.pem`, encodePem('CERTIFICATE', chain[name]));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const purpose of ['sslclient', 'sslserver'])
    it(`verifies our chain strictly for ${purpose}`, () => {
      const { status, text } = openssl(
        directory,
        `verify -x509_strict -check_ss_sig -purpose ${purpose} -CAfile root.pem -untrusted middle.pem leaf.pem`,
      );
      assert.equal(status, 0, text);
    });

  it('refuses our leaf without the intermediate, as we do', () => {
    assert.notEqual(openssl(directory, 'verify -CAfile root.pem leaf.pem').status, 0);
    const authority = orThrow(toX509Authority(orThrow(parseCertificate(chain.root))));
    const bundle = { trustDomain, x509Authorities: [authority], jwtAuthorities: [] };
    const policy = { bundleOf: () => bundle, nowMs };
    assert.equal(isRefusal(validateX509Svid([chain.leaf], policy)), true);
    assert.equal(isRefusal(validateX509Svid([chain.leaf, chain.middle], policy)), false);
  });

  it('shows the fields we meant', () => {
    const { text } = openssl(directory, 'x509 -in leaf.pem -noout -text');
    for (const line of [
      `URI:${spiffeId}, DNS:billing.example`,
      'X509v3 Subject Alternative Name: critical',
      'X509v3 Key Usage: critical\n                Digital Signature\n',
      'CA:FALSE',
      'TLS Web Server Authentication, TLS Web Client Authentication',
      'Signature Algorithm: ecdsa-with-SHA256',
    ])
      assert.ok(text.includes(line), `${line}\n${text}`);
  });

  it('accepts our requests and makes requests that we accept', () => {
    const csr = createCertificateRequest({
      spki: leafKeys.info.spki,
      sign: (data) => sign('sha256', data, leafKeys.privateKey),
      spiffeId,
    });
    write('ours.csr', encodePem('CERTIFICATE REQUEST', csr));
    const checked = openssl(directory, 'req -in ours.csr -verify -noout -text');
    assert.equal(checked.status, 0, checked.text);
    assert.ok(checked.text.includes(`URI:${spiffeId}`));
    for (const [type, options] of [
      ['ec', { namedCurve: 'P-256' }],
      ['rsa', { modulusLength: 2048 }],
    ] as const) {
      const { privateKey, publicKey } =
        type === 'ec' ? generateKeyPairSync(type, options) : generateKeyPairSync(type, options);
      write('key.pem', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
      const made = openssl(
        directory,
        `req -new -key key.pem -subj /CN=x -addext subjectAltName=URI:${spiffeId}`,
      );
      assert.equal(made.status, 0, made.text);
      const request = orThrow(parseCertificateRequestPem(made.text));
      assert.deepEqual(
        Buffer.from(request.publicKey.spki),
        publicKey.export({ format: 'der', type: 'spki' }),
      );
      assert.equal(isRefusal(parsePublicKeyInfo(request.publicKey.spki)), false);
    }
  });
});
