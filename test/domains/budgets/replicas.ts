/** What several nodes on one store promise together; run on every kind of store. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Budgets, Limit } from '../../../src/domains/budgets/index.ts';
import type { BudgetTables } from '../../../src/domains/budgets/schema.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import { actor, ask, granted, refused, tenant, type World } from './world.ts';

export type ReplicaStage = {
  readonly open: () => Promise<{ readonly world: World; readonly dispose: () => Promise<void> }>;
  readonly skip?: string | false;
};

const parallel = 64;
const nodeNames = ['a', 'b', 'c', 'd'];

type Play = {
  readonly world: World;
  readonly nodes: readonly Budgets[];
  readonly principal: string;
};

const checkBooks = async (world: World): Promise<void> => {
  const db = world.storage.database<BudgetTables>();
  const accounts = await db.selectFrom('budget_accounts').selectAll().execute();
  const leases = await db
    .selectFrom('budget_leases')
    .select(['account', 'window_start_ms'])
    .select(({ fn }) => [
      fn.sum<number>('leased').as('leased'),
      fn.sum<number>('spent').as('spent'),
    ])
    .groupBy(['account', 'window_start_ms'])
    .execute();
  const sums = new Map(leases.map((row) => [`${row.account}\n${row.window_start_ms}`, row]));
  for (const { account, window_start_ms, charged } of accounts) {
    const sum = sums.get(`${account}\n${window_start_ms}`);
    assert.equal(sum?.leased, charged, 'the leases of an account make up its charge');
    assert.ok((sum?.spent ?? 0) <= charged);
  }
};

const limitsOf = (principal: string, amount: number): readonly Limit[] =>
  (['hour', 'minute'] as const).map((window) => ({
    scope: { kind: 'principal', id: principal },
    measure: 'tokens',
    window,
    amount: window === 'hour' ? amount : amount + 50,
  }));

/** A limit set on one node is known to the others a moment later. */
const everyoneKnows = async (
  world: World,
  nodes: readonly Budgets[],
  principal: string,
): Promise<void> => {
  for (let i = 0; i < 100; i++) {
    await world.housekeep();
    const scope = { kind: 'principal', id: principal } as const;
    const usages = await Promise.all(nodes.map((node) => node.usage(tenant, scope)));
    if (usages.every(({ length }) => length === 2)) return;
  }
  assert.fail('the limits did not reach every node');
};

export const replicasContract = (name: string, stage: ReplicaStage): void => {
  const play = (amount: number, act: (play: Play) => Promise<void>) => async () => {
    const { world, dispose } = await stage.open();
    const principal = `p-${randomBytes(6).toString('hex')}`;
    const nodes = await Promise.all(nodeNames.map((node) => world.start(node)));
    try {
      for (const limit of limitsOf(principal, amount)) await nodes[0]?.setLimit(actor, limit);
      await everyoneKnows(world, nodes, principal);
      await act({ world, nodes, principal });
      await Promise.all(nodes.map((node) => node.close()));
      await checkBooks(world);
    } finally {
      await world.close();
      await dispose();
    }
  };
  describe(`several nodes on ${name}`, { skip: stage.skip ?? false }, () => {
    it('never admit more than the limit to parallel requests', play(1000, neverMore));
    it('admit everything that fits in the end', play(1000, everythingThatFits));
    it('keep a dead node charged, and refuse what it may have spent', play(300, deadNode));
  });
};

const neverMore = async ({ nodes, principal }: Play): Promise<void> => {
  const asks = nodes.flatMap((node) =>
    Array.from({ length: parallel }, () => ask(node, { principal, amounts: { tokens: 7 } })),
  );
  const verdicts = await Promise.all(asks);
  const admitted = verdicts.filter((verdict) => !isRefusal(verdict)).length;
  assert.ok(admitted * 7 <= 1000, `${admitted} times 7 of 1000`);
  assert.ok(admitted * 7 >= 500, `${admitted} times 7 of 1000`);
  const codes = new Set(verdicts.map((verdict) => (isRefusal(verdict) ? verdict.error.code : '')));
  assert.ok(!codes.has('E_BUDGETS_UNAVAILABLE'));
};

const everythingThatFits = async ({ world, nodes, principal }: Play): Promise<void> => {
  let spent = 0;
  // While one node holds a lease another may be refused, so nodes ask until nobody gets anything.
  for (let round = 0, idle = 0; round < 60 && idle < 5; round++) {
    const before = spent;
    const asks = nodes.map((node) => ask(node, { principal, amounts: { tokens: 100 } }));
    for (const verdict of await Promise.all(asks)) {
      if (isRefusal(verdict)) continue;
      verdict.dispatched();
      verdict.settle({ tokens: 50 });
      spent += 50;
    }
    world.clock.advance(300);
    await world.housekeep();
    idle = spent === before ? idle + 1 : 0;
  }
  assert.equal(spent, 950);
  const usage = await nodes[0]?.usage(tenant, { kind: 'principal', id: principal });
  assert.deepEqual(
    usage?.map(({ charged }) => charged),
    [950, 950],
  );
};

const deadNode = async ({ world, nodes, principal }: Play): Promise<void> => {
  const dead = await world.start('dead');
  const reservation = await granted(dead, { principal, amounts: { tokens: 200 } });
  reservation.dispatched();
  const [alive] = nodes;
  if (alive === undefined) return;
  await refused(alive, { principal, amounts: { tokens: 101 } });
  await granted(alive, { principal, amounts: { tokens: 100 } });
  const before = world.log.entries.length;
  const reborn = await world.start('dead');
  const told = world.log.entries.slice(before).map(({ message }) => message);
  assert.match(told.join(), /stay charged/);
  await refused(reborn, { principal, amounts: { tokens: 1 } });
  await reborn.close();
};
