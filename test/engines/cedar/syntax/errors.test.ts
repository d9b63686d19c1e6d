/** What the parser says when it refuses: code, place, next step, and the picture of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CedarError,
  isCedarErrors,
  parseExpression,
  parsePolicies,
  showError,
} from '../../../../src/engines/cedar/index.ts';

const errorsOf = (text: string): readonly CedarError[] => {
  const parsed = parsePolicies(text);
  assert.ok(isCedarErrors(parsed), text);
  return parsed;
};
const firstError = (body: string): CedarError => {
  const parsed = parseExpression(body);
  assert.ok(isCedarErrors(parsed), body);
  const [first] = parsed;
  assert.ok(first !== undefined);
  return first;
};

/** Body, code, the text that is underlined, a part of message and help. */
const table: readonly (readonly [string, string, string, RegExp])[] = [
  ['true && user', 'E_CEDAR_MEANING', 'user', /no variable `user`.*principal, action/],
  ['principal.startsWith("a")', 'E_CEDAR_MEANING', 'startsWith("a")', /no method `startsWith`/],
  ['principal.contain(1)', 'E_CEDAR_MEANING', 'contain(1)', /did you mean `contains`\?/],
  ['decimals("1")', 'E_CEDAR_MEANING', 'decimals', /did you mean `decimal`\?/],
  ['isIpv4(1)', 'E_CEDAR_MEANING', 'isIpv4', /method, not a function.*value\.isIpv4/],
  ['1.ip()', 'E_CEDAR_MEANING', 'ip()', /function, not a method.*ip\(…\)/],
  ['principal.contains()', 'E_CEDAR_MEANING', 'contains()', /takes one argument, not 0/],
  ['1 < 2 < 3', 'E_CEDAR_MEANING', '<', /do not chain/],
  ['1 = 2', 'E_CEDAR_SYNTAX', '=', /found `=`.*use `==`/],
  ['7 / 2', 'E_CEDAR_MEANING', '/', /no operator `\/`/],
  ['!!!!!true', 'E_CEDAR_MEANING', '!!!!!', /more than 4 `!`/],
  ['99999999999999999999', 'E_CEDAR_MEANING', '99999999999999999999', /does not fit into 64 bits/],
  ['"a\\qb"', 'E_CEDAR_ESCAPE', '\\q', /`\\q` is no escape/],
  ['"a\rb"', 'E_CEDAR_ESCAPE', '\r', /carriage return/],
  ['principal like "\\d"', 'E_CEDAR_ESCAPE', '\\d', /no escape/],
  ['"open', 'E_CEDAR_TOKEN', '"', /not closed/],
  ["'a'", 'E_CEDAR_TOKEN', "'", /double quotes/],
  ['1 & 2', 'E_CEDAR_TOKEN', '&', /no token begins with `&`/],
  ['"\ud800"', 'E_CEDAR_TOKEN', '\ud800', /surrogate/],
  ['{a: 1, "a": 2}', 'E_CEDAR_MEANING', '"a"', /the key `a` twice/],
  ['principal.in', 'E_CEDAR_MEANING', 'in', /`in` is reserved.*\["in"\]/],
  ['principal is "User"', 'E_CEDAR_SYNTAX', '"User"', /remove the quotes/],
  ['principal is User::"a"', 'E_CEDAR_SYNTAX', '"a"', /use `==`/],
  ['User::{id: 1}', 'E_CEDAR_MEANING', '{', /User::"…"/],
  ['__cedar::X::"a"', 'E_CEDAR_MEANING', '__cedar', /reserved/],
  ['?principal == principal', 'E_CEDAR_MEANING', '?principal', /cannot stand in a condition/],
  ['1 + if true then 1 else 2', 'E_CEDAR_SYNTAX', 'if', /around if/],
  ['(1', 'E_CEDAR_SYNTAX', '', /found the end of the text/],
  ['principal.a(1)(2)', 'E_CEDAR_MEANING', 'a(1)', /no method/],
  ['principal(1)', 'E_CEDAR_MEANING', 'principal', /cannot be called/],
];

describe('an error of an expression', () => {
  it('has a code, underlines the fault and names the next step', () => {
    for (const [body, code, underlined, words] of table) {
      const error = firstError(body);
      assert.equal(error.code, code, body);
      assert.ok(error.span !== undefined);
      assert.equal(body.slice(error.span.start, error.span.end), underlined, body);
      assert.match(`${error.message} ${error.help ?? ''}`, words, body);
    }
  });
});

describe('the errors of a text', () => {
  const text = [
    'permit (principal, action, resource) when { };',
    'permitt (principal, action, resource);',
    'forbid (principal, action, resource);',
    '// a comment',
    '  forbid (principal == ?resource, action == User::"x", resource);',
    'forbid (principal, resource);',
  ].join('\n');

  it('are found in each faulty policy, with line and column', () => {
    const places = errorsOf(text).map(({ line, column, message }) => [line, column, message]);
    assert.deepEqual(places, [
      [1, 45, 'a condition cannot be empty'],
      [2, 1, 'expected `permit` or `forbid`, found `permitt`'],
      [5, 24, 'expected `?principal`, found `?resource`'],
      [6, 20, 'expected `action`, found `resource`'],
    ]);
  });

  it('are at most twenty', () => {
    assert.equal(errorsOf('permit;'.repeat(1000)).length, 20);
  });

  it('name two policies with one id', () => {
    const policy = '@id("a") permit (principal, action, resource);\n';
    const [error] = errorsOf(policy + policy);
    assert.deepEqual([error?.code, error?.line], ['E_CEDAR_DUPLICATE_ID', 2]);
    assert.equal(
      errorsOf(`permit (principal, action, resource); @id("policy0") ${policy.slice(9)}`)[0]?.code,
      'E_CEDAR_DUPLICATE_ID',
    );
  });

  it('are shown over their line', () => {
    const [first, second] = errorsOf(text);
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(
      showError(text, second),
      [
        'expected `permit` or `forbid`, found `permitt` (line 2, column 1)',
        '2 | permitt (principal, action, resource);',
        '    ^^^^^^^',
        'help: did you mean `permit`?',
      ].join('\n'),
    );
    const long = `${' '.repeat(5000)}nonsense${' '.repeat(5000)}`;
    const [picture] = errorsOf(long).map((error) => showError(long, error));
    assert.ok((picture ?? '').split('\n').every((line) => line.length < 200));
  });
});
