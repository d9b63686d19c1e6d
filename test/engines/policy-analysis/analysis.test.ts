/** Questions about policy sets with known answers; one solver for all of them. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createAnalysis, type Verdict } from '../../../src/engines/policy-analysis/index.ts';
import { createFakeSolver, openSolver } from '../../../src/platform/solver/index.ts';
import { policiesOf, readTestSchema } from './world.ts';

const schema = readTestSchema();
const solver = openSolver({ timeoutMs: 20_000 });
after(() => solver.close());
const analysis = createAnalysis({ schema, solve: solver.solve });

const when = (condition: string): string =>
  `permit (principal is User, action in Action::"any", resource) when { ${condition} };`;
const all = 'permit (principal, action, resource);';

const cases: readonly (readonly [string, string, Verdict['answer']])[] = [
  // What is compared, larger first.
  [all, when('true'), 'holds'],
  [when('true'), all, 'fails'],
  [when('principal.level > 3'), when('principal.level > 4'), 'holds'],
  [when('principal.level > 4'), when('principal.level > 3'), 'fails'],
  // What overflows is skipped: true for one value less than it seems.
  [when('principal.level + 1 > principal.level'), when('principal has level'), 'fails'],
  [when('principal.level - 1 < principal.level'), when('principal has level'), 'fails'],
  [when('principal.level * 2 != 3'), when('principal has level'), 'fails'],
  [when('principal.level * 2 != 3'), when('principal.level > 0 && principal.level < 9'), 'holds'],
  [
    when('context.at.offset(duration("1ms")) > context.at'),
    when('context.at > datetime("2026-01-01")'),
    'fails',
  ],
  [
    when('principal.level + 1 > principal.level'),
    when('principal.level < 9223372036854775807'),
    'holds',
  ],
  [when('-principal.level != 3'), when('principal.level == -9223372036854775807'), 'holds'],
  [when('-principal.level != 3'), when('principal.level == -9223372036854775808'), 'fails'],
  // Optional attributes: reading what is absent errs, and the policy is skipped.
  [when('context has n'), when('context.n == 3'), 'holds'],
  [when('context.n == 3'), when('context has n'), 'fails'],
  // Missing entities have no attributes, even required ones.
  [when('resource.open || !resource.open'), when('true'), 'fails'],
  // The hierarchy is reflexive, transitive and without cycles.
  [
    when('principal in Team::"t"'),
    when('principal in Team::"s" && Team::"s" in Team::"t"'),
    'holds',
  ],
  [
    when('principal in Team::"s"'),
    when('principal in Team::"t" && Team::"s" in Team::"t"'),
    'fails',
  ],
  [when('false'), when('Team::"s" in Team::"t" && Team::"t" in Team::"s"'), 'holds'],
  [when('principal in Org::"o"'), when('principal in [Team::"t", Org::"o"]'), 'fails'],
  [when('false'), when('principal in Doc::"d"'), 'holds'],
  // Enumerated entities are the declared ones.
  [
    when('context has role && (context.role == Role::"admin" || context.role == Role::"guest")'),
    when('context has role'),
    'holds',
  ],
  [when('context has role && context.role == Role::"admin"'), when('context has role'), 'fails'],
  // Sets.
  [
    when('principal.badges.containsAny(["x", "y"])'),
    when('principal.badges.containsAll(["y", "z"])'),
    'holds',
  ],
  [when('principal.badges.isEmpty()'), when('["x"].containsAll(principal.badges)'), 'fails'],
  [
    when('["x"].containsAll(principal.badges)'),
    when('principal.badges.isEmpty() || principal.badges == ["x"]'),
    'holds',
  ],
  [
    when('principal in [Team::"t", Team::"s"]'),
    when('principal in resource.readers && [Team::"s", Team::"t"].containsAll(resource.readers)'),
    'holds',
  ],
  // Texts.
  [when('context.word like "a*"'), when('context.word like "a*b*" && context has word'), 'holds'],
  [when('context.word like "*b"'), when('context.word like "a*b*"'), 'fails'],
  [when('context.word == "a*"'), when('context.word like "a\\*"'), 'holds'],
  // Extension types.
  [
    when('context.from.isInRange(ip("10.0.0.0/8"))'),
    when('context.from.isInRange(ip("10.1.0.0/16"))'),
    'holds',
  ],
  [
    when('context.from.isInRange(ip("10.1.0.0/16"))'),
    when('context.from.isInRange(ip("10.0.0.0/8"))'),
    'fails',
  ],
  [when('context.from.isIpv6()'), when('context.from == ip("::1")'), 'holds'],
  [
    when('context.cost.lessThan(decimal("1.5"))'),
    when('context.cost.lessThanOrEqual(decimal("1.4999"))'),
    'holds',
  ],
  [
    when('context.at.toTime() < duration("24h")'),
    when('context.at > datetime("2026-01-01")'),
    'holds',
  ],
  [
    when('context.at.durationSince(datetime("1970-01-01")).toDays() >= 0'),
    when('context.at >= datetime("1969-12-31")'),
    'fails',
  ],
  [
    when('context.at.durationSince(datetime("1970-01-01")).toDays() >= 0'),
    when('context.at > datetime("1969-12-31")'),
    'holds',
  ],
  // Types that never meet.
  [when('false'), when('principal.level == "1"'), 'holds'],
  [when('false'), when('principal.level < "1"'), 'holds'],
  [when('false'), when('principal.unheard == 1'), 'holds'],
  // Tags.
  [when('principal.hasTag("k")'), when('principal.getTag("k") == 1'), 'holds'],
  [when('principal.hasTag("k")'), when('principal.getTag("l") == 1'), 'fails'],
  // Forbids.
  [
    when('principal.level > 3'),
    `${when('principal.level > 0')} forbid (principal, action, resource) when { principal.level < 4 };`,
    'holds',
  ],
  [
    when('principal.level > 0'),
    `${all} forbid (principal, action, resource) when { context.n > 3 };`,
    'fails',
  ],
];

describe('subsumption', () => {
  for (const [larger, smaller, answer] of cases)
    it(`says ${answer} of ${larger} over ${smaller}`, async () => {
      const verdict = await analysis.subsumes(policiesOf(larger), policiesOf(smaller));
      assert.equal(verdict.answer, answer, JSON.stringify(verdict, show));
      if (verdict.answer === 'fails')
        assert.deepEqual(verdict.example.decisions, ['allow', 'deny']);
    });
});

const show = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}` : value;

describe('other questions', () => {
  const [two, three] = [
    policiesOf(when('principal.level > 2')),
    policiesOf(when('principal.level > 3')),
  ];

  it('shows that a set is strictly smaller, with what it no longer allows', async () => {
    const answer = await analysis.strictlySmaller(three, two);
    assert.equal(answer.isStrictlySmaller, true);
    const [user] = answer.difference?.entities ?? [];
    assert.equal(user?.attrs['level'], 3);
  });

  it('does not call a set strictly smaller than itself, nor than a smaller one', async () => {
    assert.equal((await analysis.strictlySmaller(two, two)).isStrictlySmaller, false);
    const answer = await analysis.strictlySmaller(two, three);
    assert.equal(answer.isStrictlySmaller, false);
    assert.equal(answer.subset.answer, 'fails');
  });

  it('knows equivalent sets by their decisions', async () => {
    const other = policiesOf(when('!(principal.level <= 2)'));
    assert.equal((await analysis.equivalent(two, other)).answer, 'holds');
    assert.equal((await analysis.equivalent(two, three)).answer, 'fails');
  });

  it('knows disjoint sets', async () => {
    const low = policiesOf(when('principal.level < 2'));
    assert.equal((await analysis.disjoint(two, low)).answer, 'holds');
    assert.equal((await analysis.disjoint(two, three)).answer, 'fails');
  });

  it('knows what is always and what is never allowed', async () => {
    assert.equal((await analysis.alwaysAllows(policiesOf(all))).answer, 'holds');
    assert.equal((await analysis.alwaysAllows(two)).answer, 'fails');
    const never = policiesOf(when('principal.level < 0 && principal.level > 0'));
    assert.equal((await analysis.alwaysDenies(never)).answer, 'holds');
    assert.equal((await analysis.alwaysDenies(two)).answer, 'fails');
  });

  it('finds what makes a policy err, and takes entities for granted when told so', async () => {
    const verdict = await analysis.neverErrs(two);
    assert.equal(verdict.answer, 'fails');
    const options = { schema, solve: solver.solve, entitiesExist: true };
    assert.equal((await createAnalysis(options).neverErrs(two)).answer, 'holds');
    const careful = policiesOf(when('principal has level && principal.level > 2'));
    assert.equal((await analysis.neverErrs(careful)).answer, 'holds');
  });

  it('counts a forbid that errs as a denial when told so', async () => {
    const set = policiesOf(
      `${all} forbid (principal, action, resource) when { resource.limit > 9 };`,
    );
    const closed = createAnalysis({ schema, solve: solver.solve, erringForbids: 'deny' });
    const guarded = policiesOf(when('resource has limit'));
    assert.equal(
      (await closed.disjoint(set, policiesOf(when('!(resource has limit)')))).answer,
      'holds',
    );
    assert.equal(
      (await analysis.disjoint(set, policiesOf(when('!(resource has limit)')))).answer,
      'fails',
    );
    assert.equal(
      (await closed.subsumes(guarded, policiesOf(when('resource.limit > 9')))).answer,
      'holds',
    );
  });
});

describe('what cannot be shown', () => {
  const odd = when('ip(context.word).isLoopback()');

  it('is unknown, with reason and place of the policy', async () => {
    const verdict = await analysis.subsumes(policiesOf(when('false')), policiesOf(odd));
    assert.equal(verdict.answer, 'unknown');
    const [doubt] = verdict.answer === 'unknown' ? verdict.doubts : [];
    assert.equal(doubt?.policyId, 'policy0');
    assert.match(doubt?.reason ?? '', /`ip` of a text that is not written out/);
    assert.equal(odd.slice(doubt?.span?.start, doubt?.span?.end), 'ip(context.word)');
  });

  for (const condition of [
    'context.wanted == Action::"read"',
    'context.wanted in Action::"any"',
    'context.all.contains(Action::"read")',
    'Action::"read" in context.all',
    'context.all.containsAny([context.wanted])',
  ])
    it(`claims nothing about actions that are data: ${condition}`, async () => {
      const shape = 'context: { wanted: Action, all: Set<Action> }';
      const withActions = readTestSchema(`
        entity User; action "any"; action "read" in ["any"];
        action "ask" in ["any"] appliesTo { principal: User, resource: User, ${shape} };`);
      const asked = createAnalysis({ schema: withActions, solve: solver.solve });
      const never = policiesOf(when('false'));
      const verdict = await asked.subsumes(never, policiesOf(when(condition)));
      assert.notEqual(verdict.answer, 'holds');
    });

  it('does not keep from proving what holds whatever it does', async () => {
    const verdict = await analysis.subsumes(policiesOf(`${odd} ${when('true')}`), policiesOf(odd));
    assert.equal(verdict.answer, 'holds');
  });

  for (const [what, reply] of [
    ['stopped', { failure: 'too slow' }],
    ['undecided', { output: 'unknown\n' }],
    ['refused', { output: '(error "line 1")\nunsat\n' }],
    ['wrong', { output: 'sat\n(())\n' }],
  ] as const)
    it(`is unknown when the solver is ${what}`, async () => {
      const { solve } = createFakeSolver(reply);
      const asked = createAnalysis({ schema, solve });
      const verdict = await asked.subsumes(policiesOf(when('context has n')), policiesOf(all));
      assert.equal(verdict.answer, 'unknown');
    });

  it('includes examples that our evaluator does not confirm', async () => {
    const reply = async (script: string) => {
      const terms = /\(get-value \((.*)\)\)$/.exec(script)?.[1]?.match(/\([^()]*\)|\S+/g) ?? [];
      const isBool = (term: string): boolean =>
        new RegExp(`declare-fun ${/f\d+/.exec(term)?.[0]} .* Bool`).test(script);
      return {
        output: `sat\n(${terms.map((term) => `(${term} ${isBool(term) ? 'false' : '0'})`).join('')})`,
      };
    };
    const asked = createAnalysis({ schema, solve: reply });
    const verdict = await asked.subsumes(
      policiesOf(when('false')),
      policiesOf(when('context has n')),
    );
    assert.equal(verdict.answer, 'unknown');
    const [doubt] = verdict.answer === 'unknown' ? verdict.doubts : [];
    assert.match(doubt?.reason ?? '', /is none/);
  });
});
