/** The cache of verified credentials: bounded, forgetful on demand, never revived by a late look-up. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CredentialCache } from '../../../src/domains/identity/credential-cache.ts';
import { createLastUses } from '../../../src/domains/identity/last-uses.ts';
import type { VerifiedIdentity } from '../../../src/domains/identity/index.ts';
import { principalId, tenant } from './harness.ts';

const hourMs = 3_600_000;
const identity = (name: string): VerifiedIdentity => ({
  principal: { type: 'Service', id: principalId(name) },
  tenant,
  method: 'api-token',
  credentialId: `token:${name}`,
  authenticatedAtMs: 0,
  expiresAtMs: 1,
});
const fill = (cache: CredentialCache, count: number): void => {
  for (let i = 0; i < count; i++)
    cache.put(`k${i}`, identity(`p${i}`), { generation: cache.generation, nowMs: 0 });
};

describe('the credential cache', () => {
  it('never holds more than it may, and keeps what is used', () => {
    const cache = new CredentialCache(100);
    cache.put('mine', identity('mine'), { generation: 0, nowMs: 0 });
    for (let i = 0; i < 1000; i++) {
      cache.put(`k${i}`, identity(`p${i}`), { generation: 0, nowMs: 0 });
      assert.ok(cache.get('mine') !== undefined, `lost after ${i}`);
      assert.ok(new Set(cache.entries()).size <= 101);
    }
    assert.equal(cache.get('k0'), undefined);
  });

  it('forgets whom it is told to, in both generations', () => {
    const cache = new CredentialCache(100);
    fill(cache, 80);
    cache.removeWhere(({ principal }) => principal.id === 'p1' || principal.id === 'p79');
    assert.equal(cache.get('k1'), undefined);
    assert.equal(cache.get('k79'), undefined);
    assert.ok(cache.get('k2') !== undefined);
    cache.clear();
    assert.equal([...cache.entries()].length, 0);
  });

  it('does not keep the result of a look-up that began before a removal', () => {
    const cache = new CredentialCache(100);
    const since = { generation: cache.generation, nowMs: 0 };
    cache.removeWhere(() => false);
    cache.put('late', identity('late'), since);
    assert.equal(cache.get('late'), undefined);
  });

  it('hands every dropped entry on once', () => {
    const left: string[] = [];
    const cache = new CredentialCache(10, ({ identity: { credentialId } }) =>
      left.push(credentialId),
    );
    fill(cache, 12);
    cache.delete('k11');
    cache.delete('k11');
    assert.deepEqual(left.length, new Set(left).size);
    assert.ok(left.includes('token:p11'));
  });
});

describe('last uses', () => {
  it('are told by the hour, each hour once', () => {
    const uses = createLastUses();
    const at = (lastUsedMs: number) => uses.note({ identity: identity('a'), lastUsedMs });
    at(5);
    at(hourMs - 1);
    assert.deepEqual(uses.take(), []);
    at(hourMs + 5);
    at(2 * hourMs - 1);
    assert.deepEqual(uses.take(), [['a', hourMs]]);
    at(hourMs + 7);
    assert.deepEqual(uses.take(), []);
  });

  it('are written a few at a time and never lost in between', () => {
    const uses = createLastUses();
    for (let i = 0; i < 600; i++) uses.note({ identity: identity(`t${i}`), lastUsedMs: hourMs });
    assert.deepEqual(
      [uses.take(), uses.take(), uses.take(), uses.take()].map((some) => some.length),
      [256, 256, 88, 0],
    );
  });
});
