/** Issuance by template: what comes out, and what is refused before it is signed. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  createSvidIssuer,
  type LeafRequest,
  parseCertificate,
  parseIpAddress,
  parsePublicKeyInfo,
  toSerial,
  validateX509Svid,
} from '../../../src/engines/pki/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { parseSpiffeId, type SpiffeId } from '../../../src/kernel/ids.ts';
import { bundleOf, forgeAuthority, newKeyPair, nowMs, policyFor } from './forge.ts';

const root = forgeAuthority();
const keys = newKeyPair();
const spiffeId = (path: string): SpiffeId => orThrow(parseSpiffeId(`spiffe://prod.example${path}`));
const signed = (data: Uint8Array): Uint8Array => sign('sha256', data, root.keys.privateKey);
const issue = createSvidIssuer(root.certificate, signed);

const request = (changes: Partial<LeafRequest> = {}): LeafRequest => ({
  spiffeId: spiffeId('/a'),
  publicKey: keys.info,
  serial: toSerial(randomBytes(16)),
  notBeforeMs: nowMs - 10_000,
  notAfterMs: nowMs + 3_600_000,
  ...changes,
});

describe('SVID issuance by template', () => {
  it('makes leaves that our validator and node agree on', () => {
    const leaf = orThrow(
      issue(request({ dnsNames: ['A.example'], ipAddresses: ['127.0.0.1', '::1'] })),
    );
    const verdict = orThrow(validateX509Svid([leaf], policyFor(bundleOf(root))));
    const node = new X509Certificate(leaf);
    assert.equal(verdict.spiffeId, 'spiffe://prod.example/a');
    assert.equal(node.verify(new X509Certificate(root.der).publicKey), true);
    assert.equal(node.checkIssued(new X509Certificate(root.der)), true);
    assert.equal(node.ca, false);
    assert.deepEqual(node.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    assert.equal(node.checkHost('a.example'), 'a.example');
    assert.equal(node.checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(node.checkIP('::1'), '::1');
    assert.equal(node.subject, undefined);
  });

  for (const [kind, pair] of [
    ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['Ed25519', generateKeyPairSync('ed25519')],
    ['RSA 2048', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ] as const)
    it(`issues for a ${kind} key`, () => {
      const spki = pair.publicKey.export({ format: 'der', type: 'spki' });
      const leaf = orThrow(issue(request({ publicKey: orThrow(parsePublicKeyInfo(spki)) })));
      assert.equal(isRefusal(validateX509Svid([leaf], policyFor(bundleOf(root)))), false);
    });
});

const brief = forgeAuthority({ notAfterMs: nowMs + 60_000 });
const refusals: readonly (readonly [string, string, () => unknown])[] = [
  [
    'E_PKI_REQUEST',
    'a trust domain as ID (X509-03)',
    () => issue(request({ spiffeId: spiffeId('') })),
  ],
  ['E_PKI_REQUEST', 'more than an hour', () => issue(request({ notAfterMs: nowMs + 3_700_000 }))],
  ['E_PKI_REQUEST', 'an empty life', () => issue(request({ notAfterMs: nowMs - 10_000 }))],
  [
    'E_PKI_REQUEST',
    'a life beyond its authority',
    () => createSvidIssuer(brief.certificate, signed)(request()),
  ],
  [
    'E_PKI_REQUEST',
    'a negative serial',
    () => issue(request({ serial: new Uint8Array(16).fill(255) })),
  ],
  [
    'E_PKI_REQUEST',
    'a short serial',
    () => issue(request({ serial: new Uint8Array(8).fill(0x41) })),
  ],
  ['E_PKI_REQUEST', 'a wildcard', () => issue(request({ dnsNames: ['*.a.example'] }))],
  ['E_PKI_REQUEST', 'a host name with NUL', () => issue(request({ dnsNames: ['a\0.example'] }))],
  ['E_PKI_REQUEST', 'an empty label', () => issue(request({ dnsNames: ['a..example'] }))],
  ['E_PKI_REQUEST', 'no IP address', () => issue(request({ ipAddresses: ['127.0.0.256'] }))],
  ['E_PKI_REQUEST', '33 names', () => issue(request({ dnsNames: Array<string>(33).fill('a') }))],
  [
    'E_PKI_UNSUPPORTED',
    'a P-521 key',
    () => issue(request({ publicKey: newKeyPair('P-521').info })),
  ],
];

describe('SVIDs that are not issued', () => {
  for (const [code, what, ask] of refusals)
    it(`answers ${code} to ${what}`, () => {
      const answer = ask();
      assert.equal(isRefusal(answer) && answer.error.code, code);
    });
});

describe('serial numbers', () => {
  it('are positive and always 16 bytes', () => {
    for (const fill of [0, 0x7f, 0x80, 0xff]) {
      const leaf = orThrow(issue(request({ serial: toSerial(new Uint8Array(16).fill(fill)) })));
      assert.match(orThrow(parseCertificate(leaf)).serialNumber, /^[4-7][0-9a-f]{31}$/);
    }
  });
});

describe('IP addresses', () => {
  const good: Readonly<Record<string, string>> = {
    '0.0.0.0': '00000000',
    '192.168.10.1': 'c0a80a01',
    '::': '0'.repeat(32),
    '::1': `${'0'.repeat(31)}1`,
    'fe80::1:2': 'fe800000000000000000000000010002',
    '1:2:3:4:5:6:7:8': '00010002000300040005000600070008',
    '1:2:3:4:5:6:7::': '00010002000300040005000600070000',
  };
  for (const [text, hex] of Object.entries(good))
    it(`reads ${text}`, () => {
      assert.equal(Buffer.from(parseIpAddress(text) ?? []).toString('hex'), hex);
    });
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.04',
    '1.2.3.256',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    'fe80::1%eth0',
    '::ffff:1.2.3.4',
    '12345::',
    '1:2:3:4:5:6:7:8::',
  ])
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseIpAddress(text), undefined));
});
