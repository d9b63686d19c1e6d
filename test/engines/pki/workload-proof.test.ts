/** Presentation of WIT-SVIDs: only the holder of the key, once, for seconds, to the right server. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  type PresentedWitSvid,
  ReplayCache,
  signWitSvid,
  signWorkloadProof,
  verifyWitPresentation,
  type WorkloadProofClaims,
} from '../../../src/engines/pki/index.ts';
import { fakeClock } from '../../../src/kernel/effects.ts';
import { isRefusal, orThrow, type Refusal } from '../../../src/kernel/errors.ts';
import { parseSpiffeId } from '../../../src/kernel/ids.ts';
import { formatCompactJws } from '../../../src/engines/pki/compact-jws.ts';
import { signJose } from '../../../src/engines/pki/jose-algorithm.ts';
import type { JsonObject } from '../../../src/kernel/json-value.ts';
import { nowMs, trustDomain } from './forge.ts';

const ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const authority = ec();
const workload = ec();
const thief = ec();
const windowMs = 60_000;
const audience = 'https://api.prod.example/v1';
const trusted = {
  trustDomain,
  x509Authorities: [],
  jwtAuthorities: [],
  witAuthorities: [{ kid: 'w', key: authority.publicKey }],
};
const tokenFor = (name: string): string =>
  signWitSvid(
    {
      spiffeId: orThrow(parseSpiffeId(`spiffe://prod.example/${name}`)),
      confirmation: { key: workload.publicKey, algorithm: 'ES256' },
      expiresAtMs: nowMs + 3_600_000,
      id: 'shared-by-instances',
    },
    { algorithm: 'ES256', kid: 'w', privateKey: authority.privateKey },
  );
const token = tokenFor('a');

const newCache = (capacity = 100, clock = fakeClock(nowMs)) =>
  new ReplayCache({ capacity, windowMs, clock });
const proofOf = (change: Partial<WorkloadProofClaims> = {}, key = workload.privateKey): string =>
  signWorkloadProof(
    { wit: token, audience, expiresAtMs: nowMs + 10_000, id: 'p1', ...change },
    { algorithm: 'ES256', privateKey: key },
  );

type Asked = { replays?: ReplayCache; atMs?: number; accessToken?: string; wit?: string };
const present = (proof: string | undefined, asked: Asked = {}): PresentedWitSvid | Refusal => {
  const { replays = newCache(), atMs = nowMs, accessToken, wit = token } = asked;
  return verifyWitPresentation(
    { token: wit, proof },
    {
      bundleOf: (name) => (name === trustDomain ? trusted : undefined),
      audiences: ['other', audience],
      nowMs: atMs,
      replays,
      ...(accessToken === undefined ? {} : { accessToken }),
    },
  );
};
const answer = (verdict: PresentedWitSvid | Refusal): string => {
  if (!isRefusal(verdict)) return 'accepted';
  const { rule } = verdict.data;
  return typeof rule === 'string' ? `${verdict.error.code} ${rule}` : verdict.error.code;
};

const wth = Buffer.from(
  await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token)),
).toString('base64url');
/** A proof of any header and claims, signed by the confirmed key. */
const forged = (header: Readonly<Record<string, string>>, claims: JsonObject): string =>
  formatCompactJws(
    { alg: 'ES256', typ: 'wpt+jwt', ...header },
    { aud: audience, exp: nowMs / 1000 + 10, jti: 'p1', wth, ...claims },
    (data) => signJose('ES256', workload.privateKey, data),
  );

const cases: readonly (readonly [string, string, string | undefined])[] = [
  ['accepted', 'a proof by the confirmed key (WIT-20)', proofOf()],
  ['accepted', 'a proof as others write it', forged({}, { iat: nowMs / 1000 })],
  ['E_SVID_PROOF WIT-23', 'no proof: the token is no bearer (WIT-21)', undefined],
  ['E_SVID_MALFORMED WIT-20', 'an empty proof', ''],
  ['E_SVID_PROOF WIT-23', 'the token itself as proof', token],
  ['E_SVID_PROOF WIT-20', 'a proof by another key', proofOf({}, thief.privateKey)],
  ['E_SVID_PROOF WIT-20', 'a proof by the authority', proofOf({}, authority.privateKey)],
  ['E_SVID_PROOF WIT-23', 'a proof for another token', proofOf({ wit: tokenFor('b') })],
  ['E_SVID_PROOF WIT-23', 'a proof without wth', forged({}, { wth: '' })],
  ['E_SVID_PROOF WIT-23', 'a proof of another typ', forged({ typ: 'JWT' }, {})],
  ['E_SVID_PROOF WIT-23', 'a proof of another alg', forged({ alg: 'ES384' }, {})],
  ['E_SVID_ALGORITHM WIT-20', 'an unsigned proof', forged({ alg: 'none' }, {})],
  ['E_SVID_AUDIENCE', 'a proof for another server', proofOf({ audience: 'https://b.example' })],
  ['E_SVID_PROFILE WIT-20', 'a proof for nobody', forged({}, { aud: [] })],
  ['E_SVID_EXPIRED WIT-24', 'a proof that has expired', proofOf({ expiresAtMs: nowMs })],
  ['E_SVID_PROOF WIT-24', 'a proof for hours', proofOf({ expiresAtMs: nowMs + windowMs + 1000 })],
  ['E_SVID_PROFILE WIT-24', 'a proof forever', forged({}, { exp: undefined as never })],
  ['E_SVID_PROOF WIT-23', 'a proof without id', forged({}, { jti: '' })],
  ['E_SVID_PROOF WIT-23', 'a proof with an endless id', proofOf({ id: 'x'.repeat(129) })],
  ['E_SVID_PROOF WIT-23', 'a proof for an unseen access token', proofOf({ accessToken: 't' })],
];

