/**
 * Budgets stay hard whatever the order of things: nodes lease from one store whose answers arrive
 * in any order, fail or get lost after they took effect; nodes die without a word.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { Broker } from '../../../src/domains/budgets/broker.ts';
import type { LeaseStore } from '../../../src/domains/budgets/lease-store.ts';
import { activeLimit, createLimitBook } from '../../../src/domains/budgets/limit-book.ts';
import { Purses } from '../../../src/domains/budgets/purses.ts';
import { HeldReservation } from '../../../src/domains/budgets/reservation.ts';
import type { Reservation, ReserveRequest, ScopeKind } from '../../../src/domains/budgets/types.ts';
import { fakeClock } from '../../../src/kernel/effects.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import { amountsOf, tenant } from './world.ts';

type Model = {
  /** Charged in the store, by account. */
  readonly charged: Map<string, number>;
  /** Truly dispatched or in flight, by account: must never pass what is charged. */
  readonly truth: Map<string, number>;
  /** Spent beyond reservations: the only way above a limit. */
  readonly excess: Map<string, number>;
};
type Fate = 'works' | 'fails before' | 'fails after';

const add = (map: Map<string, number>, key: string, amount: number): void => {
  map.set(key, (map.get(key) ?? 0) + amount);
};

/** A store in the model; `s` decides when answers arrive, `fate` whether they do. */
const modelStore = (model: Model, s: fc.Scheduler, fate: () => Fate): LeaseStore => ({
  exchange: async (changes) => {
    const how = fate();
    await s.schedule(Promise.resolve());
    if (how === 'fails before') throw new Error('away');
    const grants = changes.map(({ pocket, want, bonus, giveBack, debt }) => {
      add(model.charged, pocket.account, debt - giveBack);
      const room = pocket.limit.amount - (model.charged.get(pocket.account) ?? 0);
      const granted = Math.max(0, Math.min(want + bonus, room));
      add(model.charged, pocket.account, granted);
      return { granted, isGone: false };
    });
    await s.schedule(Promise.resolve());
    if (how === 'fails after') throw new Error('lost');
    return grants;
  },
});

const limits = (['principal', 'team', 'endpoint'] as const).map((kind, i) =>
  activeLimit(tenant, {
    scope: { kind, id: kind },
    measure: 'tokens',
    window: 'hour',
    amount: [60, 45, 80][i] ?? 0,
  }),
);

const createNode = (model: Model, s: fc.Scheduler, fate: () => Fate) => {
  const clock = fakeClock();
  const store = modelStore(model, s, fate);
  let isDead = false;
  const mortal: LeaseStore = {
    exchange: async (changes) => {
      const grants = await store.exchange(changes);
      // The answer finds nobody: what it granted stays charged.
      return isDead ? new Promise(() => {}) : grants;
    },
  };
  const broker: Broker = new Broker({
    clock,
    budgets: mortal,
    rates: mortal,
    collect: (request, nowMs) => purses.collect(request, nowMs),
    refresh: async () => {},
    onFailure: () => {},
  });
  const purses = new Purses({ book: createLimitBook(limits, 1), owner: broker, maxScopes: 10 });
  const reserve = async (request: ReserveRequest): Promise<Reservation | undefined> => {
    const pockets = purses.collect(request, clock.nowMs());
    const isReady = pockets.every((p) => p.waiting === 0 && p.available >= request.amounts.tokens);
    if (isReady) return new HeldReservation(pockets, request.amounts, clock.nowMs());
    const verdict = await broker.wait(request, pockets);
    return isRefusal(verdict) ? undefined : verdict;
  };
  return {
    clock,
    reserve,
    tidy: () => broker.tidy(),
    kill: () => {
      isDead = true;
    },
    isDead: () => isDead,
    /** What the node could still dispatch, or owes, by account. A dead one dispatches nothing. */
    holds: (key: string): number => {
      const all = { tenant, principal: 'principal', teams: ['team'], endpoint: 'endpoint' };
      const pockets = purses.collect({ ...all, amounts: amountsOf({}) }, clock.nowMs());
      const held = pockets.find((pocket) => pocket.account === key)?.available ?? 0;
      return isDead ? Math.min(0, held) : held;
    },
    close: async () => {
      await broker.idle();
      purses.detachAll();
      await broker.close();
    },
  };
};

type Node = ReturnType<typeof createNode>;

