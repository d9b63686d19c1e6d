/** Certificates: parsed as node parses them, malformed ones refused, foreign ones verified. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  decodePem,
  importPublicKey,
  parseCertificate,
  splitCertificates,
  verifySignature,
} from '../../../src/engines/pki/index.ts';
import {
  derBoolean,
  derContext,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
} from '../../../src/kernel/der-writer.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { forge, forgeAuthority, goodLeaf, leafUsage, nameOf, nowMs } from './forge.ts';

const root = forgeAuthority();
const leaf = forge({ issuer: root, extensions: goodLeaf, subject: nameOf('a') });

const codeOf = (der: Uint8Array): string => {
  const answer = parseCertificate(der);
  return isRefusal(answer) ? answer.error.code : 'accepted';
};

describe('certificates', () => {
  it('say what node says', () => {
    const node = new X509Certificate(leaf.der);
    const { certificate } = leaf;
    assert.equal(certificate.serialNumber, node.serialNumber.toLowerCase());
    assert.equal(certificate.notBeforeMs, node.validFromDate.getTime());
    assert.equal(certificate.notAfterMs, node.validToDate.getTime());
    assert.deepEqual(
      Buffer.from(certificate.publicKey.spki),
      node.publicKey.export({ format: 'der', type: 'spki' }),
    );
    assert.equal(certificate.version, 3);
    assert.equal(certificate.isSubjectEmpty, false);
    assert.equal(certificate.notBeforeMs, nowMs - 60_000);
  });

  it('split out of a concatenation', () => {
    const parts = orThrow(splitCertificates(Buffer.concat([leaf.der, root.der])));
    assert.deepEqual(
      parts.map((part) => part.length),
      [leaf.der.length, root.der.length],
    );
    assert.equal(isRefusal(splitCertificates(new Uint8Array(0))), true);
    assert.equal(
      isRefusal(splitCertificates(Buffer.concat([leaf.der, Uint8Array.of(0x30)]))),
      true,
    );
    assert.equal(isRefusal(splitCertificates(Buffer.concat(Array(17).fill(leaf.der)))), true);
  });
});

/** Changes bytes at a pattern; the signature no longer fits, but parsing does not look at it. */
const patched = (find: string, replace: string): Uint8Array => {
  const hex = Buffer.from(leaf.der).toString('hex');
  assert.ok(hex.includes(find), `pattern ${find}`);
  return Buffer.from(hex.replace(find, replace), 'hex');
};
const extended = (...extensions: readonly Uint8Array[]): (() => Uint8Array) => {
  return () => forge({ issuer: root, extensions }).der;
};
const raw = (oid: string, value: Uint8Array): Uint8Array =>
  derSequence(derOid(oid), derOctetString(value));

const cases: readonly (readonly [string, () => Uint8Array])[] = [
  ['nothing', () => new Uint8Array(0)],
  ['text', () => Buffer.from('-----BEGIN CERTIFICATE-----')],
  ['a byte after the end', () => Buffer.concat([leaf.der, Uint8Array.of(0)])],
  ['more than 64 KiB', () => new Uint8Array(70_000)],
  ['version 4', () => patched('a003020102', 'a003020103')],
  ['an explicit version 1', () => patched('a003020102', 'a003020100')],
  ['version 1 with extensions', () => patched('a003020102', 'a003020101')],
  ['a negative serial number', () => patched('021040', '0210c0')],
  ['a boolean that is neither 0 nor 255', () => patched('0101ff', '010101')],
  [
    'different inner and outer algorithms',
    () => patched('06082a8648ce3d040302', '06082a8648ce3d040303'),
  ],
  ['explicit curve parameters', () => patched('06082a8648ce3d030107', '30082a8648ce3d030107')],
  ['the 31st of February', () => patched('3236313132303131', '3236303233313131')],
  ['the same extension twice', extended(leafUsage, leafUsage)],
  ['an empty list of names', extended(raw('2.5.29.17', derSequence()))],
  ['an empty list of purposes', extended(raw('2.5.29.37', derSequence()))],
  ['bytes after a decoded extension', extended(raw('2.5.29.15', Buffer.from('0302078000', 'hex')))],
  ['a path length without authority', extended(raw('2.5.29.19', derSequence(derInteger(0))))],
  [
    'a negative path length',
    extended(raw('2.5.29.19', derSequence(derBoolean(true), derInteger(-1)))),
  ],
  ['empty name constraints', extended(raw('2.5.29.30', derSequence()))],
  [
    'name constraints with a minimum',
    extended(
      raw(
        '2.5.29.30',
        derSequence(
          derContext(0, derSequence(Buffer.from('820161', 'hex'), Buffer.from('800101', 'hex'))),
        ),
      ),
    ),
  ],
  ['an empty key identifier', extended(raw('2.5.29.14', Buffer.from('0400', 'hex')))],
  [
    '65 extensions',
    extended(...Array.from({ length: 65 }, (_, i) => raw(`1.2.3.${i}`, Uint8Array.of(5, 0)))),
  ],
  [
    '257 names',
    extended(
      raw('2.5.29.17', derSequence(...Array<Uint8Array>(257).fill(Buffer.from('820161', 'hex')))),
    ),
  ],
];

describe('malformed certificates', () => {
  for (const [what, make] of cases)
    it(`are refused: ${what}`, () => {
      let der: Uint8Array | undefined;
      try {
        der = make();
      } catch (error) {
        // `forge` parses what it made, and that is the refusal we are after.
        assert.equal((error as { code?: string }).code, 'E_PKI_MALFORMED');
        return;
      }
      assert.equal(codeOf(der), 'E_PKI_MALFORMED');
    });
});

const vectors =
  process.env.SALLYPORT_VECTORS ?? join(import.meta.dirname, '../../../../shared/vectors');
const amd = join(vectors, 'attestation/azure/amd');
const skip = existsSync(amd) ? false : `no ${amd}: set SALLYPORT_VECTORS`;

describe('certificates of others', { skip }, () => {
  for (const file of skip === false ? readdirSync(amd).filter((name) => name.endsWith('.pem')) : [])
    it(`${file} is read and verified as node does`, () => {
      const text = readFileSync(join(amd, file), 'utf8').trim();
      for (const der of orThrow(decodePem(`${text}\n`, 'CERTIFICATE'))) {
        const node = new X509Certificate(der);
        const certificate = orThrow(parseCertificate(der));
        assert.equal(
          certificate.serialNumber.replace(/^0+/, ''),
          node.serialNumber.toLowerCase().replace(/^0+/, ''),
        );
        const key = orThrow(importPublicKey(certificate.publicKey));
        const isSelfSigned = node.verify(node.publicKey);
        const { tbs: data, signature } = certificate;
        assert.equal(
          verifySignature(certificate.signatureAlgorithm, key, { data, signature }),
          isSelfSigned,
        );
      }
    });
});
