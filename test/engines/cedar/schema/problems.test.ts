/** What is said of bad schemas: one code each, the exact place, the next step. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSchemaProblems, readSchema } from '../../../../src/engines/cedar/schema/read.ts';

/** Schema, code, the text underlined, help. */
const cases: readonly (readonly [string, string, string, string | undefined])[] = [
  ['entity A\nentity B;', 'SYNTAX', 'entity', undefined],
  ['entity A { a Long };', 'SYNTAX', 'Long', undefined],
  ['/* x */ entity A;', 'SYNTAX', '/', 'comments start with `//`'],
  ['entity A { "a', 'SYNTAX', '"a', undefined],
  ['entity A { "x\\q": Long };', 'SYNTAX', '\\q', undefined],
  ['entity in;', 'NAME', 'in', undefined],
  ['type Long = String;', 'NAME', 'Long', undefined],
  ['namespace __cedar { }', 'NAME', '__cedar', undefined],
  ['entity A; entity A;', 'DUPLICATE', 'A', undefined],
  ['@a("1") @a("2") entity A;', 'DUPLICATE', 'a', undefined],
  ['entity A { a: Strin };', 'UNKNOWN_TYPE', 'Strin', 'did you mean `String`?'],
  ['entity User; entity A in Usr;', 'UNKNOWN_TYPE', 'Usr', 'did you mean `User`?'],
  ['action read; action a in raed;', 'UNKNOWN_ACTION', 'raed', 'did you mean `read`?'],
  ['type T = Set<T>;', 'CYCLE', 'type T = Set<T>;', undefined],
  ['action a in b; action b in a;', 'CYCLE', 'action a in b;', undefined],
  [
    'entity A; namespace N { entity A; }',
    'SHADOWING',
    'entity A;',
    'rename one of them, or move the other into a namespace',
  ],
  [
    'type C = Long; entity A; action a appliesTo {principal: A, resource: A, context: C};',
    'RECORD',
    'C',
    undefined,
  ],
  [
    'entity A; action a appliesTo {principal: A};',
    'FORMAT',
    '{',
    'an action that applies to something names principal and resource types',
  ],
];

for (const [text, code, underlined, help] of cases)
  test(`places ${code} in \`${text.replaceAll('\n', ' ')}\``, () => {
    const problems = readSchema(text);
    assert.ok(isSchemaProblems(problems));
    const [found] = problems;
    assert.equal(found?.code, `E_CEDAR_SCHEMA_${code}`);
    assert.equal(text.slice(found?.span?.start, found?.span?.end), underlined);
    assert.equal(found?.help, help);
  });

test('counts lines and columns from one', () => {
  const problems = readSchema('entity A;\n\nentity B { x: Nope };');
  assert.ok(isSchemaProblems(problems));
  assert.deepEqual([problems[0]?.line, problems[0]?.column], [3, 15]);
});

test('reports every name that is not declared, not just the first', () => {
  const problems = readSchema('entity A in [X, Y] { a: Z };');
  assert.ok(isSchemaProblems(problems));
  assert.equal(problems.length, 3);
});

test('names the path in JSON schemas, and the field that was meant', () => {
  const problems = readSchema({ N: { entityTypes: { A: { memberOfType: [] } }, actions: {} } });
  assert.ok(isSchemaProblems(problems));
  assert.equal(problems[0]?.path, 'schema.N.entityTypes.A');
  assert.equal(problems[0]?.help, 'did you mean `memberOfTypes`?');
});

test('reads JSON text too, and refuses duplicate fields in it', () => {
  assert.ok(!isSchemaProblems(readSchema('{"": {"entityTypes": {}, "actions": {}}}')));
  assert.ok(
    isSchemaProblems(readSchema('{"": {"entityTypes": {}, "actions": {}, "actions": {}}}')),
  );
});
