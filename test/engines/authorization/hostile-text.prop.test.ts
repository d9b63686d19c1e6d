/** No text makes reading policies or schemas throw, and none harms the sets that are in use. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createPolicySet, validatePolicies } from '../../../src/engines/authorization/index.ts';
import { splitPolicies } from '../../../src/engines/authorization/split-policies.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { arbitraryPolicy } from './arbitrary-policies.ts';

const request = {
  principal: { type: 'User', id: 'a' },
  action: { type: 'Action', id: 'read' },
  resource: { type: 'Doc', id: 'd' },
  context: { a: 1 },
};
const pieces = [
  'permit',
  'forbid',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ';',
  ',',
  '"',
  '\\',
  '//',
  '\n',
  '\r',
  '@id',
  '@',
  '.',
  '&&',
  '||',
  '!',
  '-',
  'if',
  'then',
  'else',
  'when',
  'unless',
  'principal',
  'action',
  'resource',
  'context',
  '==',
  'in',
  'has',
  'like',
  'is',
  '::',
  'User::"a"',
  '?principal',
  '9223372036854775808',
  '\u0000',
  '\ud800',
  'é',
  'entity',
  'type',
  'namespace',
  'appliesTo',
];
const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((list) => list.join(' '));
const repeated = fc
  .tuple(fc.constantFrom(...pieces), fc.integer({ min: 1, max: 4000 }))
  .map(([piece, times]) => `permit (principal, action, resource) when { ${piece.repeat(times)} };`);
/** A valid policy with one stretch cut out or doubled. */
const mutated = fc
  .tuple(arbitraryPolicy, fc.nat(), fc.nat({ max: 20 }), fc.boolean())
  .map(([text, at, length, doubles]) => {
    const start = at % text.length;
    const stretch = text.slice(start, start + length);
    return text.slice(0, start) + (doubles ? stretch + stretch : '') + text.slice(start + length);
  });
const text = fc.oneof(soup, repeated, mutated, fc.string({ unit: 'binary', maxLength: 200 }));
const numRuns = Number(process.env['SALLYPORT_PROPERTY_RUNS'] ?? 200);

describe('hostile text', () => {
  it('is refused or read, never thrown at, and sets in use keep deciding', () => {
    const policies = 'permit (principal, action, resource) when { context.a == 1 };';
    const inUse = orThrow(createPolicySet({ policies }));
    const property = fc.property(text, (hostile) => {
      createPolicySet({ policies: hostile });
      validatePolicies({ policies: hostile, schema: 'entity User, Doc;' });
      validatePolicies({ policies, schema: hostile });
      assert.equal(inUse.decide(request, []).decision, 'allow');
    });
    fc.assert(property, { numRuns });
  });

  it('splits into statements that lie in order and hold every effect', () => {
    const property = fc.property(text, (hostile) => {
      let end = 0;
      for (const { start, text: statement, effectAt, scopeEnd } of splitPolicies(hostile)) {
        assert.ok(start >= end);
        assert.equal(hostile.slice(start, start + statement.length), statement);
        if (effectAt !== undefined) assert.match(statement.slice(effectAt), /^(permit|forbid)/);
        if (scopeEnd !== undefined) assert.equal(statement[scopeEnd - 1], ')');
        end = start + statement.length;
      }
    });
    fc.assert(property, { numRuns: numRuns * 5 });
  });
});
