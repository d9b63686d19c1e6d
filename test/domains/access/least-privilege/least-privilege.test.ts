/** What is granted and unused is found, proposed to be taken away, and shown to be nothing else. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import {
  compare,
  createLeastPrivilege,
  createMemoryAccess,
  decisionAsked,
  findUnused,
  tighten,
} from '../../../../src/domains/access/index.ts';
import { createMemoryLedger } from '../../../../src/domains/ledger/index.ts';
import { fakeClock } from '../../../../src/kernel/effects.ts';
import { isRefusal, orThrow } from '../../../../src/kernel/errors.ts';
import { createMetrics } from '../../../../src/platform/metrics/index.ts';
import { createFakeSolver, openSolver } from '../../../../src/platform/solver/index.ts';
import { ask, decided, decisions, entities, files, nowMs, situationOf } from './world.ts';

const solver = openSolver({ timeoutMs: 30_000 });
after(() => solver.close());
const { solve } = solver;
const formatted = ({ type, id }: { type: string; id: string }): string => `${type}::${id}`;

describe('what is unused', () => {
  it('is told per policy, with uses and the last of them', async () => {
    const { policies, evidence } = orThrow(await findUnused(await situationOf()));
    assert.deepEqual(
      policies.map(({ policyId, uses, kept, line }) => [policyId, uses, kept, line]),
      [
        ['analysts', 5, false, 2],
        ['pilot', 0, false, 6],
        ['workers', 1, false, 9],
        ['break-glass', 0, true, 13],
        ['nothing-risky', 1, false, 17],
      ],
    );
    assert.equal(policies[0]?.lastUsedMs, nowMs - 86_400_000);
    assert.equal(policies[1]?.lastUsedMs, null);
    assert.deepEqual(
      [evidence.examined, evidence.skipped, evidence.truncated],
      [decisions.length, 0, false],
    );
  });

  it('is told per principal, action and resource', async () => {
    const { principals } = orThrow(await findUnused(await situationOf()));
    const batch = principals.find(({ principal }) => principal.id === 'batch');
    assert.deepEqual([batch?.granted, batch?.used, batch?.unused], [1, 1, []]);
    const ann = principals.find(({ principal }) => principal.id === 'ann');
    // Seven actions on two endpoints, of which one was used on one.
    assert.deepEqual([ann?.granted, ann?.used], [14, 1]);
    assert.ok(
      ann?.unused.some(({ action, resource }) => action === 'chat' && resource.id === 'digits'),
    );
  });

  it('includes memberships that no used access needs', async () => {
    const { principals } = orThrow(await findUnused(await situationOf()));
    const ben = principals.find(({ principal }) => principal.id === 'ben');
    assert.deepEqual(
      ben?.memberships.map(({ group, needed }) => [formatted(group), needed]),
      [
        ['Role::analyst', true],
        ['Role::auditor', false],
      ],
    );
  });

  it('counts who is at least privilege, without grants that are kept', async () => {
    const { kpi } = orThrow(await findUnused(await situationOf()));
    assert.deepEqual(kpi, {
      principals: 3,
      atLeastPrivilege: 1,
      share: 1 / 3,
      grants: 29,
      usedGrants: 3,
      usedShare: 3 / 29,
    });
    const nobody = await situationOf([]);
    const { kpi: none } = orThrow(await findUnused({ ...nobody, entities: [] }));
    assert.deepEqual([none.principals, none.share], [0, null]);
  });
});

describe('what is unused, at its bounds', () => {
  it('does not count what was denied when it was asked', async () => {
    const request = ask('User::ann', 'chat Endpoint::chat');
    const { policies } = orThrow(
      await findUnused(await situationOf([decided(1, 'deny', request)])),
    );
    assert.equal(policies[0]?.uses, 0);
  });

  it('says when not all could be looked at', async () => {
    const situation = await situationOf([...decisions, undefined]);
    const short = orThrow(await findUnused(situation, { limit: 3 }));
    assert.deepEqual([short.evidence.examined, short.evidence.truncated], [3, true]);
    const whole = orThrow(await findUnused(situation));
    assert.deepEqual([whole.evidence.skipped, whole.evidence.truncated], [1, false]);
    const few = orThrow(await findUnused(situation, { maxQuestions: 10 }));
    assert.equal(few.evidence.truncated, true);
  });

  it('cannot be told of policies that are invalid', async () => {
    const broken = [
      { file: 'b.cedar', text: 'permit (principal, action == Action::"x", resource);' },
    ];
    const refusal = await findUnused({ ...(await situationOf()), files: broken });
    assert.ok(isRefusal(refusal) && refusal.error.code === 'E_POLICY_INVALID');
  });
});

const expected = `// Analysts talk to the models.
@id("analysts")
permit (
  principal in Role::"analyst",
  action in [Action::"chat", Action::"embed"],
  resource == Endpoint::"chat"
);

@id("workers")
permit (principal in Role::"worker", action == Action::"infer", resource == Endpoint::"digits");
`;

describe('a proposal', () => {
  it('takes away exactly what was not used, loses nothing that was, and is proven smaller', async () => {
    const proposal = orThrow(await tighten(await situationOf(), solve));
    assert.deepEqual(
      proposal.changes.map(({ policyId, kind, details }) => [policyId, kind, ...details]),
      [
        ['analysts', 'narrowed', 'action is one of chat, embed', 'resource == Endpoint::"chat"'],
        ['pilot', 'dropped', 'used 0 times'],
      ],
    );
    assert.ok(proposal.files[0]?.text.startsWith(expected), proposal.diff);
    assert.ok(proposal.files[0]?.text.includes('break-glass'));
    assert.deepEqual(proposal.replay, { checked: 6, lost: 0, examples: [] });
    assert.equal(proposal.proof.verdict, 'strictly-smaller');
    assert.deepEqual(proposal.proof.difference?.decisions, ['allow', 'deny']);
    assert.match(proposal.diff, /^--- company\.cedar\n\+\+\+ company\.cedar\n@@ -1,10 \+1,10 @@\n/);
    assert.match(proposal.diff, /\n-\/\/ Left over from the pilot\.\n/);
  });

  it('leaves nothing to propose when it is in force', async () => {
    const situation = await situationOf();
    const { files: smaller } = orThrow(await tighten(situation, solve));
    const again = orThrow(await tighten({ ...situation, files: smaller }, solve));
    assert.deepEqual([again.changes, again.diff, again.proof.verdict], [[], '', 'equivalent']);
  });

  it('names principals where a role is wider than its use, and keeps the role', async () => {
    const situation = await situationOf(
      decisions.filter(({ request }) => request.principal.id !== 'ben'),
    );
    const { files: proposed, proof } = orThrow(await tighten(situation, solve));
    assert.match(
      proposed[0]?.text ?? '',
      /principal in Role::"analyst",[^;]*\nwhen \{ principal == User::"ann" \};/,
    );
    assert.equal(proof.verdict, 'strictly-smaller');
  });

  it('takes a group when there are too many to name', async () => {
    const situation = await situationOf(
      decisions.filter(({ request }) => request.principal.id !== 'ben'),
    );
    const { changes } = orThrow(await tighten(situation, solve, { maxListed: 0 }));
    assert.ok(
      changes[0]?.details.includes('principal in Team::"research"'),
      JSON.stringify(changes),
    );
  });
});

describe('the difference of two sets', () => {
  const sets = async (after: string) => {
    const { schema, entities: known, decisions: recorded } = await situationOf();
    return {
      before: { files, schema },
      after: { files: [{ file: 'after.cedar', text: after }], schema },
      solve,
      record: { entities: known, decisions: recorded },
    };
  };

  it('is explained by requests that become allowed and denied, made up and recorded', async () => {
    const after = `${files[0]?.text.replace('Role::"analyst"', 'Team::"research"')}
      permit (principal == User::"dora", action == Action::"ledger:read", resource);`;
    const diff = orThrow(await compare(await sets(after)));
    assert.equal(diff.verdict, 'different');
    assert.ok(
      diff.becomesAllowed.every(({ decisions: [old, now] }) => old === 'allow' && now === 'deny'),
    );
    assert.ok(diff.becomesAllowed.some(({ request }) => request.principal.id === 'dora'));
    assert.ok(diff.becomesDenied.some(({ reasons }) => reasons[0]?.includes('analysts')));
    assert.deepEqual(
      diff.recorded?.examples.map(({ request, now, after: later }) => [
        formatted(request.principal),
        now,
        later,
      ]),
      [['User::ben', 'allow', 'deny']],
    );
  });

  it('is none for sets that decide alike, however they are written', async () => {
    const after = files[0]?.text.replace('context.risk > 50', '!(context.risk <= 50)') ?? '';
    const diff = orThrow(await compare(await sets(after)));
    assert.deepEqual([diff.verdict, diff.recorded?.changed], ['equivalent', 0]);
  });

  it('is unknown where the solver is, never none', async () => {
    const after = files[0]?.text.replace('> 50', '> 60') ?? '';
    const diff = orThrow(
      await compare({ ...(await sets(after)), solve: createFakeSolver().solve }),
    );
    assert.equal(diff.verdict, 'unknown');
  });
});

describe('least privilege of a running access', () => {
  const open = async () => {
    const clock = fakeClock(nowMs);
    const ledger = createMemoryLedger(clock);
    const access = await createMemoryAccess({ entities, files, ledger, clock });
    for (const { request } of decisions)
      ledger.record(
        decisionAsked({
          request,
          decision: access.decide(request),
          timeMs: clock.nowMs(),
          service: 'test',
        }),
      );
    const metrics = createMetrics();
    return { metrics, least: createLeastPrivilege({ access, ledger, solve, clock, metrics }) };
  };

  it('reads policies, entities and the ledger itself, and shows the share as a metric', async () => {
    const { least, metrics } = await open();
    const { kpi, evidence } = orThrow(await least.unused({ fromMs: 0 }));
    assert.deepEqual([kpi.principals, kpi.atLeastPrivilege, evidence.examined], [3, 1, 8]);
    assert.match(metrics.render(), /sallyport_access_least_privilege_share 0\.333/);
    assert.match(metrics.render(), /sallyport_access_grants\{used="no"\} 26/);
  });

  it('proposes and compares without putting anything in force', async () => {
    const { least } = await open();
    const proposal = orThrow(await least.tighten({ fromMs: 0 }));
    assert.equal(proposal.proof.verdict, 'strictly-smaller');
    const diff = orThrow(await least.diff({ fromMs: 0, files: proposal.files }));
    assert.deepEqual([diff.becomesAllowed, diff.recorded?.changed], [[], 0]);
    assert.ok(diff.becomesDenied.length > 0);
  });

  it('is refused without a ledger', async () => {
    const access = await createMemoryAccess({ entities, files });
    const least = createLeastPrivilege({ access, solve, clock: fakeClock() });
    const refusal = await least.unused({ fromMs: 0 });
    assert.ok(isRefusal(refusal) && refusal.error.code === 'E_REPLAY_UNAVAILABLE');
  });
});
