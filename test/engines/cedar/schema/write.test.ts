/** Writing schemas: the oracle's JSON, and both notations there and back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isSchemaProblems,
  parseSchema,
  readSchema,
} from '../../../../src/engines/cedar/schema/read.ts';
import { type SchemaJson, schemaToJson } from '../../../../src/engines/cedar/schema/to-json.ts';
import { schemaToText } from '../../../../src/engines/cedar/schema/to-text.ts';
import { jsonActions } from './json-actions.ts';
import { jsonSchemas } from './json-schemas.ts';
import { oracleJson, oracleRefusal } from './oracle.ts';
import { textSchemas } from './text-schemas.ts';

const isGood = (schema: unknown): boolean => !isSchemaProblems(readSchema(schema as object));

const toJson = (source: string | object): SchemaJson => {
  const fragment = parseSchema(source);
  assert.ok(!isSchemaProblems(fragment), JSON.stringify(fragment));
  return schemaToJson(fragment);
};

test('converts schemas to the JSON of the oracle', () => {
  for (const text of textSchemas.filter(isGood))
    assert.deepEqual(toJson(text), oracleJson(text), text);
});

test('writes JSON that reads as the same schema', () => {
  for (const text of textSchemas.filter(isGood)) {
    const json = toJson(text);
    assert.deepEqual(toJson(json), json, text);
    assert.equal(oracleRefusal(json), undefined, text);
  }
});

/** The text cannot tell which of the two lists of an action that takes nothing is empty. */
const isIdle = (value: unknown): value is { principals: unknown[]; resources: unknown[] } =>
  typeof value === 'object' &&
  value !== null &&
  'principals' in value &&
  'resources' in value &&
  (value as { principals: unknown[] }).principals.length *
    (value as { resources: unknown[] }).resources.length ===
    0;

const withoutPlaces = (schema: unknown): string =>
  JSON.stringify(schema, (key, value: unknown) => {
    if (key === 'span') return undefined;
    if (isIdle(value)) return { ...value, principals: [], resources: [], context: [] };
    if (value instanceof Map)
      return [...(value as Map<string, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1));
    return value instanceof Set ? [...(value as Set<string>)].sort() : value;
  });

test('writes text of the same meaning, or says that the notation cannot', () => {
  let written = 0;
  for (const schema of [...textSchemas, ...jsonSchemas, ...jsonActions].filter(isGood)) {
    const fragment = parseSchema(schema as object);
    assert.ok(!isSchemaProblems(fragment));
    const answer = schemaToText(fragment);
    if (isSchemaProblems(answer)) {
      assert.equal(answer[0]?.code, 'E_CEDAR_SCHEMA_UNSUPPORTED');
      continue;
    }
    written++;
    assert.equal(oracleRefusal(answer.text), undefined, answer.text);
    const [before, after] = [readSchema(schema as object), readSchema(answer.text)];
    assert.equal(withoutPlaces(after), withoutPlaces(before), answer.text);
  }
  assert.ok(written > 150, `${written}`);
});
