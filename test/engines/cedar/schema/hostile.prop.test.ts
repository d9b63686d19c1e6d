/** Any schema at all: the readers answer, they never throw, hang or run out of stack. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SchemaProblem } from '../../../../src/engines/cedar/schema/errors.ts';
import {
  isSchemaProblems,
  parseSchema,
  readSchema,
} from '../../../../src/engines/cedar/schema/read.ts';
import { schemaToJson } from '../../../../src/engines/cedar/schema/to-json.ts';
import { schemaToText } from '../../../../src/engines/cedar/schema/to-text.ts';
import { mutants } from '../../../kernel/mutations.ts';
import { damage } from '../damage.ts';
import { createDice, randomSchema } from '../validate/random.ts';
import { jsonActions } from './json-actions.ts';
import { jsonSchemas } from './json-schemas.ts';
import { oracleRefusal } from './oracle.ts';
import { textSchemas } from './text-schemas.ts';

const problemsOf = (source: string | object): readonly SchemaProblem[] => {
  const answer = readSchema(source);
  return isSchemaProblems(answer) ? answer : [];
};

const checkText = (text: string): void => {
  for (const { message, code, span, line, column } of problemsOf(text)) {
    assert.ok(message.length > 0 && code.startsWith('E_CEDAR_SCHEMA_'));
    if (span === undefined) continue;
    assert.ok(span.start >= 0 && span.start <= span.end && span.end <= text.length, text);
    assert.ok(line !== undefined && line >= 1 && column !== undefined && column >= 1);
  }
};

test('answers any text, with places inside it', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), checkText));
});

test('answers mutated schemas in the human notation as the oracle does', () => {
  const seeds = textSchemas.map((text) => Buffer.from(text));
  for (const mutant of mutants(seeds, { count: 1500, seed: 7 })) {
    const text = Buffer.from(mutant).toString('utf8');
    checkText(text);
    if (text.trimStart().startsWith('{')) continue;
    const [ours, theirs] = [problemsOf(text).length === 0, oracleRefusal(text) === undefined];
    assert.equal(ours, theirs, JSON.stringify(text));
  }
});

test('answers any JSON value', () => {
  fc.assert(fc.property(fc.object({ maxDepth: 6 }), (value) => void problemsOf(value)));
  for (const value of [null, 1, true, undefined, Symbol('x'), () => 1])
    assert.equal(problemsOf(value as object).length, 1);
});

test('answers damaged schemas in the JSON notation as the oracle does', () => {
  const seeds = [...jsonSchemas, ...jsonActions].filter((schema) => typeof schema === 'object');
  // No lists: the oracle reads a list as an object whose fields stand in its order, we do not.
  const simple = [null, 'A', 'Long', 'in', '', 1, true, {}, { type: 'Long' }, { type: 'A' }];
  const types = [
    { type: 'Set', element: { type: 'Long' } },
    { type: 'Entity', name: 'A' },
  ];
  const parts = fc.constantFrom<unknown>(...simple, ...types);
  const choice = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(fc.constantFrom(...seeds), choice, parts, (schema, numbers, part) => {
      const damaged = damage(schema, numbers, part);
      const [ours, theirs] = [
        problemsOf(damaged as object).length === 0,
        oracleRefusal(damaged) === undefined,
      ];
      assert.equal(ours, theirs, JSON.stringify(damaged));
    }),
    { numRuns: 3000, seed: 11 },
  );
});

test('converts random schemas from text to JSON to text and back', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const first = parseSchema(randomSchema(createDice(seed)));
    assert.ok(!isSchemaProblems(first));
    const json = schemaToJson(first);
    const fromJson = parseSchema(json);
    assert.ok(!isSchemaProblems(fromJson));
    const written = schemaToText(fromJson);
    assert.ok(!isSchemaProblems(written));
    const again = parseSchema(written.text);
    assert.ok(!isSchemaProblems(again), written.text);
    assert.deepEqual(schemaToJson(fromJson), json);
    assert.equal(schemaToText(again) instanceof Object, true);
    assert.deepEqual(schemaToText(again), written);
    assert.equal(problemsOf(written.text).length, 0);
  }
});

test('bounds depth and size', () => {
  const deep = `entity A { a: ${'Set<'.repeat(5000)}Long${'>'.repeat(5000)} };`;
  assert.equal(problemsOf(deep)[0]?.code, 'E_CEDAR_SCHEMA_LIMIT');
  const chain = Array.from({ length: 3000 }, (_, at) => `type T${at} = Set<T${at + 1}>;`);
  assert.equal(problemsOf(`${chain.join('')} type T3000 = Long;`)[0]?.code, 'E_CEDAR_SCHEMA_LIMIT');
  const wide = Array.from(
    { length: 60 },
    (_, at) => `type T${at} = {a: T${at + 1}, b: T${at + 1}};`,
  );
  assert.equal(problemsOf(`${wide.join('')} type T60 = Long;`)[0]?.code, 'E_CEDAR_SCHEMA_LIMIT');
  const tower = Array.from({ length: 20_000 }, (_, at) => `entity A${at} in A${at + 1};`);
  assert.equal(problemsOf(`${tower.join('')} entity A20000;`)[0]?.code, 'E_CEDAR_SCHEMA_LIMIT');
  const names = Array.from({ length: 300 }, (_, at) => `A${at}`).join(', ');
  const action = `appliesTo {principal: [${names}], resource: [${names}]};`;
  const many = Array.from({ length: 30 }, (_, at) => `action a${at} ${action}`).join('');
  assert.equal(problemsOf(`entity ${names}; ${many}`)[0]?.code, 'E_CEDAR_SCHEMA_LIMIT');
  let json: unknown = { type: 'Long' };
  for (let level = 0; level < 5000; level++) json = { type: 'Set', element: json };
  const nested = { '': { commonTypes: { T: json }, entityTypes: {}, actions: {} } };
  assert.equal(problemsOf(nested)[0]?.code, 'E_CEDAR_SCHEMA_LIMIT');
});
