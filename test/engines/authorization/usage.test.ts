/** What policies read, and what became of each of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CedarValue,
  createPolicySet,
  type PolicyRequest,
} from '../../../src/engines/authorization/index.ts';
import { orThrow } from '../../../src/kernel/errors.ts';

const ask = (context: Record<string, CedarValue> = {}, id = 'read'): PolicyRequest => ({
  principal: { type: 'User', id: 'alice' },
  action: { type: 'Action', id },
  resource: { type: 'Doc', id: 'report' },
  context,
});
const setOf = (policies: string) => orThrow(createPolicySet({ policies }));

describe('usage', () => {
  const set = setOf(
    `permit (principal, action == Action::"read", resource)
       when { context.network.zone == "a" && principal.level > resource.sensitivity };
     permit (principal, action == Action::"write", resource) when { context == {a: 1} };
     permit (principal, action == Action::"list", resource);`,
  );
  const action = (id: string) => ({ type: 'Action', id });

  it('names the attributes that the policies of an action read', () => {
    assert.deepEqual(set.usage(action('read')), {
      context: ['network.zone'],
      principal: ['level'],
      resource: ['sensitivity'],
    });
    assert.equal(set.usage(action('write')).context, 'all');
    assert.deepEqual(set.usage(action('list')).context, []);
    assert.equal(set.usage().context, 'all');
  });

  it('keys contexts by exactly what is read', () => {
    const source = { get: () => undefined, ancestors: () => new Map() };
    const key = (id: string, context: Record<string, CedarValue>) =>
      set.plan(ask({}, id), source).contextKey(context);
    assert.equal(
      key('read', { network: { zone: 'a', peer: 'x' }, time: 1 }),
      key('read', { network: { zone: 'a', peer: 'y' }, time: 2 }),
    );
    assert.notEqual(
      key('read', { network: { zone: 'a' } }),
      key('read', { network: { zone: 'b' } }),
    );
    assert.notEqual(key('read', { network: {} }), key('read', {}));
    assert.notEqual(key('read', { network: { zone: '1' } }), key('read', { network: { zone: 1 } }));
    assert.notEqual(key('write', { a: 1 }), key('write', { a: 2 }));
    assert.equal(key('list', { a: 1 }), key('list', { a: 2 }));
  });
});

describe('explanations', () => {
  it('say of every policy what became of it and why', () => {
    const set = setOf(
      `permit (principal in Team::"x", action, resource);
       permit (principal, action, resource);
       permit (principal, action, resource) when { context.missing };
       permit (principal, action, resource) when { false };
       forbid (principal, action, resource) when { context.n == 1 };`,
    );
    const outcomes = (n: number) =>
      set.explain(ask({ n }), []).policies.map(({ outcome }) => outcome);
    assert.deepEqual(outcomes(0), [
      'out-of-scope',
      'determining',
      'error',
      'not-matched',
      'not-matched',
    ]);
    assert.deepEqual(outcomes(1), [
      'out-of-scope',
      'matched',
      'error',
      'not-matched',
      'determining',
    ]);
    assert.match(
      set.explain(ask(), []).policies[0]?.why ?? '',
      /principal User::"alice" is not in Team::"x"/,
    );
  });
});
