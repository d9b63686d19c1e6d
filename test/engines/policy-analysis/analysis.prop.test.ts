/** No verdict is ever contradicted by a decision, whatever the policies say. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { createEntityStore, createPolicyStore } from '../../../src/engines/cedar/index.ts';
import { createAnalysis, type Verdict } from '../../../src/engines/policy-analysis/index.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import { openSolver } from '../../../src/platform/solver/index.ts';
import { policiesOf, readTestSchema, requests, worlds } from './world.ts';

const pick = (...texts: readonly string[]) => fc.constantFrom(...texts);

const entity = pick(
  'principal',
  'resource',
  'action',
  'User::"a"',
  'Team::"t"',
  'Org::"o"',
  'Doc::"d"',
  'Role::"admin"',
  'context.role',
  'principal.boss',
  'resource.owner',
  'Action::"any"',
  'principal.boss.boss',
  '(if resource.open then resource.owner else principal)',
);
const long = pick(
  '0',
  '3',
  '9223372036854775807',
  'principal.level',
  'resource.limit',
  'context.n',
  'principal.level + 1',
  'context.n * 2',
  '-context.n',
  'principal.level - resource.limit',
  'principal.getTag("k")',
  'principal.home.floor',
  'principal.boss.level',
  '(if resource.open then 1 else principal.level)',
  'context.at.toTime().toHours()',
);
const string = pick('""', '"ann"', '"x"', 'principal.name', 'context.word', 'principal.home.zone');
const set = pick(
  '["x", "y"]',
  'principal.badges',
  'context.words',
  '[principal.name]',
  '["ann"]',
  '(if resource.open then context.words else ["x"])',
);
const group = pick('resource.readers', '[Team::"t", Team::"s"]', 'Team::"t"', 'Org::"o"', '[]');

const two = (left: fc.Arbitrary<string>, operators: fc.Arbitrary<string>, right = left) =>
  fc.tuple(left, operators, right).map((parts) => `(${parts.join(' ')})`);
const method = (
  left: fc.Arbitrary<string>,
  name: fc.Arbitrary<string>,
  right: fc.Arbitrary<string>,
) => fc.tuple(left, name, right).map(([a, b, c]) => `(${a}).${b}(${c})`);

const mixed = fc.oneof(entity, long, string, set);
const atom = fc.oneof(
  pick('true', 'resource.open', 'context has n', 'context has role', 'principal has boss'),
  pick(
    'principal has boss.name',
    'principal has home.floor',
    'context has from',
    'resource has owner',
  ),
  pick('principal.hasTag("k")', 'context has word', 'context has at', 'principal has badges'),
  pick(
    'principal is User',
    'resource is Doc in Org::"o"',
    'principal.nothing',
    'principal has nothing',
  ),
  pick(
    'context.from.isInRange(ip("10.0.0.0/8"))',
    'context.from.isLoopback()',
    'context.from.isIpv4()',
  ),
  pick('context.from == ip("10.1.0.0/16")', 'context.cost.lessThan(decimal("1.0"))'),
  pick('context.at < datetime("2026-06-01")', 'context.at.toDate() == datetime("2026-01-01")'),
  pick('context.at.offset(duration("1h")) > context.at', 'principal.badges.isEmpty()'),
  pick('principal.home == {zone: "eu"}', 'context.words == ["x", "ann"]', 'context == {}'),
  two(entity, pick('==', '!=')),
  two(entity, pick('in'), entity),
  two(entity, pick('in'), group),
  two(long, pick('==', '<', '<=', '>', '>=')),
  two(string, pick('==')),
  two(mixed, pick('==', '<', 'in')),
  fc
    .tuple(string, pick('x*', '*n', 'a*n', '*', 'eu-*', 'x\\*y', '*n*'))
    .map(([a, b]) => `(${a}) like "${b}"`),
  method(set, pick('contains'), fc.oneof(string, long)),
  method(set, pick('containsAll', 'containsAny'), set),
);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    two(tie('condition'), pick('&&', '&&', '||')),
    tie('condition').map((inner) => `!(${inner})`),
    fc
      .tuple(tie('condition'), tie('condition'), tie('condition'))
      .map(([a, b, c]) => `(if ${a} then ${b} else ${c})`),
  ),
}));
const scope = pick(
  'principal, action, resource',
  'principal, action in Action::"any", resource',
  'principal in Team::"t", action, resource',
  'principal is User, action == Action::"read", resource',
  'principal == User::"a", action, resource is Doc',
  'principal, action, resource in Org::"o"',
);
const policy = fc
  .tuple(pick('permit', 'permit', 'forbid'), scope, pick('when', 'when', 'unless'), condition)
  .map(([effect, where, kind, body]) => `${effect} (${where}) ${kind} { ${body} };`);
const base = fc.array(policy, { minLength: 1, maxLength: 2 }).map((list) => list.join('\n'));
/** Sets that have much in common: independent ones are seldom below each other. */
const sets = fc.tuple(base, policy, pick('more', 'same', 'other')).map(([first, extra, kind]) => {
  if (kind === 'more') return [first, `${first}\n${extra}`] as const;
  return kind === 'same' ? ([first, first] as const) : ([first, extra] as const);
});

