/** Cedar's integration tests through our slices: decision, reasons and errors agree. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPolicySet, validatePolicies } from '../../../src/engines/authorization/index.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { cedarTests, skipReason } from './cedar-tests.ts';

describe('Cedar integration tests', { skip: skipReason }, () => {
  for (const test of skipReason === false ? cedarTests() : []) {
    const { policies, schema, shouldValidate: validate } = test;

    it(`agrees about validity: ${test.name}`, () => {
      const problems = validatePolicies({ policies, schema });
      assert.equal(!problems.some(({ severity }) => severity === 'error'), validate);
    });

    it(`agrees about every request: ${test.name}`, () => {
      const set = orThrow(createPolicySet({ policies, schema, validate }));
      for (const request of test.requests) {
        const answer = set.decide(request, test.entities);
        const found = {
          decision: answer.decision,
          reason: answer.reasons.map(({ policyId }) => policyId).sort(),
          errors: answer.errors.map(({ policyId }) => policyId).sort(),
        };
        const { decision, reason, errors } = request;
        const expected = { decision, reason: reason.toSorted(), errors: errors.toSorted() };
        assert.deepEqual(found, expected, request.description);
      }
      set.dispose();
    });
  }
});
