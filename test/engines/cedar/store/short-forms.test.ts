/** With a schema, values in their short forms mean to us what they mean to Cedar. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import type * as Cedar from '@cedar-policy/cedar-wasm/nodejs';
import { createPolicyStore } from '../../../../src/engines/cedar/store/policy-store.ts';

const cedar = createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs') as typeof Cedar;

const shape =
  '{ ip?: ipaddr, d?: decimal, at?: datetime, lasts?: duration, friend?: F, text?: String,'.concat(
    ' ips?: Set<ipaddr>, friends?: Set<F>, deep?: { d: decimal, all?: Set<{ friend: F }> } }',
  );
const schema = `entity F; entity E ${shape} tags ipaddr; entity R;
  action look; action view in [look] appliesTo { principal: E, resource: R, context: ${shape} };`;

const ref = (type: string, id: string) => ({ type, id });
const friend = ref('F', 'x');
const values: readonly (readonly [object, string])[] = [
  [{ ip: '10.0.0.0/8' }, '$.ip == ip("10.0.0.0/8")'],
  [{ ip: { fn: 'ip', arg: '1.1.1.1' } }, '$.ip == ip("1.1.1.1")'],
  [{ ip: { __extn: { fn: 'ip', arg: '1.1.1.1' } } }, '$.ip == ip("1.1.1.1")'],
  [{ ip: 'no address' }, 'true'],
  [{ d: '1.5' }, '$.d == decimal("1.50")'],
  [{ at: '1970-01-01' }, '$.at == datetime("1970-01-01T00:00:00Z")'],
  [
    {
      at: {
        fn: 'offset',
        args: [
          { __extn: { fn: 'datetime', arg: '1970-01-01' } },
          { __extn: { fn: 'duration', arg: '1d' } },
        ],
      },
    },
    '$.at == datetime("1970-01-02")',
  ],
  [{ lasts: '1d' }, '$.lasts == duration("24h")'],
  [{ friend }, '$.friend == F::"x"'],
  [{ friend: { __entity: friend } }, '$.friend == F::"x"'],
  [{ text: '10.0.0.0/8' }, '$.text == "10.0.0.0/8"'],
  [{ ips: ['1.1.1.1', { fn: 'ip', arg: '::1' }] }, '$.ips == [ip("::1"), ip("1.1.1.1")]'],
  [{ friends: [friend, { __entity: friend }] }, '$.friends == [F::"x"]'],
  [
    { deep: { d: '1.0', all: [{ friend }] } },
    '$.deep == {d: decimal("1.0"), all: [{friend: F::"x"}]}',
  ],
];

type Question = {
  readonly policies: string;
  readonly entities: readonly object[];
  readonly context: object;
};
const request = {
  principal: ref('E', 'p'),
  action: ref('Action', 'view'),
  resource: ref('R', 'r'),
};

const askCedar = ({ policies, entities, context }: Question): string => {
  const call = { ...request, context, entities, schema, policies: { staticPolicies: policies } };
  const answer = cedar.isAuthorized(call as unknown as Parameters<typeof cedar.isAuthorized>[0]);
  return answer.type === 'success' ? answer.response.decision : 'refused';
};

const askUs = ({ policies, entities, context }: Question): string => {
  const store = createPolicyStore({ policies, schema, validate: false });
  const { decision, errors } = store.decide({ ...request, context: { ...context } }, entities);
  return errors[0]?.policyId === '' ? 'refused' : decision;
};

const agree = (question: Question, answers: readonly string[]): void => {
  const ours = askUs(question);
  assert.equal(ours, askCedar(question));
  assert.ok(answers.includes(ours), ours);
};

describe('short forms', () => {
  for (const [value, condition] of values) {
    const when = (of: string): string =>
      `permit(principal, action, resource) when { ${condition.replaceAll('$', () => of)} };`;
    const entity = { uid: request.principal, attrs: value, parents: [] };

    it(`are read in entities: ${JSON.stringify(value)}`, () => {
      const question = { policies: when('principal'), entities: [entity], context: {} };
      agree(question, condition === 'true' ? ['refused'] : ['allow']);
    });

    it(`are read in the context: ${JSON.stringify(value)}`, () => {
      const question = { policies: when('context'), entities: [], context: value };
      agree(question, condition === 'true' ? ['refused'] : ['allow']);
    });
  }

  it('are read in tags, and actions have their groups', () => {
    const policies = `permit(principal, action in Action::"look", resource)
      when { principal.getTag("t") == ip("1.1.1.1") };`;
    const entity = { uid: request.principal, attrs: {}, parents: [], tags: { t: '1.1.1.1' } };
    agree({ policies, entities: [entity], context: {} }, ['allow']);
  });
});
