/** What bounds a proposal: thresholds, what is kept, too little evidence, a solver without answer. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { tighten } from '../../../../src/domains/access/index.ts';
import { isRefusal, orThrow } from '../../../../src/kernel/errors.ts';
import { createFakeSolver, openSolver } from '../../../../src/platform/solver/index.ts';
import { ask, decided, decisions, entities, files, situationOf } from './world.ts';

const solver = openSolver({ timeoutMs: 30_000 });
after(() => solver.close());
const { solve } = solver;
const formatted = ({ type, id }: { type: string; id: string }): string => `${type}::${id}`;

describe('a proposal with limits', () => {
  it('takes few uses for none when told so, and says what is lost', async () => {
    const { changes, replay } = orThrow(await tighten(await situationOf(), solve, { minUses: 2 }));
    assert.deepEqual(
      changes.map(({ policyId, kind }) => [policyId, kind]),
      [
        ['analysts', 'narrowed'],
        ['pilot', 'dropped'],
        ['workers', 'dropped'],
      ],
    );
    assert.deepEqual(
      replay.examples.map(({ request }) => formatted(request.principal)),
      ['User::ben', 'Service::batch'],
    );
  });

  it('keeps what was used of late, and what it is told to keep', async () => {
    const options = { minUses: 2, keepMs: 7 * 86_400_000, keep: ['pilot'] };
    const { changes, replay } = orThrow(await tighten(await situationOf(), solve, options));
    assert.deepEqual(
      changes.map(({ policyId }) => policyId),
      ['analysts'],
    );
    assert.equal(replay.lost, 1);
  });

  it('never takes away the last permit to replace policies', async () => {
    const text = `@id("admins")
      permit (principal in Role::"admin", action in Action::"administer", resource);`;
    const root = { type: 'User', id: 'root' };
    const propose = async (...deeds: readonly string[]) => {
      const used = deeds.map((deed) => decided(1, 'allow', ask('User::root', deed)));
      const situation = await situationOf([...decisions, ...used]);
      const admin = { uid: root, attrs: {}, parents: [{ type: 'Role', id: 'admin' }] };
      const { leftAlone, changes } = orThrow(
        await tighten(
          {
            ...situation,
            entities: [...entities, admin],
            files: [...files, { file: 'own.cedar', text }],
          },
          solve,
        ),
      );
      return [leftAlone, changes.find(({ file }) => file === 'own.cedar')?.kind];
    };
    const reading = 'policy:read System::sallyport';
    assert.deepEqual(await propose(reading), [['admins'], undefined]);
    assert.deepEqual(await propose(reading, 'policy:update System::sallyport'), [[], 'narrowed']);
  });

  it('is refused on too little evidence', async () => {
    for (const [situation, options] of [
      [await situationOf([]), {}],
      [await situationOf([undefined]), {}],
      [await situationOf(), { limit: 3 }],
    ] as const) {
      const refusal = await tighten(situation, solve, options);
      assert.ok(isRefusal(refusal) && refusal.error.code === 'E_EVIDENCE_MISSING');
    }
  });

  it('is not called smaller when the solver cannot say', async () => {
    const { proof, replay } = orThrow(await tighten(await situationOf(), createFakeSolver().solve));
    assert.equal(proof.verdict, 'unknown');
    assert.ok(proof.doubts.length > 0);
    assert.equal(replay.lost, 0);
  });
});
