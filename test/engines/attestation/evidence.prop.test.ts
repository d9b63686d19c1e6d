/** Whatever is shown as evidence: a node or a refusal, never an exception. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  azureNonce,
  challengeAzure,
  parseSignedData,
  tokenReviewFor,
  verifyAws,
  verifyAzure,
  verifyGcp,
  verifyKubernetes,
  verifyOidc,
  verifySlurm,
  verifyTpm,
  verifyX509Pop,
} from '../../../src/engines/attestation/index.ts';
import { berToDer } from '../../../src/engines/attestation/ber-to-der.ts';
import { hostlistHas } from '../../../src/engines/attestation/hostlist.ts';
import { matches } from '../../../src/engines/attestation/pattern.ts';
import { toSegment } from '../../../src/engines/attestation/reading.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import type { JsonObject, JsonValue } from '../../../src/kernel/json-value.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import { mutants } from '../../kernel/mutations.ts';
import { basicConstraints, forge, leafUsage, nameOf, nowMs } from '../pki/forge.ts';
import { base64, forgeCms, forgeToken, newTokenKey } from './forge.ts';

const signer = forge({ subject: nameOf('s'), extensions: [basicConstraints(false), leafUsage] });
const document = { region: 'r', accountId: 'a', instanceId: 'i' };
const cms = forgeCms({
  content: Buffer.from(JSON.stringify(document)),
  signer,
  certificates: [signer.der],
});
const key = newTokenKey();
const time = { nowMs };
const challengeKey = new Secret(new Uint8Array(32));
const spki = Buffer.from('spki');

const aws = { certificates: new Map([['r', [signer.certificate]]]), accounts: ['a'] };
const azure = {
  authorities: [signer.certificate],
  intermediates: [],
  signerNames: ['s'],
  subscriptions: ['a'],
  challengeKey,
};
const challengeResponse = { challenge: challengeAzure({ policy: azure, spki }, time) };
const gcp = { jwks: key.jwks, audience: 'a', projects: ['p'] };
const provider = { issuer: 'i', audience: 'a', jwks: key.jwks, require: { sub: ['*'] } };
const oidc = {
  providers: new Map([['p', { ...provider, nodeId: ['sub'] as const, selectors: ['sub'] }]]),
};
const slurm = { clusters: new Map([['c', { issuer: 'i', audience: 'a', jwks: key.jwks }]]) };
const kubernetes = { clusters: new Map([['c', { audience: 'a', serviceAccounts: ['*'] }]]) };

const judgeAll = (evidence: JsonValue): readonly unknown[] => [
  verifyAws(evidence, aws, time),
  verifyAzure(evidence, { policy: azure, spki, challengeResponse }, time),
  verifyAzure(evidence, { policy: azure, spki, challengeResponse: evidence }, time),
  verifyGcp(evidence, gcp, time),
  verifyOidc(evidence, oidc, time),
  verifySlurm(evidence, slurm, time),
  verifyKubernetes(evidence, { policy: kubernetes, review: evidence as JsonObject }, time),
  tokenReviewFor(evidence, kubernetes),
  verifyTpm(evidence, {}, time),
  verifyX509Pop(
    evidence,
    {
      policy: { authorities: [signer.certificate], challengeKey },
      spki,
      challengeResponse: evidence,
    },
    time,
  ),
];

const names = [
  'chain',
  'challenge',
  'signature',
  'pkcs7',
  'token',
  'cluster',
  'provider',
  'node',
  'status',
  'nonce',
  'expiresAtMs',
  'user',
  'audiences',
  'extra',
  'username',
] as const; // prettier-ignore

const texts = fc.oneof(fc.string(), fc.base64String(), fc.constantFrom('c', 'p', 'a', '__proto__'));
const values = fc.oneof(texts, fc.jsonValue(), fc.array(texts), fc.double());

test('any JSON is judged without an exception', () => {
  const evidence = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom(...names), values) as fc.Arbitrary<JsonValue>,
  );
  fc.assert(
    fc.property(evidence, (value) => {
      for (const verdict of judgeAll(value as JsonValue)) assert.equal(typeof verdict, 'object');
    }),
    { numRuns: 400 },
  );
});

test('mutated signed documents are refused or say the same', () => {
  let accepted = 0;
  for (const bytes of mutants([cms], { seed: 3, count: 3000 })) {
    const data = parseSignedData(bytes);
    const node = verifyAws({ pkcs7: base64(bytes) }, aws, time);
    if (isRefusal(node)) continue;
    accepted += 1;
    assert.ok(!isRefusal(data));
    assert.equal(node.nodeId, 'a/r/i');
  }
  // Only bytes that nothing is signed over (the bag, versions) may differ.
  assert.ok(accepted < 2000, String(accepted));
});

test('mutated tokens are refused', () => {
  const claims = { iss: 'i', aud: 'a', sub: 's', iat: nowMs / 1000, exp: nowMs / 1000 + 60 };
  const token = forgeToken(claims, key);
  const good = verifyOidc({ provider: 'p', token }, oidc, time);
  assert.ok(!isRefusal(good));
  for (const bytes of mutants([Buffer.from(token)], { seed: 5, count: 1500 })) {
    const text = Buffer.from(bytes).toString('latin1');
    if (text === token) continue;
    assert.ok(isRefusal(verifyOidc({ provider: 'p', token: text }, oidc, time)), text);
  }
});

test('any bytes are rewritten or refused, within the bound', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const der = berToDer(bytes, 256);
      assert.ok(isRefusal(der) || der.length <= bytes.length * 2);
    }),
  );
});

test('endless nesting is refused, not followed', () => {
  const deep = Buffer.alloc(60_000, Buffer.from([0x30, 0x80]));
  assert.ok(isRefusal(berToDer(deep, 65_536)));
});

test('segments are safe and differ when the texts do', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.string({ maxLength: 60 }), (left, right) => {
      const one = toSegment(left);
      const two = toSegment(right);
      if (isRefusal(one) || isRefusal(two)) return;
      assert.match(one, /^[A-Za-z0-9._-]+$/);
      assert.ok(one !== '.' && one !== '..');
      assert.equal(one === two, left === right);
    }),
  );
});

test('patterns mean what a regular expression would', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
  fc.assert(
    fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 }), (p, t) => {
      const expected = new RegExp(`^${p.replaceAll('*', '.*')}$`).test(t);
      assert.equal(matches(p, t), expected);
    }),
  );
});

test('host lists name nobody by accident', () => {
  const unit = fc.constantFrom('a', '1', '0', '[', ']', '-', ',');
  fc.assert(
    fc.property(
      fc.string({ unit, maxLength: 12 }),
      fc.string({ unit, maxLength: 6 }),
      (list, host) => {
        const isNamed = hostlistHas(list, host);
        if (!list.includes('[') && !list.includes(']'))
          assert.equal(isNamed, host.length > 0 && list.split(',').includes(host));
      },
    ),
  );
});

test('the nonce for Azure has ten digits', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      assert.match(azureNonce(bytes), /^\d{10}$/);
    }),
  );
});