const schema = readTestSchema();
const stores = worlds.map((entities) => {
  const store = createEntityStore({ entities, schema });
  assert.ok(!isRefusal(store));
  return store;
});

type Decided = { readonly allows: boolean; readonly errs: boolean };
const decideAll = (text: string): readonly Decided[] => {
  const policies = createPolicyStore({ policies: text, schema, validate: false });
  return stores.flatMap((store) =>
    requests.map((request) => {
      const { decision, errors } = policies.decide(request as never, store);
      return { allows: decision === 'allow', errs: errors.length > 0 };
    }),
  );
};

describe('verdicts over random policies', () => {
  const solver = openSolver({ timeoutMs: 20_000 });
  after(() => solver.close());
  const analysis = createAnalysis({ schema, solve: solver.solve });
  const tally = { holds: 0, fails: 0, unknown: 0 };

  const check = (verdict: Verdict, isContradicted: boolean, what: string): void => {
    tally[verdict.answer]++;
    assert.ok(!(verdict.answer === 'holds' && isContradicted), `${what} was claimed in vain`);
  };

  it('are never contradicted by decisions, and are seldom missing', async () => {
    await fc.assert(
      fc.asyncProperty(sets, async ([left, right]) => {
        const [first, second] = [policiesOf(left), policiesOf(right)];
        const [mine, other] = [decideAll(left), decideAll(right)];
        const some = (test: (a: Decided, b: Decided) => boolean): boolean =>
          mine.some((decided, at) => test(decided, other[at] as Decided));
        const { subsumes, equivalent, disjoint, neverErrs } = analysis;
        check(
          await subsumes(first, second),
          some((a, b) => b.allows && !a.allows),
          'subsumes',
        );
        check(
          await equivalent(first, second),
          some((a, b) => a.allows !== b.allows),
          'equivalent',
        );
        check(
          await disjoint(first, second),
          some((a, b) => a.allows && b.allows),
          'disjoint',
        );
        check(
          await neverErrs(second),
          some((_a, b) => b.errs),
          'neverErrs',
        );
        check(
          await analysis.alwaysDenies(first),
          some((a) => a.allows),
          'alwaysDenies',
        );
        check(
          await analysis.alwaysAllows(first),
          some((a) => !a.allows),
          'alwaysAllows',
        );
      }),
      { numRuns: 30 },
    );
    const total = tally.holds + tally.fails + tally.unknown;
    assert.ok(tally.holds > 0 && tally.fails > 0, JSON.stringify(tally));
    assert.ok(tally.unknown < total / 4, JSON.stringify(tally));
  });
});
