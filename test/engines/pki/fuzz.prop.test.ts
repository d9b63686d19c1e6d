/**
 * Byte mutation by fast-check of everything foreigners send us: a value or a refusal, in bounded
 * time, and never trust in what was changed.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  checkRevocation,
  createCertificateRequest,
  createCrlIssuer,
  formatTrustBundle,
  parseCertificate,
  parseCertificateRequest,
  parseConfirmationJwk,
  parseCrl,
  parseTrustBundle,
  ReplayCache,
  RevocationList,
  signJwtSvid,
  signWitSvid,
  signWorkloadProof,
  splitCertificates,
  validateX509Svid,
  verifyJwtSvid,
  verifyWitPresentation,
} from '../../../src/engines/pki/index.ts';
import { fakeClock } from '../../../src/kernel/effects.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { parseSpiffeId } from '../../../src/kernel/ids.ts';
import { parseJson } from '../../../src/kernel/strict-json.ts';
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

const root = forgeAuthority({ more: [uriConstraints(['prod.example'])] });
const leaf = forge({ issuer: root, extensions: goodLeaf });
const keys = newKeyPair();
const token = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const spiffeId = orThrow(parseSpiffeId('spiffe://prod.example/a'));
const request = createCertificateRequest({
  spki: keys.info.spki,
  sign: (data) => sign('sha256', data, keys.privateKey),
  spiffeId,
});
const list = new RevocationList();
for (let n = 0; n < 40; n++)
  list.add({
    serialNumber: `40${n.toString(16).padStart(2, '0')}`,
    revokedAtMs: nowMs,
    ...(n % 2 === 0 ? { reason: 'superseded' } : {}),
  });
const issueCrl = createCrlIssuer(root.certificate, (data) =>
  sign('sha256', data, root.keys.privateKey),
);
const crlDer = orThrow(
  issueCrl(list, { number: 1, thisUpdateMs: nowMs - 1000, nextUpdateMs: nowMs + 60_000 }),
);
const signer = { algorithm: 'ES256', kid: 'k', privateKey: token.privateKey } as const;
const jwt = signJwtSvid(
  { spiffeId, audience: ['me'], issuedAtMs: nowMs, expiresAtMs: nowMs + 60_000 },
  signer,
);
const confirmation = { key: token.publicKey, algorithm: 'ES256' } as const;
const wit = signWitSvid({ spiffeId, confirmation, expiresAtMs: nowMs + 60_000 }, signer);
const proof = signWorkloadProof(
  { wit, audience: 'me', expiresAtMs: nowMs + 5000, id: 'one' },
  signer,
);
const bundle = {
  ...bundleOf(root),
  jwtAuthorities: [{ kid: 'k', key: token.publicKey }],
  witAuthorities: [{ kid: 'w', key: token.publicKey }],
};
const witBundle = { ...bundle, witAuthorities: [{ kid: 'k', key: token.publicKey }] };
const policy = policyFor(bundle);

type Change = { readonly at: number; readonly drop: number; readonly put: Uint8Array };

/** One to five splices anywhere; half of them keep the length, as bit errors do. */
const changes = fc.array(
  fc.oneof(
    fc.record({
      at: fc.nat(),
      drop: fc.constant(1),
      put: fc.uint8Array({ minLength: 1, maxLength: 1 }),
    }),
    fc.record({ at: fc.nat(), drop: fc.nat(40), put: fc.uint8Array({ maxLength: 40 }) }),
    fc.record({
      at: fc.nat(),
      drop: fc.constant(1),
      put: fc.constantFrom(
        ...[0x00, 0x02, 0x30, 0x7f, 0x80, 0x84, 0xa0, 0xff].map((b) => Uint8Array.of(b)),
      ),
    }),
  ),
  { minLength: 1, maxLength: 5 },
);

const apply = (bytes: Uint8Array, list: readonly Change[]): Uint8Array => {
  let result = Buffer.from(bytes);
  for (const { at, drop, put } of list) {
    const start = at % (result.length + 1);
    const tail = result.subarray(Math.min(start + drop, result.length));
    result = Buffer.concat([result.subarray(0, start), put, tail]);
  }
  return result;
};

