/** Reading schemas: the same are good and bad as with the oracle. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSchemaProblems, readSchema } from '../../../../src/engines/cedar/schema/read.ts';
import { jsonActions } from './json-actions.ts';
import { jsonSchemas } from './json-schemas.ts';
import { oracleRefusal } from './oracle.ts';
import { textSchemas } from './text-schemas.ts';

const disagreement = (schema: unknown): string | undefined => {
  const answer = readSchema(schema as object);
  const ours = isSchemaProblems(answer) ? answer.map((item) => item.message).join('; ') : undefined;
  const theirs = oracleRefusal(schema);
  if ((ours === undefined) === (theirs === undefined)) return undefined;
  return `${JSON.stringify(schema)}\n  ours: ${ours ?? 'good'}\n  oracle: ${theirs ?? 'good'}`;
};

test('accepts and refuses schemas in the human notation as the oracle does', () => {
  assert.deepEqual(textSchemas.map(disagreement).filter(Boolean), []);
});

test('accepts and refuses schemas in the JSON notation as the oracle does', () => {
  assert.deepEqual([...jsonSchemas, ...jsonActions].map(disagreement).filter(Boolean), []);
});
