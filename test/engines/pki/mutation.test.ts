/** Byte mutation of everything this engine parses: a value or a refusal, never anything else. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  createCertificateRequest,
  encodePem,
  formatTrustBundle,
  parseCertificate,
  parseCertificateRequest,
  parseCertificatesPem,
  parsePublicKeyInfo,
  parseTrustBundle,
  signJwtSvid,
  validateX509Svid,
  verifyJwtSvid,
} from '../../../src/engines/pki/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { parseSpiffeId } from '../../../src/kernel/ids.ts';
import {
  bundleOf,
  forge,
  forgeAuthority,
  goodLeaf,
  newKeyPair,
  nowMs,
  policyFor,
  trustDomain,
  uriConstraints,
} from './forge.ts';

/** A small generator with a fixed seed: the same mutations in every run (xorshift32). */
const createDice = (seed: number): ((sides: number) => number) => {
  let state = seed;
  return (sides) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % sides;
  };
};

const interesting = [0x00, 0x01, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa0, 0xa3, 0xff];

/** One to four changes: flip, set, insert, remove, repeat, cut. */
const mutate = (bytes: Uint8Array, dice: (sides: number) => number): Uint8Array => {
  let result = Buffer.from(bytes);
  for (let count = 1 + dice(4); count > 0; count--) {
    const at = dice(result.length + 1);
    const head = result.subarray(0, at);
    const byte = Buffer.of(interesting[dice(interesting.length)] ?? 0);
    const tail = (skip: number): Buffer => result.subarray(Math.min(at + skip, result.length));
    const ways = [
      () => Buffer.concat([head, Buffer.of((result[at] ?? 0) ^ (1 << dice(8))), tail(1)]),
      () => Buffer.concat([head, byte, tail(1)]),
      () => Buffer.concat([head, byte, tail(0)]),
      () => Buffer.concat([head, tail(1 + dice(16))]),
      () => Buffer.concat([head, result.subarray(at, at + dice(64)), tail(0)]),
      () => Buffer.from(head),
    ];
    result = (ways[dice(ways.length)] ?? (() => result))();
  }
  return result;
};

const root = forgeAuthority({ more: [uriConstraints(['prod.example'])] });
const middle = forgeAuthority({ name: 'middle', issuer: root, pathLength: 0 });
const leaf = forge({ issuer: middle, extensions: goodLeaf });
const keys = newKeyPair();
const request = createCertificateRequest({
  spki: keys.info.spki,
  sign: (data) => sign('sha256', data, keys.privateKey),
  spiffeId: orThrow(parseSpiffeId('spiffe://prod.example/a')),
});
const jwt = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const bundle = {
  ...bundleOf(root),
  jwtAuthorities: [{ kid: 'k', key: jwt.publicKey, algorithm: 'ES256' as const }],
};
const token = signJwtSvid(
  {
    spiffeId: orThrow(parseSpiffeId('spiffe://prod.example/a')),
    audience: ['me'],
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + 60_000,
  },
  { algorithm: 'ES256', kid: 'k', privateKey: jwt.privateKey },
);
const policy = policyFor(bundle);

const targets: readonly (readonly [string, Uint8Array, number, (input: Uint8Array) => unknown])[] =
  [
    ['certificates', leaf.der, 20_000, parseCertificate],
    ['authorities', root.der, 5000, parseCertificate],
    ['requests', request, 4000, parseCertificateRequest],
    ['public keys', keys.info.spki, 5000, parsePublicKeyInfo],
    [
      'PEM',
      Buffer.from(encodePem('CERTIFICATE', leaf.der)),
      3000,
      (b) => parseCertificatesPem(Buffer.from(b).toString()),
    ],
    [
      'tokens',
      Buffer.from(token),
      5000,
      (b) => verifyJwtSvid(Buffer.from(b).toString('latin1'), { ...policy, audiences: ['me'] }),
    ],
    [
      'bundles',
      Buffer.from(JSON.stringify(formatTrustBundle(bundle))),
      1500,
      (b) => parseTrustBundle(trustDomain, b),
    ],
  ];

describe('hostile bytes', () => {
  for (const [what, seed, runs, read] of targets)
    it(`never throw and never hang: ${runs} mutated ${what}`, () => {
      const dice = createDice(0x5a11 + runs);
      let refused = 0;
      for (let run = 0; run < runs; run++) if (isRefusal(read(mutate(seed, dice)))) refused += 1;
      assert.ok(refused > 0);
    });

  it('never pass as a valid chain: every byte of the leaf, every second flip', () => {
    for (let at = 0; at < leaf.der.length; at++) {
      const changed = Uint8Array.from(leaf.der);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at & 7));
      const verdict = validateX509Svid([changed, middle.der], policy);
      assert.equal(isRefusal(verdict), true, `byte ${at}`);
    }
    assert.equal(isRefusal(validateX509Svid([leaf.der, middle.der], policy)), false);
  });

  it('never pass as a valid chain: every byte of the intermediate', () => {
    for (let at = 0; at < middle.der.length; at++) {
      const changed = Uint8Array.from(middle.der);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const verdict = validateX509Svid([leaf.der, changed], policy);
      assert.equal(isRefusal(verdict), true, `byte ${at}`);
    }
  });
});
