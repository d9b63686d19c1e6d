/** x509pop: chain, possession, binding to the request; challenges without memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  answerX509Pop,
  attestationErrors,
  challengeX509Pop,
  verifyX509Pop,
} from '../../../src/engines/attestation/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import type { JsonObject } from '../../../src/kernel/json-value.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import {
  altNames,
  basicConstraints,
  dnsName,
  forge,
  forgeAuthority,
  type Issuer,
  leafUsage,
  nameOf,
  newKeyPair,
  nowMs,
  uriConstraints,
} from '../pki/forge.ts';
import { base64 } from './forge.ts';

const root = forgeAuthority({ name: 'fleet' });
const middle = forgeAuthority({ name: 'rack', issuer: root, pathLength: 0 });
const nodeOf = (issuer: Issuer, more = {}): Issuer =>
  forge({
    issuer,
    subject: nameOf('node-1'),
    extensions: [basicConstraints(false), leafUsage, altNames([dnsName('node-1')])],
    ...more,
  });
const node = nodeOf(middle);
const spki = Buffer.from('request');
const policy = {
  authorities: [root.certificate],
  challengeKey: new Secret(new Uint8Array(32).fill(9)),
};
const evidenceOf = (...chain: readonly Issuer[]) => ({
  chain: chain.map(({ der }) => base64(der)),
});
const evidence = evidenceOf(node, middle);
const challenge = orThrow(challengeX509Pop(evidence, { policy, spki }, { nowMs }));
const answer = orThrow(answerX509Pop(challenge, { privateKey: node.keys.privateKey, spki }));
const codeOf = (value: unknown): string => (isRefusal(value) ? value.error.code : 'accepted');

describe('x509pop', () => {
  it('names a node by the fingerprint of its certificate', () => {
    const proof = { policy, spki, challengeResponse: answer };
    const found = orThrow(verifyX509Pop(evidence, proof, { nowMs }));
    assert.match(found.nodeId, /^[0-9a-f]{64}$/);
    assert.ok(found.selectors.includes('x509pop:san:dns:node-1'));
    assert.equal(found.reattestable, true);
  });

  const { code: challenged } = attestationErrors.E_ATTESTATION_CHALLENGE;
  const wrong: readonly (readonly [string, object, string])[] = [
    ['no answer', { challengeResponse: undefined }, challenged],
    ['an answer for another request', { spki: Buffer.from('other') }, challenged],
    [
      'an answer by another key',
      {
        challengeResponse: orThrow(
          answerX509Pop(challenge, { privateKey: newKeyPair().privateKey, spki }),
        ),
      },
      challenged,
    ],
    [
      'a challenge of another server',
      { policy: { ...policy, challengeKey: new Secret(new Uint8Array(32)) } },
      challenged,
    ],
    [
      'a challenge with a later expiry',
      {
        challengeResponse: {
          ...answer,
          challenge: { ...challenge, expiresAtMs: nowMs + 61_000 },
        },
      },
      challenged,
    ],
    [
      'a chain to nobody',
      { policy: { ...policy, authorities: [] } },
      attestationErrors.E_ATTESTATION_UNTRUSTED.code,
    ],
  ];
  for (const [name, change, code] of wrong)
    it(`refuses ${name}`, () => {
      const proof = {
        policy,
        spki,
        challengeResponse: answer as JsonObject | undefined,
        ...change,
      };
      assert.equal(codeOf(verifyX509Pop(evidence, proof, { nowMs })), code);
    });

  it('refuses an answer after its time', () => {
    const proof = { policy, spki, challengeResponse: answer };
    assert.equal(codeOf(verifyX509Pop(evidence, proof, { nowMs: nowMs + 60_000 })), challenged);
  });

  const constrained = forgeAuthority({
    name: 'narrow',
    issuer: root,
    more: [uriConstraints(['a.example'])],
  });
  const tooLong = forgeAuthority({ name: 'extra', issuer: middle });
  const old = nodeOf(middle, { notAfterMs: nowMs - 1 });
  const chains: readonly (readonly [string, readonly Issuer[]])[] = [
    ['an authority as node', [middle]],
    ['a leaf that signs', [nodeOf(node), node, middle]],
    ['a path longer than allowed', [nodeOf(tooLong), tooLong, middle]],
    ['name constraints that are not judged', [nodeOf(constrained), constrained]],
    ['a missing intermediate', [node]],
    ['an expired leaf', [old, middle]],
  ];
  for (const [name, chain] of chains)
    it(`gives no challenge for ${name}`, () => {
      const verdict = challengeX509Pop(evidenceOf(...chain), { policy, spki }, { nowMs });
      assert.ok(isRefusal(verdict));
    });
});
