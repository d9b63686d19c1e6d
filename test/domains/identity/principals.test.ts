/** Principals: created once, known to the authorization graph, listed in pages. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NewPrincipal } from '../../../src/domains/identity/index.ts';
import { kernelErrors, isRefusal, orThrow, refuse } from '../../../src/kernel/errors.ts';
import { parseSpiffeId } from '../../../src/kernel/ids.ts';
import {
  actor,
  addService,
  createFakeAccess,
  openHarness,
  principalId,
  spiffe,
} from './harness.ts';

const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.error.code : 'accepted');
const alice: NewPrincipal = { type: 'User', id: principalId('alice'), name: 'Alice Example' };

describe('principals', () => {
  it('get an entity with their roles and teams', async () => {
    await using harness = await openHarness();
    const wish = { ...alice, roles: ['operator'], teams: ['vision'], spiffeId: spiffe('/alice') };
    const created = orThrow(await harness.identity.createPrincipal(actor, wish));
    assert.equal(created.disabled, false);
    assert.deepEqual(orThrow(await harness.identity.getPrincipal(created.id)), created);
    assert.deepEqual(harness.access.getEntity({ type: 'User', id: 'alice' }), {
      uid: { type: 'User', id: 'alice' },
      attrs: { tenant: 'default', disabled: false, spiffeId: spiffe('/alice') },
      parents: [
        { type: 'Role', id: 'operator' },
        { type: 'Team', id: 'vision' },
      ],
    });
  });

  it('get an id when they bring none', async () => {
    await using harness = await openHarness();
    const wish: NewPrincipal = { type: 'Agent', name: 'helper' };
    const { id } = orThrow(await harness.identity.createPrincipal(actor, wish));
    assert.match(id, /^agent-[0-9a-f]{20}$/);
  });

  it('are refused when anything about them is wrong', async () => {
    await using harness = await openHarness();
    const foreign = orThrow(parseSpiffeId('spiffe://other.example/a'));
    const cases: readonly (readonly [string, object])[] = [
      ['E_IDENTITY_REQUEST', { type: 'Device' }],
      ['E_IDENTITY_REQUEST', { name: '' }],
      ['E_IDENTITY_REQUEST', { name: 'a\nb' }],
      ['E_IDENTITY_REQUEST', { name: 'x'.repeat(257) }],
      ['E_IDENTITY_REQUEST', { name: '\ud800' }],
      ['E_IDENTITY_REQUEST', { roles: [''] }],
      ['E_IDENTITY_REQUEST', { teams: Array<string>(65).fill('t') }],
      ['E_IDENTITY_REQUEST', { spiffeId: foreign }],
      ['E_IDENTITY_REQUEST', { spiffeId: spiffe('') }],
      ['E_IDENTITY_REQUEST', { spiffeId: spiffe('/sallyport') }],
      ['E_IDENTITY_REQUEST', { spiffeId: spiffe('/sallyport/gateway') }],
      ['accepted', {}],
      ['E_PRINCIPAL_EXISTS', {}],
      ['E_PRINCIPAL_EXISTS', { type: 'Service' }],
    ];
    for (const [expected, changes] of cases) {
      const answer = await harness.identity.createPrincipal(actor, { ...alice, ...changes });
      assert.equal(codeOf(answer), expected, JSON.stringify(changes));
    }
  });

  it('share no SPIFFE ID, whoever comes first', async () => {
    await using harness = await openHarness();
    const replica = await harness.openReplica();
    const wish = (id: string): NewPrincipal => ({
      type: 'Service',
      id: principalId(id),
      name: id,
      spiffeId: spiffe('/shared'),
      roles: [id],
    });
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((id, i) =>
        (i % 2 === 0 ? harness.identity : replica).createPrincipal(actor, wish(id)),
      ),
    );
    assert.deepEqual(answers.map(codeOf).toSorted(), [
      ...Array<string>(3).fill('E_PRINCIPAL_EXISTS'),
      'accepted',
    ]);
    assert.equal(harness.access.entities.length, 1);
  });
});

describe('principals that are not quite made', () => {
  it('do not exist when the graph refuses their entity', async () => {
    const access = createFakeAccess();
    await using harness = await openHarness({
      access: { ...access, putEntity: async () => refuse(kernelErrors.E_MALFORMED, 'no') },
    });
    assert.equal(codeOf(await harness.identity.createPrincipal(actor, alice)), 'E_MALFORMED');
    const found = await harness.identity.getPrincipal(principalId('alice'));
    assert.equal(codeOf(found), 'E_PRINCIPAL_NOT_FOUND');
    assert.equal(harness.ledger.events.at(-1)?.ocsf.metadata.event_code, 'identity.change-failed');
  });

  it('left half-made by a crash are nobody, and can be made again a minute later', async () => {
    const access = createFakeAccess();
    const state = { isCrashing: true };
    await using harness = await openHarness({
      access: {
        ...access,
        putEntity: async (entity) => {
          if (state.isCrashing) throw new Error('crash');
          return access.putEntity(entity);
        },
      },
    });
    await assert.rejects(harness.identity.createPrincipal(actor, alice), /crash/);
    state.isCrashing = false;
    const half = orThrow(await harness.identity.getPrincipal(principalId('alice')));
    assert.equal(half.disabled, true);
    assert.equal(
      codeOf(await harness.identity.createPrincipal(actor, alice)),
      'E_PRINCIPAL_EXISTS',
    );
    harness.clock.advance(60_001);
    await harness.identity.refresh();
    assert.equal(codeOf(await harness.identity.createPrincipal(actor, alice)), 'accepted');
  });

  it('leave no role behind for whoever is made under their id later', async () => {
    await using harness = await openHarness();
    const role = { type: 'Role', id: 'admin' };
    const uid = { type: 'User', id: 'alice' };
    await harness.access.putEntity({ uid, attrs: {}, parents: [role] });
    orThrow(await harness.identity.createPrincipal(actor, { ...alice, roles: ['viewer'] }));
    assert.equal(harness.access.isIn(uid, role), false);
  });
});

describe('the list of principals', () => {
  it('comes in order, page by page', async () => {
    await using harness = await openHarness();
    for (const name of ['c', 'a', 'e', 'b', 'd']) await addService(harness, name);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await harness.identity.listPrincipals({
        limit: 2,
        ...(after === undefined ? {} : { after }),
      });
      assert.ok(page.principals.length <= 2);
      seen.push(...page.principals.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    assert.deepEqual(seen, ['a', 'b', 'c', 'd', 'e']);
  });
});