describe('presenting a WIT-SVID', () => {
  for (const [wanted, what, proof] of cases)
    it(`${wanted}: ${what}`, () => assert.equal(answer(present(proof)), wanted));

  it('tells who it is and until when', () => {
    const presented = orThrow(present(proofOf()));
    assert.equal(presented.spiffeId, 'spiffe://prod.example/a');
    assert.equal(presented.expiresAtMs, nowMs + 3_600_000);
    assert.equal(presented.proofId, 'p1');
  });

  it('binds the access token of the same request', () => {
    const proof = proofOf({ accessToken: 'secret' });
    assert.equal(answer(present(proof, { accessToken: 'secret' })), 'accepted');
    assert.equal(answer(present(proof, { accessToken: 'other' })), 'E_SVID_PROOF WIT-23');
    assert.equal(answer(present(proofOf(), { accessToken: 'secret' })), 'E_SVID_PROOF WIT-23');
  });

  it('refuses the token before it looks at the proof', () => {
    assert.equal(answer(present(proofOf(), { wit: `${token}x` })), 'E_SVID_MALFORMED');
    assert.equal(answer(present(proofOf(), { atMs: nowMs + 4_000_000 })), 'E_SVID_EXPIRED WIT-15');
  });

  it('takes a proof once, however often the token is shown (WIT-13)', () => {
    const replays = newCache();
    assert.equal(answer(present(proofOf(), { replays })), 'accepted');
    assert.equal(answer(present(proofOf(), { replays })), 'E_SVID_REPLAYED');
    assert.equal(answer(present(proofOf({ id: 'p2' }), { replays })), 'accepted');
    const wit = tokenFor('b');
    assert.equal(answer(present(proofOf({ wit }), { replays, wit })), 'accepted');
  });

  it('does not spend an id on a proof that does not hold', () => {
    const replays = newCache();
    assert.equal(
      answer(present(proofOf({}, thief.privateKey), { replays })),
      'E_SVID_PROOF WIT-20',
    );
    assert.equal(replays.size, 0);
  });

  it('refuses what it cannot remember', () => {
    const replays = newCache(1);
    assert.equal(answer(present(proofOf(), { replays })), 'accepted');
    assert.equal(answer(present(proofOf({ id: 'p2' }), { replays })), 'E_SVID_REPLAY_UNKNOWN');
    assert.equal(answer(present(proofOf(), { replays })), 'E_SVID_REPLAYED');
  });
});

describe('the replay cache', () => {
  it('remembers for its window at least, and forgets within two', () => {
    const clock = fakeClock(nowMs);
    const cache = newCache(100, clock);
    const stepMs = 7000;
    for (let step = 0; step < 100; step++) {
      assert.equal(cache.remember(`at ${step}`), 'new');
      const young = step - Math.floor((windowMs - 1) / stepMs);
      if (young >= 0) assert.equal(cache.remember(`at ${young}`), 'seen', `step ${step}`);
      assert.ok(cache.size <= Math.ceil((2 * windowMs) / stepMs) + 1);
      clock.advance(stepMs);
    }
  });

  it('holds no more than its capacity and makes room by time alone', () => {
    const clock = fakeClock(nowMs);
    const cache = newCache(3, clock);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((id) => cache.remember(id)),
      ['new', 'new', 'new', 'full'],
    );
    clock.advance(windowMs);
    assert.equal(cache.remember('d'), 'full');
    assert.equal(cache.remember('a'), 'seen');
    clock.advance(windowMs);
    assert.equal(cache.remember('a'), 'new');
    assert.equal(cache.size, 1);
  });

  it('forgets everything after a long silence', () => {
    const clock = fakeClock(nowMs);
    const cache = newCache(3, clock);
    cache.remember('a');
    clock.advance(10 * windowMs);
    assert.equal(cache.remember('a'), 'new');
    assert.equal(cache.size, 1);
  });

  it('cannot be made without room or time', () => {
    const clock = fakeClock(nowMs);
    for (const bad of [
      { capacity: 0 },
      { capacity: 1.5 },
      { windowMs: 0 },
      { windowMs: Number.NaN },
    ])
      assert.throws(() => new ReplayCache({ capacity: 1, windowMs: 1, clock, ...bad }), RangeError);
  });
});
