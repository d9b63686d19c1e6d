/** Certificate requests: proof of possession and strict form. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  createCertificateRequest,
  encodePem,
  parseCertificateRequest,
  parseCertificateRequestPem,
} from '../../../src/engines/pki/index.ts';
import {
  derBitString,
  derContext,
  derInteger,
  derOid,
  derSequence,
} from '../../../src/kernel/der-writer.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { parseSpiffeId } from '../../../src/kernel/ids.ts';
import { newKeyPair } from './forge.ts';

const keys = newKeyPair();
const signWith = (data: Uint8Array): Uint8Array => sign('sha256', data, keys.privateKey);
const good = createCertificateRequest({ spki: keys.info.spki, sign: signWith });
const ecdsa = derSequence(derOid('1.2.840.10045.4.3.2'));

const codeOf = (der: Uint8Array): string => {
  const answer = parseCertificateRequest(der);
  return isRefusal(answer) ? answer.error.code : 'accepted';
};

/** A signed request over any body. */
const over = (body: Uint8Array): Uint8Array =>
  derSequence(body, ecdsa, derBitString(signWith(body)));

describe('certificate requests', () => {
  it('gives the key of a request that is signed with it', () => {
    const request = orThrow(parseCertificateRequest(good));
    assert.deepEqual(Buffer.from(request.publicKey.spki), Buffer.from(keys.info.spki));
    assert.equal(request.publicKey.kind, 'p256');
  });

  it('reads what it wrote as PEM, with a wish inside', () => {
    const spiffeId = orThrow(parseSpiffeId('spiffe://prod.example/a'));
    const der = createCertificateRequest({ spki: keys.info.spki, sign: signWith, spiffeId });
    const pem = encodePem('CERTIFICATE REQUEST', der);
    assert.equal(isRefusal(parseCertificateRequestPem(pem)), false);
    assert.equal(isRefusal(parseCertificateRequestPem(pem + pem)), true);
  });

  it('refuses a request signed with another key', () => {
    const stranger = newKeyPair();
    const der = createCertificateRequest({
      spki: keys.info.spki,
      sign: (data) => sign('sha256', data, stranger.privateKey),
    });
    assert.equal(codeOf(der), 'E_PKI_PROOF');
  });

  it('refuses every change of a single bit', () => {
    for (let bit = 0; bit < good.length * 8; bit += 5) {
      const changed = Uint8Array.from(good);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.notEqual(codeOf(changed), 'accepted', `bit ${bit}`);
    }
  });

  const spki = keys.info.spki;
  const smallRsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({
    format: 'der',
    type: 'spki',
  });
  const offCurve = Uint8Array.from(spki);
  offCurve[offCurve.length - 1] = (offCurve.at(-1) ?? 0) ^ 1;
  const cases: readonly (readonly [string, string, Uint8Array])[] = [
    ['accepted', 'no attributes at all', over(derSequence(derInteger(0), derSequence(), spki))],
    [
      'E_PKI_MALFORMED',
      'version 1',
      over(derSequence(derInteger(1), derSequence(), spki, derContext(0))),
    ],
    ['E_PKI_MALFORMED', 'bytes after the end', Buffer.concat([good, Uint8Array.of(0)])],
    ['E_PKI_MALFORMED', 'a cut request', good.subarray(0, -1)],
    ['E_PKI_MALFORMED', 'nothing', new Uint8Array(0)],
    ['E_PKI_MALFORMED', 'more than 16 KiB', new Uint8Array(17_000)],
    [
      'E_PKI_MALFORMED',
      'a point off the curve',
      over(derSequence(derInteger(0), derSequence(), offCurve, derContext(0))),
    ],
    [
      'E_PKI_UNSUPPORTED',
      'RSA with 1024 bits',
      over(derSequence(derInteger(0), derSequence(), smallRsa, derContext(0))),
    ],
  ];
  for (const [code, what, der] of cases)
    it(`answers ${code} to ${what}`, () => assert.equal(codeOf(der), code));
});
