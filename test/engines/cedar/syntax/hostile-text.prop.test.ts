/** Any text at all: the readers answer, they never throw, hang or run out of stack. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatPolicy,
  isCedarErrors,
  parseExpression,
  parsePolicies,
  policiesFromJson,
  policyToJsonText,
  showError,
} from '../../../../src/engines/cedar/index.ts';
import { mutants } from '../../../kernel/mutations.ts';
import { oracleAcceptsText } from './oracle.ts';
import { literals } from './sources-of-literals.ts';
import { operators } from './sources-of-operators.ts';
import { policySources } from './sources-of-policies.ts';
import { parseOne, withoutSpans } from './trees.ts';

const sample = `@id("a\\n") permit(principal is A::B in ?principal, action in [Action::"x"], resource)
when { if context.a has b.c then {k: [1, -2], "l": "\\u{41}"} == ip("::1") else !(a like "*\\*") }
unless { principal.getTag("t").isInRange(ip("1.1.1.1")) || resource["x"] in A::"e" }; // end`;

const checkAnswer = (text: string): void => {
  const parsed = parsePolicies(text);
  if (!isCedarErrors(parsed)) {
    for (const { node } of parsed.policies)
      assert.deepEqual(withoutSpans(parseOne(formatPolicy(node))), withoutSpans(node));
    return;
  }
  assert.ok(parsed.length > 0 && parsed.length <= 20);
  for (const error of parsed) {
    const { span } = error;
    assert.ok(span !== undefined, error.message);
    assert.ok(span.start >= 0 && span.start <= span.end && span.end <= text.length, text);
    assert.ok(showError(text, error).split('\n').length >= 3);
  }
};

test('answers to any text, and what it accepts survives printing', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), checkAnswer), { numRuns: 300 });
  for (const mutant of mutants([Buffer.from(sample)], { count: 1000 }))
    checkAnswer(Buffer.from(mutant).toString());
});

test('judges spliced sources like the oracle', () => {
  const bodies = [...operators, ...literals].map(
    (b) => `permit(principal,action,resource) when { ${b} };`,
  );
  const accepted = [...bodies, ...policySources].filter((t) => !isCedarErrors(parsePolicies(t)));
  const tokens = accepted.map((text) => text.match(/"(?:\\.|[^"\\])*"|\w+|\s+|[^\w\s"]/gsu) ?? []);
  const pick = fc.constantFrom(...tokens);
  fc.assert(
    fc.property(pick, pick, fc.tuple(fc.nat(), fc.nat(), fc.nat(3)), (host, donor, places) => {
      const [at, from, length] = places;
      const start = at % (host.length + 1);
      const piece = donor.slice(from % (donor.length + 1)).slice(0, length);
      const text = host
        .slice(0, start)
        .concat(piece, host.slice(start + 1))
        .join('');
      const parsed = parsePolicies(text);
      const isAccepted = !isCedarErrors(parsed) || parsed[0]?.code === 'E_CEDAR_DUPLICATE_ID';
      assert.equal(isAccepted, oracleAcceptsText(text), text);
    }),
    { numRuns: 1500 },
  );
});

test('answers to any JSON', () => {
  const good = Buffer.from(policyToJsonText(parseOne(sample.replace('a like', 'action like'))));
  assert.ok(!isCedarErrors(policiesFromJson(good.toString())));
  for (const mutant of mutants([good], { count: 1000 }))
    for (const error of [policiesFromJson(Buffer.from(mutant).toString())].filter(isCedarErrors))
      assert.ok(error.length === 1);
  fc.assert(
    fc.property(fc.jsonValue(), fc.object(), (value, object) => {
      policiesFromJson(JSON.stringify(value));
      policiesFromJson(object);
      policiesFromJson({
        ...object,
        effect: 'permit',
        conditions: [{ kind: 'when', body: object }],
      });
    }),
    { numRuns: 300 },
  );
});

const nested: readonly (readonly [string, string])[] = [
  ['(', ')'],
  ['[', ']'],
  ['{a:', '}'],
  ['principal.contains(', ')'],
  ['true && (', ')'],
  ['if true then 1 else ', ''],
  ['ip(', ')'],
  ['true || ', ''],
  ['1 + ', ''],
  ['1 * ', ''],
];

test('reads nesting up to its bounds and refuses more, from any depth of the stack', () => {
  const under = (levels: number, read: () => unknown): unknown =>
    levels === 0 ? read() : [under(levels - 1, read)];
  for (const [open, close] of nested)
    for (const [count, isFine] of [
      [250, true],
      [100_000, false],
    ] as const)
      under(500, () => {
        const answer = parseExpression(`${open.repeat(count)}1${close.repeat(count)}`);
        assert.equal(!isCedarErrors(answer), isFine, `${open} ${count}`);
        if (isCedarErrors(answer)) assert.equal(answer[0]?.code, 'E_CEDAR_LIMIT');
      });
});

test('takes linear time over long texts of one kind', () => {
  for (const piece of [
    '"',
    '\\',
    '// x\n',
    ' ',
    '@a ',
    'A::',
    '.a',
    '-',
    '!',
    '9',
    '?a',
    '"\\u{',
    ';',
  ])
    checkAnswer(piece.repeat(100_000));
});
