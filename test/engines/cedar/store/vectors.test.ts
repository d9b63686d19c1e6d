/** Cedar's own integration tests: our decisions, reasons and errors for all their requests. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createEntityStore } from '../../../../src/engines/cedar/entities/entity-store.ts';
import { createPolicyStore } from '../../../../src/engines/cedar/store/policy-store.ts';
import { orThrow } from '../../../../src/kernel/errors.ts';
import { cedarTests, skipReason } from '../../authorization/cedar-tests.ts';

if (skipReason !== false) process.stderr.write(`Cedar vectors skipped: ${skipReason}\n`);

describe("Cedar's integration tests", { skip: skipReason }, () => {
  for (const test of skipReason === false ? cedarTests() : []) {
    it(`answers every request of ${test.name} as Cedar does`, () => {
      const { policies, schema } = test;
      const store = createPolicyStore({ policies, schema, validate: false });
      const entities = orThrow(
        createEntityStore({ entities: test.entities, schema: store.schema! }),
      );
      assert.ok(test.requests.length > 0);
      for (const { description, decision, reason, errors, ...request } of test.requests) {
        for (const world of [entities, test.entities]) {
          const answer = store.decide(request, world);
          const seen = {
            decision: answer.decision,
            reasons: answer.reasons.map(({ policyId }) => policyId).sort(),
            errors: answer.errors.map(({ policyId }) => policyId).sort(),
          };
          const wanted = { decision, reasons: [...reason].sort(), errors: [...errors].sort() };
          assert.deepEqual(seen, wanted, description);
        }
      }
    });
  }
});