const holdsFor = (seed: Uint8Array, check: (changed: Uint8Array) => void, numRuns: number): void =>
  fc.assert(
    fc.property(changes, (list) => check(apply(seed, list))),
    { numRuns },
  );
const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('mutated X.509', () => {
  it('certificates are read or refused, and never believed', () => {
    holdsFor(
      leaf.der,
      (changed) => {
        parseCertificate(changed);
        splitCertificates(changed);
        if (!isSame(changed, leaf.der))
          assert.equal(isRefusal(validateX509Svid([changed], policy)), true);
      },
      4000,
    );
  });

  it('requests never prove possession of another key', () => {
    holdsFor(
      request,
      (changed) => {
        const parsed = parseCertificateRequest(changed);
        if (!isRefusal(parsed)) assert.ok(isSame(parsed.publicKey.spki, keys.info.spki));
      },
      2000,
    );
  });

  it('revocation lists are read or refused, and never count as signed', () => {
    holdsFor(
      crlDer,
      (changed) => {
        const crl = parseCrl(changed);
        if (isRefusal(crl)) return;
        for (const serial of ['4000', '4001', '00', '']) crl.find(serial);
        const path = [leaf.certificate, root.certificate];
        const verdict = checkRevocation(path, [crl], { nowMs, requireFresh: 'leaf' });
        if (!isSame(changed, crlDer)) assert.equal(isRefusal(verdict), true);
      },
      4000,
    );
  });
});

describe('mutated tokens', () => {
  it('JWT-SVIDs are refused', () => {
    holdsFor(
      Buffer.from(jwt),
      (changed) => {
        const text = latin1(changed);
        const verdict = verifyJwtSvid(text, { ...policy, audiences: ['me'] });
        if (text !== jwt) assert.equal(isRefusal(verdict), true);
      },
      3000,
    );
  });

  it('WIT-SVIDs and proofs are refused', () => {
    const present = (presented: { token: string; proof: string }) => {
      const replays = new ReplayCache({ capacity: 1, windowMs: 60_000, clock: fakeClock(nowMs) });
      const checks = { ...policyFor(witBundle), audiences: ['me'], replays };
      return verifyWitPresentation(presented, checks);
    };
    assert.equal(isRefusal(present({ token: wit, proof })), false);
    for (const [what, seed] of [
      ['token', wit],
      ['proof', proof],
    ] as const)
      holdsFor(
        Buffer.from(seed),
        (changed) => {
          const text = latin1(changed);
          const verdict = present({ token: wit, proof, [what]: text });
          if (text !== seed) assert.equal(isRefusal(verdict), true);
        },
        2000,
      );
  });

  it('bundles and JWKs are read or refused', () => {
    const text = Buffer.from(JSON.stringify(formatTrustBundle({ ...bundle, sequence: 1 })));
    holdsFor(text, (changed) => void parseTrustBundle(trustDomain, changed), 1500);
    const jwk = Buffer.from(
      JSON.stringify({ ...confirmation.key.export({ format: 'jwk' }), alg: 'ES256' }),
    );
    holdsFor(
      jwk,
      (changed) => {
        const value = parseJson(changed);
        if (!isRefusal(value)) parseConfirmationJwk(value);
      },
      1500,
    );
  });
});

describe('any bytes and any text', () => {
  it('are read or refused', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ maxLength: 300 }),
        (bytes, text) => {
          for (const parse of [parseCertificate, parseCertificateRequest, parseCrl])
            assert.equal(isRefusal(parse(bytes)), true);
          assert.equal(isRefusal(verifyJwtSvid(text, { ...policy, audiences: ['me'] })), true);
          assert.equal(isRefusal(parseTrustBundle(trustDomain, bytes)), true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('of endless length are refused at once', () => {
    const long = new Uint8Array((16 << 20) + 1).fill(0x30);
    for (const parse of [parseCertificate, parseCertificateRequest, parseCrl])
      assert.equal(isRefusal(parse(long)), true);
    const text = 'a.'.repeat(1 << 20);
    assert.equal(isRefusal(verifyJwtSvid(text, { ...policy, audiences: ['me'] })), true);
  });
});