const step = fc.record({
  node: fc.nat(2),
  tokens: fc.integer({ min: 1, max: 12 }),
  scopes: fc.subarray<ScopeKind>(['principal', 'team', 'endpoint'], { minLength: 1 }),
  end: fc.constantFrom('settle less', 'settle same', 'settle more', 'cancel', 'never'),
  pauseMs: fc.constantFrom(0, 0, 10, 120, 300),
  isFatal: fc.integer({ min: 0, max: 30 }).map((n) => n === 0),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const requestOf = ({ tokens, scopes }: Step): ReserveRequest => ({
  tenant,
  principal: scopes.includes('principal') ? 'principal' : 'nobody',
  teams: scopes.includes('team') ? ['team'] : [],
  endpoint: scopes.includes('endpoint') ? 'endpoint' : 'none',
  amounts: amountsOf({ tokens }),
});

const checkHard = ({ charged, truth, excess }: Model): void => {
  for (const { key, amount } of limits) {
    const [spent, beyond] = [truth.get(key) ?? 0, excess.get(key) ?? 0];
    assert.ok(spent - beyond <= amount, `${spent} - ${beyond} spent of ${amount}`);
    assert.ok(spent - beyond <= (charged.get(key) ?? 0), 'spent without a charge');
  }
};

/** When nothing is under way: whatever is or can be dispatched is charged. */
const checkCovered = ({ charged, truth }: Model, nodes: readonly Node[]): void => {
  for (const { key } of limits) {
    const held = nodes.reduce((sum, node) => sum + node.holds(key), 0);
    assert.ok((truth.get(key) ?? 0) + held <= (charged.get(key) ?? 0), 'a lease is not charged');
  }
};

const keysOf = ({ scopes }: Step): readonly string[] =>
  limits.filter(({ scope }) => scopes.includes(scope.kind)).map(({ key }) => key);

type Stage = { readonly model: Model; readonly s: fc.Scheduler };

const live = async ({ model, s }: Stage, node: Node, plan: Step): Promise<void> => {
  const reservation = await node.reserve(requestOf(plan));
  if (reservation === undefined || node.isDead()) return;
  const keys = keysOf(plan);
  const change = (amount: number): void => keys.forEach((key) => add(model.truth, key, amount));
  change(plan.tokens);
  checkHard(model);
  await s.schedule(Promise.resolve());
  if (node.isDead() || plan.end === 'never') return;
  if (plan.end === 'cancel') {
    change(-plan.tokens);
    return reservation.cancel();
  }
  const factor = { 'settle less': 0.5, 'settle same': 1, 'settle more': 2 }[plan.end];
  const spent = Math.floor(plan.tokens * factor);
  change(spent - plan.tokens);
  if (spent > plan.tokens) keys.forEach((key) => add(model.excess, key, spent - plan.tokens));
  reservation.settle({ tokens: spent });
};

const run = async (s: fc.Scheduler, steps: readonly Step[], fates: readonly Fate[]) => {
  const model: Model = { charged: new Map(), truth: new Map(), excess: new Map() };
  let turn = 0;
  const fate = (): Fate => fates[turn++ % fates.length] ?? 'works';
  const nodes = [0, 1, 2].map(() => createNode(model, s, fate));
  const failures: unknown[] = [];
  const act = async (plan: Step): Promise<void> => {
    const node = nodes[plan.node];
    if (node === undefined || node.isDead()) return;
    node.clock.advance(plan.pauseMs);
    if (plan.pauseMs > 100) node.tidy();
    live({ model, s }, node, plan).catch((failure: unknown) => failures.push(failure));
    if (plan.isFatal) node.kill();
  };
  // The steps come in order; between them anything that is under way may move.
  s.scheduleSequence(steps.map((plan) => () => act(plan)));
  await s.waitIdle();
  assert.deepEqual(failures, []);
  checkHard(model);
  checkCovered(model, nodes);
  return { model, nodes };
};

it('never spends more than the limit, whatever fails and in whatever order', async () => {
  const fates = fc.array(fc.constantFrom<Fate>('works', 'works', 'fails before', 'fails after'), {
    minLength: 1,
  });
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.array(step, { maxLength: 40 }),
    fates,
    async (s, steps, chosen) => {
      await run(s, steps, chosen);
    },
  );
  await fc.assert(property, { numRuns: 600 });
});

it('returns exactly what was not spent when every node closes', async () => {
  const peaceful = step.map((plan) => ({ ...plan, isFatal: false }));
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.array(peaceful, { maxLength: 40 }),
    async (s, steps) => {
      const { model, nodes } = await run(s, steps, ['works']);
      const closing = Promise.all(nodes.map((node) => node.close()));
      await s.waitIdle();
      await closing;
      for (const { key } of limits)
        assert.equal(model.charged.get(key) ?? 0, model.truth.get(key) ?? 0);
    },
  );
  await fc.assert(property, { numRuns: 300 });
});
