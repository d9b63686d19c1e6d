/** The routes of least privilege: guarded by policy:read, complete answers, nothing put in force. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import {
  createLeastPrivilege,
  createMemoryAccess,
  decisionAsked,
} from '../../../src/domains/access/index.ts';
import { createMemoryLedger } from '../../../src/domains/ledger/index.ts';
import { fakeClock } from '../../../src/kernel/effects.ts';
import { openSolver } from '../../../src/platform/solver/index.ts';
import { createApiWorld } from './world.ts';

const solver = openSolver({ timeoutMs: 30_000 });
after(() => solver.close());

const policies = `@id("analysts")
permit (principal in Role::"analyst", action in Action::"use", resource is Endpoint);
`;
const ann = { type: 'User', id: 'ann' };
const chat = { type: 'Endpoint', id: 'chat' };

type Answer = { readonly body: string };
/** The parts of an answer that are looked at. */
const read = ({ body }: Answer) =>
  JSON.parse(body) as {
    readonly kpi?: unknown;
    readonly files?: readonly object[];
    readonly proof?: { readonly verdict: string };
    readonly verdict?: string;
  };

const open = async (decide?: () => 'deny') => {
  const clock = fakeClock();
  const ledger = createMemoryLedger(clock);
  const access = await createMemoryAccess({
    clock,
    files: [{ file: 'p.cedar', text: policies }],
    entities: [
      { uid: ann, attrs: {}, parents: [{ type: 'Role', id: 'analyst' }] },
      { uid: chat, attrs: {}, parents: [] },
    ],
  });
  const request = { principal: ann, action: 'chat', resource: chat, context: {} };
  const decision = access.decide(request);
  ledger.record(decisionAsked({ request, decision, timeMs: clock.nowMs(), service: 'test' }));
  const leastPrivilege = createLeastPrivilege({ access, ledger, clock, solve: solver.solve });
  const world = await createApiWorld({
    ...(decide && { decide }),
    deps: { leastPrivilege, clock },
  });
  return { world, access };
};

describe('the routes of least privilege', () => {
  it('answer what is unused, what is proposed and what differs', async () => {
    const { world, access } = await open();
    const unused = await world.call('POST', '/api/v1/policies/unused', { sinceSeconds: 60 });
    assert.equal(unused.statusCode, 200, unused.body);
    assert.deepEqual(read(unused).kpi, {
      principals: 1,
      atLeastPrivilege: 0,
      share: 0,
      grants: 7,
      usedGrants: 1,
      usedShare: 1 / 7,
    });
    const body = { sinceSeconds: 60, maxListed: 3 };
    const tightened = await world.call('POST', '/api/v1/policies/tighten', body);
    assert.equal(tightened.statusCode, 200, tightened.body);
    const { files, proof } = read(tightened);
    assert.equal(proof?.verdict, 'strictly-smaller');
    const diff = await world.call('POST', '/api/v1/policies/diff', { sinceSeconds: 60, files });
    assert.equal(diff.statusCode, 200, diff.body);
    assert.equal(read(diff).verdict, 'different');
    assert.equal(access.policies.list().version, 0);
  });

  it('are refused to who may not read policies', async () => {
    const { world } = await open(() => 'deny');
    for (const verb of ['unused', 'tighten']) {
      const answer = await world.call('POST', `/api/v1/policies/${verb}`, { sinceSeconds: 60 });
      assert.equal(answer.statusCode, 403);
    }
  });

  it('refuse bodies they do not know, and to propose without evidence', async () => {
    const { world } = await open();
    for (const body of [{}, { sinceSeconds: 0 }, { sinceSeconds: 60, apply: true }]) {
      const answer = await world.call('POST', '/api/v1/policies/tighten', body);
      assert.equal(answer.statusCode, 400, answer.body);
    }
    const body = { sinceSeconds: 60, limit: 1, minUses: 1 };
    assert.equal((await world.call('POST', '/api/v1/policies/tighten', body)).statusCode, 200);
  });
});
