/** Cedar's own integration tests: their schemas, `shouldValidate`, entities and requests. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkEntities } from '../../../../src/engines/cedar/validate/check-entities.ts';
import { cedarTests, skipReason } from '../../authorization/cedar-tests.ts';
import { disagreement, mustRead, ourVerdict } from './oracle.ts';

if (skipReason !== false) process.stderr.write(`Cedar vectors skipped: ${skipReason}\n`);

describe("Cedar's integration tests", { skip: skipReason }, () => {
  for (const { name, policies, schema, shouldValidate, entities } of skipReason === false
    ? cedarTests()
    : [])
    it(`gives ${name} the verdict it should have`, () => {
      const resolved = mustRead(schema);
      assert.equal(ourVerdict(resolved, policies)?.errors.length === 0, shouldValidate);
      assert.equal(disagreement(schema, resolved, policies), undefined);
      assert.deepEqual(checkEntities(resolved, entities), []);
    });
});
