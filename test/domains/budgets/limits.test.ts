/** Setting, listing and removing limits. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Limit } from '../../../src/domains/budgets/index.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import { actor, granted, inWorld, limitTo, refused, tenant } from './world.ts';

describe('limits', () => {
  it('are recorded in the ledger before they take effect', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      await budgets.setLimit(actor, limitTo(10));
      await budgets.setLimit(actor, limitTo(20));
      await budgets.setLimit(actor, limitTo(20));
      await budgets.removeLimit(actor, limitTo(0));
      const codes = world.ledger.events.map(({ class: kind, ocsf }) => [
        kind,
        (ocsf as { metadata?: { event_code?: string } }).metadata?.event_code,
      ]);
      assert.deepEqual(codes, [
        ['decisive', 'budget.limit.create'],
        ['decisive', 'budget.limit.update'],
        ['decisive', 'budget.limit.delete'],
      ]);
      await budgets.close();
    }));

  it('do not change when the ledger cannot record it', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      world.ledger.setState('refusing');
      await assert.rejects(budgets.setLimit(actor, limitTo(1)), { code: 'E_LEDGER_UNAVAILABLE' });
      assert.deepEqual(await budgets.listLimits(tenant), []);
      await granted(budgets, { amounts: { tokens: 5 } });
      await budgets.close();
    }));

  it('are listed per tenant and scope', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      const team: Limit = { ...limitTo(5), scope: { kind: 'team', id: 'blue' } };
      await budgets.setLimit(actor, limitTo(10));
      await budgets.setLimit(actor, team);
      await budgets.setLimit({ ...actor, tenant: 'other' }, limitTo(7));
      assert.equal((await budgets.listLimits(tenant)).length, 2);
      assert.deepEqual(await budgets.listLimits(tenant, team.scope), [team]);
      assert.deepEqual(await budgets.listLimits('other'), [limitTo(7)]);
      await budgets.close();
    }));

  it('of another tenant do not apply', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      await budgets.setLimit({ ...actor, tenant: 'other' }, limitTo(0));
      await granted(budgets, { amounts: { tokens: 5 } });
      await budgets.close();
    }));
});

describe('a malformed limit', () => {
  const malformed: readonly (readonly [string, object])[] = [
    ['a negative amount', { amount: -1 }],
    ['a fraction', { amount: 0.5 }],
    ['an endless amount', { amount: Infinity }],
    ['a huge amount', { amount: 10 ** 15 + 1 }],
    ['an unknown measure', { measure: 'watts' }],
    ['an unknown window', { window: 'fortnight' }],
    ['an unknown scope', { scope: { kind: 'planet', id: 'x' } }],
    ['a scope without id', { scope: { kind: 'team', id: '' } }],
    ['a line break in an id', { scope: { kind: 'team', id: 'a\nb' } }],
    ['no scope', { scope: null }],
  ];
  for (const [what, change] of malformed) {
    it(`is refused for ${what}`, () =>
      inWorld(async (world) => {
        const budgets = await world.start();
        const verdict = await budgets.setLimit(actor, { ...limitTo(1), ...change } as Limit);
        assert.equal(isRefusal(verdict) && verdict.error.code, 'E_LIMIT_MALFORMED');
        await budgets.close();
      }));
  }

  it('that do not exist cannot be removed', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      const verdict = await budgets.removeLimit(actor, limitTo(0));
      assert.equal(isRefusal(verdict) && verdict.error.code, 'E_LIMIT_UNKNOWN');
      await budgets.close();
    }));
});

describe('limits in force', () => {
  it('for everyone apply to each one separately, own limits instead of them', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      await budgets.setLimit(actor, { ...limitTo(10), scope: { kind: 'principal', id: '*' } });
      await budgets.setLimit(actor, { ...limitTo(30), scope: { kind: 'principal', id: 'cid' } });
      for (const principal of ['ann', 'bob'])
        await granted(budgets, { principal, amounts: { tokens: 10 } });
      for (const principal of ['ann', 'bob'])
        await refused(budgets, { principal, amounts: { tokens: 1 } });
      await granted(budgets, { principal: 'cid', amounts: { tokens: 30 } });
      await refused(budgets, { principal: 'cid', amounts: { tokens: 1 } });
      await budgets.close();
    }));

  it('take effect at once on this node, raised or lowered or removed', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      const one = { amounts: { tokens: 10 } };
      await budgets.setLimit(actor, limitTo(10));
      await granted(budgets, one);
      await refused(budgets, one);
      await budgets.setLimit(actor, limitTo(20));
      await granted(budgets, one);
      await budgets.setLimit(actor, limitTo(15));
      await refused(budgets, { amounts: { tokens: 1 } });
      await budgets.removeLimit(actor, limitTo(0));
      await granted(budgets, one);
      await budgets.close();
    }));

  it('set on another node are known through news, a lowered one even without', () =>
    inWorld(async (world) => {
      const [a, b] = [await world.start('a'), await world.start('b')];
      await a.setLimit(actor, limitTo(10));
      await world.housekeep();
      await granted(b, { amounts: { tokens: 10 } });
      await refused(a, { amounts: { tokens: 1 } });
      await a.close();
      await b.close();
    }));
});
