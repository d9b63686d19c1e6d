/** What findings say: one code each, the exact place, the next step. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCedarErrors } from '../../../../src/engines/cedar/syntax/errors.ts';
import { parsePolicies } from '../../../../src/engines/cedar/syntax/parse-policies.ts';
import { requestKinds } from '../../../../src/engines/cedar/validate/environments.ts';
import type { Finding } from '../../../../src/engines/cedar/validate/findings.ts';
import { validatePolicies } from '../../../../src/engines/cedar/validate/validate.ts';
import { mustRead } from './oracle.ts';

const schema = mustRead(`
entity Team;
entity Color enum ["red", "green"];
entity User in [Team] { name: String, age?: Long, home?: {zip?: Long}, color: Color } tags String;
action read appliesTo { principal: User, resource: [User, Team], context: {level: Long} };
`);

const findingsOf = (text: string): readonly Finding[] => {
  const parsed = parsePolicies(text);
  assert.ok(!isCedarErrors(parsed), text);
  return validatePolicies(schema, parsed.policies);
};

/** Body of the condition, code, the text underlined, help. */
const cases: readonly (readonly [string, string, string, string | undefined])[] = [
  ['principal.nam == "a"', 'E_CEDAR_UNKNOWN_ATTRIBUTE', 'principal.nam', 'did you mean `name`?'],
  ['context.levle > 1', 'E_CEDAR_UNKNOWN_ATTRIBUTE', 'context.levle', 'did you mean `level`?'],
  [
    'principal.age > 1',
    'E_CEDAR_OPTIONAL_ATTRIBUTE',
    'principal.age',
    'test with `has age` before reading it',
  ],
  [
    'principal has home && principal.home.zip == 1',
    'E_CEDAR_OPTIONAL_ATTRIBUTE',
    'principal.home.zip',
    'test with `has zip` before reading it',
  ],
  [
    'principal.getTag("a") == "b"',
    'E_CEDAR_UNSAFE_TAG',
    'principal.getTag("a")',
    'test with `.hasTag(…)` before reading it',
  ],
  [
    'context.level == "a"',
    'E_CEDAR_INCOMPATIBLE_TYPES',
    'context.level == "a"',
    'both must be of the same type',
  ],
  ['context.level', 'E_CEDAR_TYPE', 'context.level', undefined],
  ['1 + "a" == 2', 'E_CEDAR_TYPE', '"a"', 'Cedar does not join strings'],
  ['principal.contains(1)', 'E_CEDAR_TYPE', 'principal', 'use `in` for the hierarchy of entities'],
  ['[] == []', 'E_CEDAR_EMPTY_SET', '[]', 'use `isEmpty`'],
  ['[1, "a"].contains(1)', 'E_CEDAR_INCOMPATIBLE_TYPES', '"a"', 'both must be of the same type'],
  [
    'ip(principal.name).isIpv4()',
    'E_CEDAR_NOT_LITERAL',
    'ip(principal.name)',
    'make the value where entities and context are made',
  ],
  ['ip("nope").isIpv4()', 'E_CEDAR_BAD_LITERAL', '"nope"', undefined],
  ['ip("::1").isInRange()', 'E_CEDAR_ARGUMENTS', 'ip("::1").isInRange()', undefined],
  ['principal == Usr::"a"', 'E_CEDAR_UNKNOWN_ENTITY_TYPE', 'Usr::"a"', 'did you mean `User`?'],
  [
    'action == Action::"reed"',
    'E_CEDAR_UNKNOWN_ACTION',
    'Action::"reed"',
    'did you mean `Action::"read"`?',
  ],
  [
    'principal.color == Color::"blue"',
    'E_CEDAR_UNKNOWN_ENTITY_ID',
    'Color::"blue"',
    'the ids are "red", "green"',
  ],
];

for (const [body, code, underlined, help] of cases)
  test(`places ${code} in \`${body}\``, () => {
    const text = `permit(principal, action, resource) when { ${body} };`;
    const [found] = findingsOf(text);
    assert.ok(found !== undefined);
    assert.deepEqual([found.severity, found.code, found.policyId], ['error', code, 'policy0']);
    assert.equal(text.slice(found.span?.start, found.span?.end), underlined);
    assert.equal(found.help, help);
    assert.ok(found.message.length > 10 && !found.message.includes('undefined'));
  });

test('names the kind of request for which a type error shows', () => {
  const [found] = findingsOf('permit(principal, action, resource) when { resource.name == "a" };');
  assert.deepEqual(found?.request, {
    principal: 'User',
    action: 'Action::"read"',
    resource: 'Team',
  });
});

test('reports one mistake once, however many kinds of requests show it', () => {
  const text =
    'permit(principal, action, resource) when { principal.nam == 1 && principal.nam in 2 };';
  assert.deepEqual(
    findingsOf(text).map(({ code }) => code),
    ['E_CEDAR_UNKNOWN_ATTRIBUTE', 'E_CEDAR_UNKNOWN_ATTRIBUTE', 'E_CEDAR_TYPE'],
  );
});

test('warns of the policy as a whole when it can never hold', () => {
  const text = 'permit(principal is Team, action, resource);';
  assert.deepEqual(
    findingsOf(text).map(({ severity, code, span }) => [severity, code, span?.end]),
    [
      ['warning', 'E_CEDAR_NO_APPLICABLE_ACTION', text.length],
      ['warning', 'E_CEDAR_IMPOSSIBLE_POLICY', text.length],
    ],
  );
});

test('gives a bounded number of findings for each policy', () => {
  const body = Array.from({ length: 300 }, (_, at) => `principal.x${at}`).join(' && ');
  assert.equal(findingsOf(`permit(principal, action, resource) when { ${body} };`).length, 100);
});

test('types nested tests once each', () => {
  let value = 'principal';
  for (let level = 0; level < 60; level++)
    value = `(if ${value} is User in Team::"a" || ${value.length > 9 ? 'true' : 'false'} then principal else principal)`;
  let tested = 'principal';
  for (let level = 0; level < 60; level++)
    tested = `(if ${tested} has home.zip then principal else principal)`;
  const body = `${value} == principal && ${tested} == principal`;
  assert.deepEqual(findingsOf(`permit(principal, action, resource) when { ${body} };`), []);
});

test('enumerates the kinds of requests a schema allows', () => {
  assert.deepEqual(requestKinds(schema), [
    { principal: 'User', action: 'Action::"read"', resource: 'User' },
    { principal: 'User', action: 'Action::"read"', resource: 'Team' },
  ]);
});
