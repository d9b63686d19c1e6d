/** Deciding is closed by default, cached by exactly what matters, and never throws. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AccessRequest,
  createMemoryAccess,
  datetimeValue,
} from '../../../src/domains/access/index.ts';
import { createAccessState } from '../../../src/domains/access/access-state.ts';
import { assembleAccess } from '../../../src/domains/access/create-access.ts';
import { createMemoryStore } from '../../../src/domains/access/fake.ts';
import { compilePolicies } from '../../../src/domains/access/policy-state.ts';
import { fakeClock } from '../../../src/kernel/effects.ts';
import { admin, ask, entities, permitAll } from './world.ts';

const infer = (context: AccessRequest['context'] = {}) =>
  ask('Agent::helper', 'infer Endpoint::digits', context);
const file = (text: string) => [{ file: 'p.cedar', text }];

describe('closed by default', () => {
  it('denies everything while the policies are invalid, with a clear code', async () => {
    const access = await createMemoryAccess({ files: file('permit (principal, action, resource') });
    const { decision, errors } = access.decide(ask('User::root', 'system:admin System::sallyport'));
    assert.equal(decision, 'deny');
    assert.match(errors[0]?.message ?? '', /^E_POLICY_INVALID: /);
    assert.equal(access.policies.list().problems[0]?.file, 'p.cedar');
    assert.deepEqual(access.policies.list().policyIds, []);
  });

  it('recovers when valid policies are put in force', async () => {
    const access = await createMemoryAccess({ files: file('nonsense') });
    await access.policies.replace({ files: permitAll, actor: admin });
    assert.equal(access.decide(infer()).decision, 'allow');
  });

  it('denies everything when changes could not be read for too long', async () => {
    const clock = fakeClock();
    const store = createMemoryStore();
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const origin = { source: 'default', version: 0, files: permitAll, schema: '' } as const;
    const state = createAccessState({ store, clock, log, policies: compilePolicies(origin) });
    const access = await assembleAccess({
      state,
      clock,
      log,
      pollMs: 60_000,
      staleAfterMs: 30_000,
    });
    clock.advance(30_000);
    assert.equal(access.decide(infer()).decision, 'allow');
    clock.advance(1);
    const { decision, errors } = access.decide(infer());
    assert.equal(decision, 'deny');
    assert.match(errors[0]?.message ?? '', /^E_ACCESS_STALE: /);
    assert.equal(access.explain(infer()).decision.decision, 'deny');
    await access.refresh();
    assert.equal(access.decide(infer()).decision, 'allow');
    await access.close();
  });

  it('counts a prohibition that cannot be evaluated as one that matched', async () => {
    const text = `permit (principal, action, resource);
      @id("no-risk") forbid (principal, action, resource) when { context has risk && context.risk > 50 };`;
    const access = await createMemoryAccess({ files: file(text) });
    assert.equal(access.decide(infer()).decision, 'allow');
    assert.equal(access.decide(infer({ risk: 51 })).decision, 'deny');
    const blind = access.decide(infer({ risk: 'high' }));
    assert.equal(blind.decision, 'deny');
    assert.deepEqual(blind.reasons, [{ policyId: 'no-risk', line: 2, file: 'p.cedar' }]);
    assert.equal(blind.errors[0]?.policyId, 'no-risk');
    const outcomes = access.explain(infer({ risk: 'high' })).policies.map(({ outcome }) => outcome);
    assert.deepEqual(outcomes, ['matched', 'determining']);
  });

  const malformed: readonly unknown[] = [
    {},
    { ...infer(), principal: null },
    { ...infer(), principal: { type: 'User', id: 7 } },
    { ...infer(), action: 7 },
    { ...infer(), resource: { type: 'End point', id: 'digits' } },
    { ...infer(), context: undefined },
    { ...infer(), context: [] },
    { ...infer(), context: { tenant: '\ud800' } },
    { ...infer(), claims: { principal: { tenant: '\ud800' } } },
  ];
  for (const [i, request] of malformed.entries())
    it(`denies malformed questions without throwing (${i})`, async () => {
      const files = file(
        'permit (principal, action, resource) when { principal has tenant && context has tenant };',
      );
      const access = await createMemoryAccess({ files });
      assert.equal(access.decide(request as AccessRequest).decision, 'deny');
      assert.equal(access.explain(request as AccessRequest).decision.decision, 'deny');
    });
});

describe('the decision cache', () => {
  it('answers the same question with the same object until something changes', async () => {
    const access = await createMemoryAccess({ entities });
    const first = access.decide(infer({ risk: 1 }));
    assert.equal(access.decide(infer({ risk: 2, time: datetimeValue(0) })), first);
    await access.putEntity({ uid: { type: 'Team', id: 'new' }, attrs: {}, parents: [] });
    assert.notEqual(access.decide(infer({ risk: 1 })), first);
  });

  it('keeps apart what the policies read, and only that', async () => {
    const files = file(`permit (principal, action == Action::"infer", resource)
      when { context has network && context.network has zone && context.network.zone == "a" };`);
    const access = await createMemoryAccess({ files });
    const zone = (name: string, time: number) =>
      access.decide(infer({ network: { zone: name }, time: datetimeValue(time) }));
    assert.equal(zone('a', 1).decision, 'allow');
    assert.equal(zone('a', 1), zone('a', 2));
    assert.equal(zone('b', 1).decision, 'deny');
    assert.equal(access.decide(infer()).decision, 'deny');
    assert.equal(access.decide(infer({ network: {} })).decision, 'deny');
  });

  it('decides anew each moment when the policies read the time', async () => {
    const files = file(`permit (principal, action, resource)
      when { context has time && context.time < datetime("2026-01-01T00:00:01Z") };`);
    const access = await createMemoryAccess({ files });
    const at = (ms: number) =>
      access.decide(infer({ time: datetimeValue(Date.UTC(2026, 0, 1) + ms) }));
    assert.equal(at(999).decision, 'allow');
    assert.equal(at(1000).decision, 'deny');
    for (let ms = 0; ms < 100; ms++) assert.equal(at(ms).decision, 'allow');
  });

  it('is cleared by grants taken away, memberships lost and policies replaced', async () => {
    const access = await createMemoryAccess({ entities });
    const helper = { type: 'Agent', id: 'helper' };
    const decision = () => access.decide(infer()).decision;
    assert.equal(decision(), 'allow');
    await access.putEntity({ uid: helper, attrs: {}, parents: [] });
    assert.equal(decision(), 'deny');
    await access.putEntity({ uid: helper, attrs: {}, parents: [{ type: 'Role', id: 'analyst' }] });
    assert.equal(decision(), 'allow');
    await access.removeEntity({ type: 'Endpoint', id: 'digits' });
    assert.equal(decision(), 'deny');
    await access.policies.replace({ files: permitAll, actor: admin });
    assert.equal(decision(), 'allow');
  });

  it('does not confuse questions whose parts run into each other', async () => {
    const files = file('permit (principal == User::"ab", action == Action::"infer", resource);');
    const access = await createMemoryAccess({ files });
    assert.equal(access.decide(ask('User::ab', 'infer Endpoint::c')).decision, 'allow');
    assert.equal(access.decide(ask('User::a', 'binfer Endpoint::c')).decision, 'deny');
    assert.equal(access.decide(ask('User::abi', 'nfer Endpoint::c')).decision, 'deny');
  });
});

describe('claims', () => {
  const files =
    file(`permit (principal, action, resource) when { resource has mode && resource.mode == "shadow" };
    forbid (principal, action, resource) when { principal has disabled && principal.disabled };`);

  it('add what the graph does not know, for one question', async () => {
    const access = await createMemoryAccess({ files, entities });
    assert.equal(
      access.decide({ ...infer(), claims: { resource: { mode: 'shadow' } } }).decision,
      'allow',
    );
    assert.equal(access.decide(infer()).decision, 'deny');
  });

  it('never override what the graph knows', async () => {
    const access = await createMemoryAccess({ files, entities });
    const claims = { principal: { disabled: false }, resource: { mode: 'shadow' } };
    const gone = ask('User::gone', 'infer Endpoint::digits');
    assert.equal(access.decide({ ...gone, claims }).decision, 'deny');
  });
});
