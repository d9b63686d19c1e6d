/** Conditions one by one: what holds, what does not, what fails and how the failure is named. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPolicyStore } from '../../../../src/engines/cedar/store/policy-store.ts';

const ref = (type: string, id: string) => ({ type, id });
const entities = Object.freeze([
  {
    uid: ref('User', 'alice'),
    attrs: { age: 30, boss: { __entity: ref('User', 'bob') }, '': 1, ['__proto__']: 2 },
    parents: [ref('Team', 'red')],
    tags: { floor: 3 },
  },
  { uid: ref('Team', 'red'), attrs: {}, parents: [ref('Team', 'all')] },
]);

const evaluate = (condition: string, context: Readonly<Record<string, unknown>> = {}): string => {
  const store = createPolicyStore({
    policies: `permit(principal, action, resource) when { ${condition} };`,
  });
  const request = {
    principal: ref('User', 'alice'),
    action: ref('Action', 'view'),
    resource: ref('Doc', 'd'),
    context,
  };
  const { decision, errors } = store.decide(request, entities);
  return errors[0]?.message ?? decision;
};

const table = (title: string, outcome: string, conditions: readonly string[]): void => {
  describe(title, () => {
    for (const condition of conditions)
      it(condition, () => assert.equal(evaluate(condition), outcome));
  });
};

table('holds', 'allow', [
  'true || 1',
  '!(false && 1)',
  '-9223372036854775808 < 9223372036854775807',
  '9007199254740993 != 9007199254740992',
  '9007199254740992 + 1 == 9007199254740993',
  '3037000499 * 3037000499 == 9223372030926249001',
  '9223372036854775807 - 9223372036854775807 == 0',
  '0 * -5 == 0',
  '[1, 2, 2] == [2, 1]',
  '[[1], [1]] == [[1]]',
  '{a: 1, b: 2} == {b: 2, a: 1}',
  '[decimal("1.0")].contains(decimal("1.00"))',
  '[1,2,3,4,5,6,7,8,9,{a: [1]},User::"a"].containsAll([User::"a", {a: [1, 1]}, 9])',
  '![1,2,3,4,5,6,7,8,9].contains("9")',
  '[].containsAll([]) && ![1].containsAny([]) && [].isEmpty()',
  'principal in Team::"all" && principal in [Team::"none", Team::"all"]',
  'principal in User::"alice" && !(principal in [])',
  'principal is User in Team::"red" && !(principal is Team in Team::"red")',
  'principal has age && principal has "" && principal has "__proto__" && principal["__proto__"] == 2',
  '!(principal has toString) && !({a: 1} has toString)',
  'principal has boss && !(principal.boss has age) && !(resource has age)',
  '{a: {b: {c: 1}}} has a.b.c && !({a: {b: 1}} has a.c.d)',
  '!(resource.hasTag("floor")) && principal.hasTag("floor") && principal.getTag("floor") == 3',
  '"a*c" like "a\\*c" && "abcabc" like "*bc" && !("ab" like "a*ab") && "😀" like "*😀*"',
  'ip("127.0.0.1/8").isLoopback() && !ip("127.0.0.1/7").isLoopback()',
  'ip("10.0.0.5/24") != ip("10.0.0.0/24") && ip("1.2.3.4") == ip("1.2.3.4/32")',
  'duration("1d") < duration("25h") && datetime("1970-01-01") <= datetime("1970-01-01T00:00:00Z")',
  'duration("-1500ms").toSeconds() == -1',
  'datetime("1969-12-31T23:59:59Z").toTime() == duration("23h59m59s")',
  'if principal.age == 30 then true else 1',
]);

table('does not hold', 'deny', [
  'false && 1',
  '1 == "1"',
  '[] == {}',
  'decimal("1.0") == ip("1.2.3.4")',
  'principal in Team::"none"',
  'resource in Team::"all"',
  'principal is Foo in 1',
  '1 == true',
  'User::"a" == Team::"a"',
]);

const failures: readonly (readonly [string, RegExp])[] = [
  ['1', /`when` needs a bool, got a long: 1 \(line 1, column 44\)/],
  ['1 || true', /\|\| needs a bool, got a long: 1/],
  ['true && "a"', /&& needs a bool, got a string: "a"/],
  ['principal.name == 1', /User::"alice" has no attribute `name`/],
  ['resource.name == 1', /the entity Doc::"d" does not exist, so it has no attribute `name`/],
  ['principal.boss.age == 1', /the entity User::"bob" does not exist/],
  ['context.mfa', /context has no attribute `mfa`/],
  ['{a: 1}.b == 1', /the record has no attribute `b`/],
  ['principal.age.x == 1', /attribute `x` is read of a record or an entity, got a long: 30/],
  ['principal.getTag("x") == 1', /User::"alice" has no tag "x"/],
  ['resource.getTag("x") == 1', /the entity Doc::"d" does not exist/],
  ['principal.hasTag(1)', /`hasTag` needs the tag as a string, got a long/],
  ['9223372036854775807 + 1 == 1', /9223372036854775807 \+ 1 does not fit in 64 bits/],
  ['-(-9223372036854775807 - 1) == 1', /-\(-9223372036854775808\) does not fit in 64 bits/],
  ['9223372036854775807 * 2 == 1', /does not fit in 64 bits/],
  ['1 < "a"', /`<` after a long needs another, got a string: "a"/],
  ['"a" < "b"', /`<` needs integers, datetimes or durations, got a string/],
  ['decimal("1.0") < decimal("2.0")', /got a decimal: decimal\("1.0"\)/],
  ['duration("1d") < datetime("1970-01-01")', /after a duration needs another, got a datetime/],
  ['principal in [User::"alice", 1]', /`in` needs a set of nothing but entities, got a long/],
  ['principal in 1', /`in` needs an entity or a set of entities, got a long/],
  ['1 in principal', /`in` needs an entity on its left, got a long/],
  ['1 is User in 2', /`is` needs an entity, got a long/],
  ['1 has x', /`has` needs a record or an entity, got a long/],
  ['{a: 1} has a.b', /`has` needs a record or an entity, got a long/],
  ['1 like "a"', /`like` needs a string, got a long/],
  ['1.contains(1)', /`contains` needs a set, got a long/],
  ['[1].containsAll(1)', /`containsAll` needs two sets, got a long/],
  ['ip("01.2.3.4").isIpv4()', /ip\("01\.2\.3\.4"\): not an IP address/],
  ['ip(1).isIpv4()', /ip needs a value of type string, got long/],
  ['decimal("1.0").lessThan(1)', /lessThan needs a value of type decimal, got long/],
  [
    'datetime("1970-01-01").offset(duration("-9223372036854775808ms")).toDate() == datetime("1970-01-01")',
    /is beyond 64 bits/,
  ],
];

describe('fails and says why', () => {
  for (const [condition, message] of failures)
    it(condition, () => assert.match(evaluate(condition), message));
});

describe('values from outside', () => {
  const big = 2n ** 63n - 1n;
  it('keeps 64-bit integers exact', () => {
    assert.equal(evaluate('context.n == 9223372036854775807', { n: big }), 'allow');
    assert.equal(evaluate('context.n - 1 == 9223372036854775806', { n: big }), 'allow');
    assert.equal(evaluate('context.n == 5', { n: 5n }), 'allow');
  });

  const escapes: readonly (readonly [string, unknown])[] = [
    ['context.x == ip("1.1.1.1")', { __extn: { fn: 'ip', arg: '1.1.1.1', z: 1 } }],
    ['context.x == datetime("1970-01-02")', { __extn: { fn: 'datetime', args: ['1970-01-02'] } }],
    [
      'context.x == true',
      { __extn: { fn: 'isIpv4', arg: { __extn: { fn: 'ip', arg: '1.1.1.1' } } } },
    ],
    ['context.x == User::"a"', { __entity: { type: 'User', id: 'a', z: 1 } }],
    ['context.x has __entity && context.x has b', { __entity: ref('User', 'a'), b: 1 }],
    ['context.x has __entity', { __entity: 1 }],
    ['context.x has __extn', { __extn: { fn: 'ip' } }],
    ['context.x has __expr', { __expr: 1 }],
    ['context.x.type == "User"', { type: 'User', id: 'a' }],
    ['!(context.x has gone)', { gone: undefined }],
    ['context.x == 0', -0],
  ];
  for (const [condition, x] of escapes)
    it(`reads ${JSON.stringify(x)}`, () => assert.equal(evaluate(condition, { x }), 'allow'));

  const refused: readonly (readonly [unknown, RegExp])[] = [
    [null, /^context\.x: null is not a value of Cedar/],
    [1.5, /^context\.x: 1\.5 is not an integer/],
    [2 ** 60, /beyond 2\^53 and may have lost digits; pass a BigInt/],
    [2n ** 63n, /does not fit in 64 bits/],
    [[{ y: [null] }], /^context\.x\[0\]\.y\[0\]: null/],
    ['\ud800', /lone surrogate/],
    [{ '\ud800': 1 }, /lone surrogate/],
    [new Date(0), /only plain objects are records/],
    [() => 1, /a function is not a value of Cedar/],
    [{ __extn: { fn: 'foo', arg: 'x' } }, /there is no extension function "foo"/],
    [{ __extn: { fn: 'ip', arg: 'bad' } }, /ip\("bad"\): not an IP address/],
    [{ __extn: { fn: 'ip', args: [] } }, /ip takes 1 argument\(s\), got 0/],
    [{ __entity: { type: 'a b', id: 'x' } }, /"a b" is not the name of an entity type/],
    [{ __expr: 'ip("1.1.1.1")' }, /__expr is no longer part of Cedar/],
  ];
  for (const [x, message] of refused)
    it(`refuses a context because of ${message.source}`, () =>
      assert.match(evaluate('true', { x }), message));

  it('refuses a context that is nested without end', () => {
    let x: unknown = 1;
    for (let n = 0; n < 100_000; n++) x = [x];
    assert.match(evaluate('true', { x }), /nested deeper than 128/);
  });
});
