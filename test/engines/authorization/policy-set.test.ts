/** What a policy set promises beyond Cedar: ids, places, obligations, exact integers, hostile text. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CedarValue,
  createPolicySet,
  datetimeValue,
  type Entity,
  entityValue,
  ipValue,
  type PolicyRequest,
  type PolicySetOptions,
  validatePolicies,
} from '../../../src/engines/authorization/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';

const alice = { type: 'User', id: 'alice' };
const report = { type: 'Doc', id: 'report' };
const ask = (context: Record<string, CedarValue> = {}, id = 'read'): PolicyRequest => ({
  principal: alice,
  action: { type: 'Action', id },
  resource: report,
  context,
});
const setOf = (policies: PolicySetOptions['policies']) => orThrow(createPolicySet({ policies }));
const problemsOf = (text: string) => {
  const refusal = createPolicySet({ policies: [{ file: 'a.cedar', text }] });
  assert.ok(isRefusal(refusal), 'expected a refusal');
  assert.equal(refusal.error.code, 'E_POLICY_INVALID');
  return refusal.data.problems as ReturnType<typeof validatePolicies>;
};

describe('reasons', () => {
  it('name policies by @id or by their number over all files, with file and line', () => {
    const set = setOf([
      { file: 'one.cedar', text: '// "permit(;\npermit (principal, action, resource);' },
      {
        file: 'two.cedar',
        text: '\r\n@id("named")\n@note("a;b")\npermit (principal, action, resource);\n\n\npermit(principal,action,resource) when { "//;" == "//;" };',
      },
    ]);
    assert.deepEqual(set.decide(ask(), []).reasons, [
      { policyId: 'policy0', line: 2, file: 'one.cedar' },
      { policyId: 'named', line: 2, file: 'two.cedar' },
      { policyId: 'policy2', line: 7, file: 'two.cedar' },
    ]);
  });

  it('keep the numbers of source order beyond ten policies', () => {
    const policies = Array.from(
      { length: 12 },
      (_, i) => `permit (principal, action == Action::"a${i}", resource);`,
    );
    const { reasons } = setOf(policies.join('\n')).decide(ask({}, 'a10'), []);
    assert.deepEqual(reasons, [{ policyId: 'policy10', line: 11 }]);
  });

  it('of a denial are the forbids that matched, and only they', () => {
    const set = setOf(
      'permit (principal, action, resource);\nforbid (principal, action, resource) when { context.n > 1 };\nforbid (principal == User::"alice", action, resource);',
    );
    const answer = set.decide(ask({ n: 2 }), []);
    assert.equal(answer.decision, 'deny');
    assert.deepEqual(
      answer.reasons.map(({ policyId }) => policyId),
      ['policy1', 'policy2'],
    );
    assert.deepEqual(answer.obligations, []);
  });
});

describe('obligations', () => {
  const set = setOf(
    `@obligations("audit:strict, redact:pii")
     permit (principal, action, resource) when { context.a };
     @obligations("redact:pii, round_scores:2")
     permit (principal, action, resource) when { context.b };
     @obligations("notify")
     forbid (principal, action, resource) when { context has c };`,
  );
  const cases = [
    { context: { a: true, b: false }, names: ['audit', 'redact'] },
    { context: { a: true, b: true }, names: ['audit', 'redact', 'round_scores'] },
    { context: { a: false, b: false }, names: [] },
    { context: { a: true, b: true, c: 1 }, names: ['notify'] },
  ];
  for (const { context, names } of cases)
    it(`of the determining policies are united: ${JSON.stringify(context)}`, () => {
      const { obligations } = set.decide(ask(context), []);
      assert.deepEqual(
        obligations.map(({ name }) => name),
        names,
      );
    });

  it('that are malformed keep the set from being used', () => {
    const [problem] = problemsOf('\n@obligations("Redact")permit(principal,action,resource);');
    assert.equal(problem?.line, 2);
    assert.match(problem?.message ?? '', /Redact/);
  });
});

describe('values', () => {
  it('keep every digit of 64-bit integers', () => {
    const set = setOf(
      'permit (principal, action, resource) when { context.n == 9223372036854775807 };\npermit (principal, action, resource) when { principal.n + 1 == -9007199254740992 };',
    );
    const entities: Entity[] = [{ uid: alice, attrs: { n: -9007199254740993n }, parents: [] }];
    const { reasons } = set.decide(ask({ n: 9223372036854775807n }), entities);
    assert.equal(reasons.length, 2);
    assert.equal(set.decide(ask({ n: 9223372036854775806n }), []).decision, 'deny');
  });

  it('of extension types are made by helpers', () => {
    const set = setOf(
      'permit (principal, action, resource) when { context.peer.isInRange(ip("10.0.0.0/8")) && context.at < datetime("2026-01-02") && context.who == User::"alice" };',
    );
    const context = {
      peer: ipValue('10.1.2.3'),
      at: datetimeValue(Date.UTC(2026, 0, 1, 12)),
      who: entityValue(alice),
    };
    assert.equal(set.decide(ask(context), []).decision, 'allow');
  });

  const set = setOf('permit (principal, action, resource) when { context.x == 1 };');
  let deep: unknown = 1;
  for (let i = 0; i < 5000; i++) deep = { a: deep };
  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ['a fraction', 1.5, /not an integer/],
    ['an integer that lost digits', 2 ** 60, /lost digits/],
    ['an integer over 64 bits', 2n ** 63n, /64 bits/],
    ['null', null, /null/],
    ['a lone surrogate', '\ud800', /surrogate/],
    ['a lone surrogate in a key', { '\udc00': 1 }, /surrogate/],
    ['deep nesting', deep, /nest/],
    ['too many values', Array.from({ length: 30_000 }, () => 1), /more than/],
    ['a function', () => 1, /function/],
    ['a malformed extension value', { __extn: { fn: 'ip', arg: 'not an address' } }, /ip/],
    [
      'a malformed entity value',
      { __entity: { type: 'a b', id: 'x' } },
      /__entity|unexpected|not the name of an entity type/,
    ],
  ];
  for (const [what, x, message] of refused)
    it(`are checked before the call: ${what} is denied with an error`, () => {
      const answer = set.decide(ask({ x: x as CedarValue }), []);
      assert.equal(answer.decision, 'deny');
      assert.equal(answer.errors[0]?.policyId, '');
      assert.match(answer.errors[0]?.message ?? '', message);
      assert.equal(set.decide(ask({ x: 1 }), []).decision, 'allow');
    });
});

describe('a request that is malformed', () => {
  const set = setOf('permit (principal, action, resource);');
  const bad: readonly unknown[] = [
    { ...ask(), principal: { type: 'User x', id: 'a' } },
    { ...ask(), principal: { type: 'in', id: 'a' } },
    { ...ask(), principal: { type: 'A::', id: 'a' } },
    { ...ask(), principal: { type: 'User', id: '\ud800' } },
    { ...ask(), resource: { type: 'User', id: 'a'.repeat(10_000) } },
    { ...ask(), action: undefined },
    { ...ask(), action: 'read' },
    { ...ask(), context: [] },
    { ...ask(), context: null },
  ];
  for (const [i, request] of bad.entries())
    it(`is denied with an error and no reasons (${i})`, () => {
      const answer = set.decide(request as PolicyRequest, []);
      assert.equal(answer.decision, 'deny');
      assert.equal(answer.errors.length, 1);
      assert.deepEqual(answer.reasons, []);
    });

  const worlds: readonly unknown[] = [
    [null],
    [{ uid: 'User::"a"', attrs: {}, parents: [] }],
    [{ uid: alice, attrs: [], parents: [] }],
    [{ uid: alice, attrs: {}, parents: [{ type: 'A' }] }],
    [{ uid: alice, attrs: {}, parents: [alice] }],
    [
      { uid: alice, attrs: { a: 1 }, parents: [] },
      { uid: alice, attrs: { a: 2 }, parents: [] },
    ],
  ];
  for (const [i, entities] of worlds.entries())
    it(`or whose entities are is denied too (${i})`, () => {
      const answer = set.decide(ask(), entities as readonly Entity[]);
      assert.equal(answer.decision, 'deny');
      assert.equal(answer.errors.length, 1);
    });
});

describe('policy text that cannot be used', () => {
  const permit = (condition: string) =>
    `permit (principal, action, resource) when { ${condition} };`;
  const cases: readonly (readonly [string, string, number])[] = [
    ['an open end', 'permit (principal, action, resource)', 1],
    ['an unknown effect', '\n\nallow (principal, action, resource);', 3],
    ['a broken condition', `${permit('true')}\n\n${permit('context.')}`, 3],
    ['a lone quote', 'permit (principal, action, resource) when { "a };', 1],
    [
      'an id given twice',
      '@id("a")permit(principal,action,resource);\n@id("a")forbid(principal,action,resource);',
      2,
    ],
    [
      'an id that a number takes',
      'permit(principal,action,resource);\n@id("policy0")permit(principal,action,resource);',
      2,
    ],
    ['an empty id', '@id("")permit(principal,action,resource);', 1],
    ['an id with a line break', '@id("a\\nb")permit(principal,action,resource);', 1],
    ['deep parentheses', permit(`${'('.repeat(400)}true${')'.repeat(400)}`), 1],
    ['deep records', permit(`${'{a:'.repeat(150)}1${'}'.repeat(150)} == 1`), 1],
    ['long chains', permit(Array.from({ length: 900 }, () => 'context.a == 1').join(' && ')), 1],
    ['long attribute chains', permit(`context${'.a'.repeat(900)} == 1`), 1],
    ['nested choices', permit(`${'if true then true else '.repeat(900)}true`), 1],
    ['too much text', permit(`"${'a'.repeat(70_000)}" == "a"`), 1],
  ];
  for (const [what, text, line] of cases)
    it(`is refused with its place: ${what}`, () => {
      const [problem] = problemsOf(text);
      assert.equal(problem?.severity, 'error');
      assert.equal(problem?.file, 'a.cedar');
      assert.equal(problem?.line, line);
    });

  it('does not harm sets that were there before', () => {
    assert.equal(
      setOf('permit (principal, action, resource);').decide(ask(), []).decision,
      'allow',
    );
  });

  it('a chain of 200 comparisons is still fine', () => {
    const chain = Array.from({ length: 200 }, (_, i) => `context.a != ${i + 2}`).join(' && ');
    assert.equal(setOf(permit(chain)).decide(ask({ a: 1 }), []).decision, 'allow');
  });

  it('a template is a warning: it decides nothing', () => {
    const set = setOf('permit (principal == ?principal, action, resource);');
    assert.equal(set.warnings[0]?.severity, 'warning');
    assert.equal(set.decide(ask(), []).decision, 'deny');
  });
});

describe('validation', () => {
  const schema = `entity User { level?: Long }; entity Doc;
    action read, write appliesTo { principal: [User], resource: [Doc], context: { n?: Long } };`;
  const file = (text: string) => [{ file: 'p.cedar', text }];

  it('places findings by line, behind non-ASCII text too', () => {
    const text =
      '// ü\n@note("é")\npermit (principal, action, resource)\nwhen { "é" == "é" &&\n  principal.level == 1 };';
    const [problem] = validatePolicies({ policies: file(text), schema });
    assert.equal(problem?.policyId, 'policy0');
    assert.equal(problem?.line, 5);
    assert.match(problem?.message ?? '', /attribute `level` .*is optional/);
  });

  it('refuses a set that does not fit, unless told not to look', () => {
    const policies = file('permit (principal, action, resource) when { context.zone == "a" };');
    assert.ok(isRefusal(createPolicySet({ policies, schema })));
    const set = orThrow(createPolicySet({ policies, schema, validate: false }));
    const answer = set.decide(ask(), []);
    assert.equal(answer.decision, 'deny');
    assert.equal(answer.errors[0]?.policyId, 'policy0');
  });

  it('finds what is wrong with the schema itself', () => {
    const policies = 'permit (principal, action, resource);';
    for (const broken of ['entity', 'entity A in [B];', '{'.repeat(500)]) {
      const [problem] = validatePolicies({ policies, schema: broken });
      assert.match(problem?.message ?? '', /^schema: /);
    }
  });

  it('of requests follows the schema when entities come as a list', () => {
    const policies = 'permit (principal, action, resource);';
    const set = orThrow(createPolicySet({ policies, schema }));
    assert.equal(set.decide(ask({ n: 1 }), []).decision, 'allow');
    assert.equal(set.decide(ask({ n: 'one' }), []).decision, 'deny');
    assert.equal(set.decide(ask({}, 'delete'), []).decision, 'deny');
  });
});
