/** Reservations: what they charge, what they give back, what they refuse. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Limit } from '../../../src/domains/budgets/index.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import type { Cache } from '../../../src/platform/cache/index.ts';
import { actor, ask, chargedOf, granted, inWorld, limitTo, refused, tenant } from './world.ts';

describe('a reservation', () => {
  it('is free where nothing is limited', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      const verdict = budgets.reserve({
        tenant,
        principal: 'ann',
        teams: [],
        endpoint: 'digits',
        amounts: { requests: 1, tokens: 10 ** 9, microUsd: 10 ** 9 },
      });
      assert.ok(!(verdict instanceof Promise) && !isRefusal(verdict));
      await budgets.close();
    }));

  const kinds: readonly (readonly [string, Limit, string])[] = [
    ['tokens per hour', limitTo(10), 'E_BUDGET_EXCEEDED'],
    ['micro-USD per month', limitTo(10, 'microUsd', 'month'), 'E_BUDGET_EXCEEDED'],
    ['micro-USD per minute', limitTo(10, 'microUsd', 'minute'), 'E_BUDGET_EXCEEDED'],
    ['tokens per minute', limitTo(10, 'tokens', 'minute'), 'E_RATE_LIMITED'],
    ['requests per day', limitTo(10, 'requests', 'day'), 'E_BUDGET_EXCEEDED'],
    ['requests per minute', limitTo(10, 'requests', 'minute'), 'E_RATE_LIMITED'],
  ];
  for (const [what, limit, code] of kinds) {
    it(`never passes a limit on ${what}`, () =>
      inWorld(async (world) => {
        const budgets = await world.start();
        await budgets.setLimit(actor, limit);
        const one = { amounts: { [limit.measure]: 1 } };
        for (let i = 0; i < 10; i++) await granted(budgets, one);
        const refusal = await refused(budgets, one);
        assert.equal(refusal.error.code, code);
        assert.equal(refusal.error.status, 429);
        assert.equal(await chargedOf(budgets), 10);
        await budgets.close();
      }));
  }

  it('names the limit that refused and when to come back', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      const scope = { kind: 'team', id: 'blue' } as const;
      await budgets.setLimit(actor, { ...limitTo(5, 'tokens', 'minute'), scope });
      await budgets.setLimit(actor, limitTo(1000));
      const refusal = await refused(budgets, { teams: ['red', 'blue'], amounts: { tokens: 6 } });
      assert.deepEqual(refusal.data, {
        scope,
        measure: 'tokens',
        window: 'minute',
        limit: 5,
        needed: 6,
        retryAfterSeconds: 30,
      });
      await budgets.close();
    }));

  it('charges every limit it falls under, and none when one refuses', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      const scopes = [
        { kind: 'principal', id: 'ann' },
        { kind: 'team', id: 'blue' },
        { kind: 'endpoint', id: 'digits' },
      ] as const;
      for (const scope of scopes) await budgets.setLimit(actor, { ...limitTo(100), scope });
      await budgets.setLimit(actor, { ...limitTo(50), scope: scopes[2] });
      const question = { teams: ['blue', 'blue'], amounts: { tokens: 40 } };
      await granted(budgets, question);
      await refused(budgets, question);
      // What was leased for the refused one returns when it is clear that nobody needs it.
      world.clock.advance(300);
      await world.housekeep();
      for (const scope of scopes)
        assert.equal((await budgets.usage(tenant, scope))[0]?.charged, 40, scope.kind);
      await budgets.close();
    }));
});

describe('a reservation that ends', () => {
  it('gives back what was not used when it is settled, once', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      await budgets.setLimit(actor, limitTo(100));
      const reservation = await granted(budgets, { amounts: { tokens: 90 } });
      reservation.dispatched();
      reservation.settle({ tokens: 30 });
      reservation.settle({ tokens: 0 });
      reservation.cancel();
      await granted(budgets, { amounts: { tokens: 70 } });
      await refused(budgets, { amounts: { tokens: 1 } });
      await budgets.close();
    }));

  it('gives everything back when it is cancelled, once', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      await budgets.setLimit(actor, limitTo(100));
      const reservation = await granted(budgets, { amounts: { tokens: 90 } });
      reservation.cancel();
      reservation.cancel();
      reservation.settle({ tokens: 1000 });
      await granted(budgets, { amounts: { tokens: 100 } });
      await refused(budgets, { amounts: { tokens: 1 } });
      await budgets.close();
    }));

  it('charges what the upstream used beyond it, and then refuses', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      await budgets.setLimit(actor, limitTo(100));
      const reservation = await granted(budgets, { amounts: { tokens: 40 } });
      reservation.settle({ tokens: 130 });
      await refused(budgets, { amounts: { tokens: 1 } });
      await world.housekeep();
      assert.equal(await chargedOf(budgets), 130);
      await budgets.close();
    }));

  it('charges what was used of a measure of which nothing was reserved', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      await budgets.setLimit(actor, limitTo(100));
      await budgets.setLimit(actor, limitTo(100, 'tokens', 'minute'));
      (await granted(budgets)).settle({ tokens: 60 });
      await world.housekeep();
      const usage = await budgets.usage(tenant, { kind: 'principal', id: 'ann' });
      assert.deepEqual(
        usage.map(({ charged }) => charged),
        [60, 60],
      );
      await budgets.close();
    }));

  for (const odd of [Number.NaN, -5, 0.5, Infinity, 10 ** 16]) {
    it(`stays charged as reserved when the upstream claims ${odd}`, () =>
      inWorld(async (world) => {
        const budgets = await world.start();
        await budgets.setLimit(actor, limitTo(100));
        (await granted(budgets, { amounts: { tokens: 60 } })).settle({ tokens: odd });
        await refused(budgets, { amounts: { tokens: 41 } });
        await granted(budgets, { amounts: { tokens: 40 } });
        await budgets.close();
      }));

    it(`is refused for the amount ${odd === 10 ** 16 ? 2 ** 60 : odd}`, () =>
      inWorld(async (world) => {
        const budgets = await world.start();
        const tokens = odd === 10 ** 16 ? 2 ** 60 : odd;
        const refusal = await refused(budgets, { amounts: { tokens } });
        assert.equal(refusal.error.code, 'E_MALFORMED');
        await budgets.close();
      }));
  }
});

describe('a reservation over time', () => {
  it('is admitted again in the next window', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      await budgets.setLimit(actor, limitTo(10));
      await budgets.setLimit(actor, limitTo(4, 'requests', 'minute'));
      await granted(budgets, { amounts: { tokens: 10 } });
      await refused(budgets, { amounts: { tokens: 10 } });
      world.clock.advance(3_600_000);
      await granted(budgets, { amounts: { tokens: 10 } });
      await budgets.close();
    }));

  it('settled after its window ended corrects that window, not the new one', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      await budgets.setLimit(actor, limitTo(10));
      const late = await granted(budgets, { amounts: { tokens: 10 } });
      world.clock.advance(3_600_000);
      await granted(budgets, { amounts: { tokens: 10 } });
      late.settle({ tokens: 1 });
      await world.housekeep();
      await refused(budgets, { amounts: { tokens: 1 } });
      world.clock.advance(-3_600_000);
      assert.equal(await chargedOf(budgets), 1);
      await budgets.close();
    }));

  it('needs no exchange with the store while the lease lasts', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      await budgets.setLimit(actor, limitTo(1_000_000));
      const question = {
        tenant,
        principal: 'ann',
        teams: [],
        endpoint: 'digits',
        amounts: { requests: 1, tokens: 10, microUsd: 0 },
      };
      let synchronous = 0;
      for (let slot = 0; slot < 5; slot++) {
        for (let i = 0; i < 20; i++) {
          const verdict = budgets.reserve(question);
          if (verdict instanceof Promise) await verdict;
          else synchronous += 1;
        }
        await world.housekeep();
        world.clock.advance(100);
      }
      assert.ok(synchronous >= 60, `${synchronous} of 100`);
      await budgets.close();
      const restarted = await world.start();
      assert.equal(await chargedOf(restarted), 1000);
      await restarted.close();
    }));
});

describe('budgets', () => {
  it('are refused while the store cannot be asked, and work again after', () =>
    inWorld(async (world) => {
      let isDown = false;
      const guard = <T>(work: () => Promise<T>): Promise<T> =>
        isDown ? Promise.reject(new Error('away')) : work();
      const cache: Cache = {
        ...world.cache,
        takeUpTo: (...call) => guard(() => world.cache.takeUpTo(...call)),
      };
      const budgets = await world.start('a', { cache });
      await budgets.setLimit(actor, limitTo(5, 'requests', 'minute'));
      isDown = true;
      const refusal = await refused(budgets);
      assert.equal(refusal.error.code, 'E_BUDGETS_UNAVAILABLE');
      assert.equal(refusal.error.status, 503);
      isDown = false;
      await granted(budgets);
      await budgets.close();
    }));

  it('are refused when the limits could not be read for 30 seconds', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      await world.storage.close();
      await world.housekeep();
      await granted(budgets);
      world.clock.advance(31_000);
      await world.housekeep();
      assert.equal((await refused(budgets)).error.code, 'E_BUDGETS_UNAVAILABLE');
    }));

  it('refuse after they were closed', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      await budgets.close();
      await budgets.close();
      assert.equal((await refused(budgets)).error.code, 'E_BUDGETS_UNAVAILABLE');
    }));

  it('answer everybody who waits when they are closed', () =>
    inWorld(async (world) => {
      const budgets = await world.start();
      await budgets.setLimit(actor, limitTo(5));
      const waiting = Array.from({ length: 8 }, () => ask(budgets, { amounts: { tokens: 1 } }));
      await budgets.close();
      const verdicts = await Promise.all(waiting);
      assert.equal(verdicts.filter((verdict) => !isRefusal(verdict)).length, 5);
    }));

  it('hold at most so many scopes, and return what the forgotten ones held', () =>
    inWorld(async (world) => {
      const budgets = await world.start('a', { maxScopes: 20 });
      await budgets.setLimit(actor, { ...limitTo(10), scope: { kind: 'principal', id: '*' } });
      for (let i = 0; i < 200; i++) {
        const reservation = await granted(budgets, {
          principal: `p${i}`,
          endpoint: `e${i}`,
          amounts: { tokens: 10 },
        });
        reservation.settle({ tokens: 3 });
        world.clock.advance(1);
      }
      await world.housekeep();
      for (const i of [0, 5, 100]) {
        assert.equal(await chargedOf(budgets, `p${i}`), 3);
        await refused(budgets, { principal: `p${i}`, amounts: { tokens: 8 } });
        await granted(budgets, { principal: `p${i}`, amounts: { tokens: 7 } });
      }
      await budgets.close();
    }));
});
