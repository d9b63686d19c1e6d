/** One decision from file contents, as the command line asks for it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { authorizeFromFiles, explainFromFiles } from '../../../src/engines/authorization/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { cedarTests, skipReason } from './cedar-tests.ts';

const policies = [
  {
    file: 'p.cedar',
    text: '@obligations("audit:strict")\npermit (principal in Team::"a", action, resource) when { principal.n == 9007199254740993 };',
  },
];
const entities = `[{"uid":{"type":"User","id":"alice"},"attrs":{"n":9007199254740993},
  "parents":[{"__entity":{"type":"Team","id":"a"}}]}]`;
const request = `{"principal":{"type":"User","id":"alice"},"action":{"type":"Action","id":"read"},
  "resource":{"type":"Doc","id":"d"},"context":{}}`;

const malformed: readonly (readonly [
  string,
  Partial<Parameters<typeof authorizeFromFiles>[0]>,
  string,
])[] = [
  ['policies', { policies: 'permit(' }, 'E_POLICY_INVALID'],
  ['request JSON', { request: '{' }, 'E_MALFORMED'],
  ['a member given twice', { request: '{"principal":1,"principal":2}' }, 'E_MALFORMED'],
  [
    'a request without a resource',
    { request: '{"principal":{"type":"A","id":"b"}}' },
    'E_POLICY_REQUEST_INVALID',
  ],
  ['a request that is a list', { request: [] }, 'E_POLICY_REQUEST_INVALID'],
  ['entities that are no list', { entities: {} }, 'E_ENTITIES_INVALID'],
  ['an entity without a name', { entities: [{}] }, 'E_ENTITIES_INVALID'],
  [
    'a fraction in an entity',
    { entities: entities.replace('9007199254740993', '1.5') },
    'E_ENTITIES_INVALID',
  ],
  [
    'an extension value that is none',
    {
      entities:
        '[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__extn":{"fn":"ip","arg":"zz"}}},"parents":[]}]',
    },
    'E_ENTITIES_INVALID',
  ],
];

describe('authorizing from files', () => {
  it('answers with decision, reasons, obligations and errors', () => {
    assert.deepEqual(orThrow(authorizeFromFiles({ policies, entities, request })), {
      decision: 'allow',
      reasons: [{ policyId: 'policy0', line: 1, file: 'p.cedar' }],
      obligations: [{ name: 'audit', argument: 'strict' }],
      errors: [],
    });
  });

  it('takes parsed JSON, a schema as text or as JSON, and no context', () => {
    const schemas = [
      'entity Team; entity User in [Team] { n: Long }; entity Doc; action read appliesTo { principal: [User], resource: [Doc] };',
      '{"":{"entityTypes":{"Team":{},"Doc":{},"User":{"memberOfTypes":["Team"],"shape":{"type":"Record","attributes":{"n":{"type":"Long"}}}}},"actions":{"read":{"appliesTo":{"principalTypes":["User"],"resourceTypes":["Doc"]}}}}}',
    ];
    for (const schema of schemas) {
      const parsed = {
        principal: { type: 'User', id: 'alice' },
        action: { type: 'Action', id: 'read' },
        resource: { type: 'Doc', id: 'd' },
      };
      const answer = authorizeFromFiles({ policies, schema, entities, request: parsed });
      assert.equal(orThrow(answer).decision, 'allow');
    }
  });

  for (const [what, change, code] of malformed)
    it(`refuses ${what} with ${code}`, () => {
      const answer = authorizeFromFiles({ policies, entities, request, ...change });
      assert.ok(isRefusal(answer));
      assert.equal(answer.error.code, code);
    });

  it('explains every policy', () => {
    const explanation = orThrow(explainFromFiles({ policies, entities, request }));
    assert.equal(explanation.policies[0]?.outcome, 'determining');
  });

  it('agrees with the Cedar integration tests', { skip: skipReason }, () => {
    for (const test of cedarTests())
      for (const { decision, ...asked } of test.requests) {
        const { policies: text, schema, entities: known } = test;
        const answer = authorizeFromFiles({
          policies: text,
          schema,
          entities: known,
          request: asked,
        });
        assert.equal(orThrow(answer).decision, decision, asked.description);
      }
  });
});
