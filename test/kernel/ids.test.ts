/** Branded identifiers: what is accepted, what is refused, never an exception. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isRefusal, orThrow } from '../../src/kernel/errors.ts';
import {
  parseDigest,
  parsePrincipalId,
  parseSpiffeId,
  parseTenantId,
  parseTrustDomain,
  trustDomainOf,
} from '../../src/kernel/ids.ts';

type Parse = (text: string) => unknown;
const digest = `sha256:${'0a'.repeat(32)}`;

const accepted: readonly [Parse, string][] = [
  [parseTrustDomain, 'prod.example'],
  [parseTrustDomain, 'a'.repeat(255)],
  [parseSpiffeId, 'spiffe://prod.example'],
  [parseSpiffeId, 'spiffe://prod.example/ns/AI/sa_1/x-y.z'],
  [parseDigest, digest],
  [parsePrincipalId, 'alice@example.com'],
  [parseTenantId, 'default'],
];
for (const [parse, text] of accepted) {
  test(`accepts ${text.slice(0, 50)}`, () => {
    assert.equal(parse(text), text);
  });
}

const refused: readonly [Parse, string][] = [
  [parseTrustDomain, ''],
  [parseTrustDomain, 'Prod.example'],
  [parseTrustDomain, 'prod.example:443'],
  [parseTrustDomain, 'a'.repeat(256)],
  [parseSpiffeId, 'https://prod.example/a'],
  [parseSpiffeId, 'spiffe:///a'],
  [parseSpiffeId, 'spiffe://prod.example/'],
  [parseSpiffeId, 'spiffe://prod.example/a//b'],
  [parseSpiffeId, 'spiffe://prod.example/a/../b'],
  [parseSpiffeId, 'spiffe://prod.example/a?b'],
  [parseSpiffeId, 'spiffe://prod.example/%41'],
  [parseSpiffeId, 'spiffe://user@prod.example/a'],
  [parseSpiffeId, `spiffe://prod.example/${'a'.repeat(2048)}`],
  [parseDigest, digest.toUpperCase()],
  [parseDigest, `${digest}0`],
  [parseDigest, digest.replace('sha256', 'sha512')],
  [parsePrincipalId, ''],
  [parsePrincipalId, 'a b'],
  [parsePrincipalId, 'ünder'],
  [parseTenantId, 'x'.repeat(257)],
];
for (const [parse, text] of refused) {
  test(`refuses ${JSON.stringify(text.slice(0, 50))}`, () => {
    assert.ok(isRefusal(parse(text)));
  });
}

test('gives the trust domain of an id, with and without a path', () => {
  for (const id of ['spiffe://prod.example', 'spiffe://prod.example/a/b'])
    assert.equal(trustDomainOf(orThrow(parseSpiffeId(id))), 'prod.example');
});

test('returns the text or refuses, for any text', () => {
  const parsers: readonly Parse[] = [
    parseTrustDomain,
    parseSpiffeId,
    parseDigest,
    parsePrincipalId,
  ];
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const parse of parsers) assert.ok(parse(text) === text || isRefusal(parse(text)));
    }),
  );
});
