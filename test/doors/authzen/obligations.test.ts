/** Obligations profile: types, denials, what enforcement points say they can carry out. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Decision } from '../../../src/domains/access/index.ts';
import { supportedObligations } from '../../../src/doors/authzen/obligations.ts';
import { toAnswer } from '../../../src/doors/authzen/to-answer.ts';
import { openDecisionPoint } from './decision-point.ts';

const subject = { type: 'user', id: 'alice' };
const decided = (decision: Decision['decision'], name: string, argument?: string): Decision => ({
  decision,
  reasons: [{ policyId: 'p1' }, { policyId: 'p2' }],
  obligations: [argument === undefined ? { name } : { name, argument }],
  errors: [],
});
const obligationOf = (decision: Decision): unknown => {
  const obligations = toAnswer(decision, { subject }).context?.['obligations'];
  return (obligations as readonly unknown[] | undefined)?.[0];
};

describe('an obligation', () => {
  const custom = (name: string, argument?: string) => ({
    type: 'custom',
    properties: argument === undefined ? { name } : { name, argument },
  });
  const body = 'Access was permitted by p1, p2.';
  const cases: readonly (readonly [string, string | undefined, object])[] = [
    ['step_up', 'aal2', { type: 'step-up', properties: { acr_value: 'aal2' } }],
    [
      'step_up',
      'aal2@otp/hwk',
      { type: 'step-up', properties: { acr_value: 'aal2', amr_values: ['otp', 'hwk'] } },
    ],
    ['step_up', undefined, custom('step_up')],
    ['step_up', 'aal2@', custom('step_up', 'aal2@')],
    ['step_up', 'aal2@otp//x', custom('step_up', 'aal2@otp//x')],
    [
      'notification',
      'soc@example.com',
      { type: 'notification', properties: { to: 'soc@example.com', body } },
    ],
    [
      'notification',
      'soc/break-glass',
      { type: 'notification', properties: { to: 'soc', body, topic: 'break-glass' } },
    ],
    ['notification', undefined, custom('notification')],
    ['notification', 'soc/', custom('notification', 'soc/')],
    ['session_termination', undefined, { type: 'session_termination', properties: { subject } }],
    ['session_termination', 'bob', custom('session_termination', 'bob')],
    ['round_scores', '2', custom('round_scores', '2')],
    ['drop_logprobs', undefined, custom('drop_logprobs')],
    ['constructor', undefined, custom('constructor')],
  ];
  for (const [name, argument, wanted] of cases)
    it(`${name}:${argument ?? ''} is ${JSON.stringify(wanted)}`, () => {
      const id = argument === undefined ? name : `${name}:${argument}`;
      assert.deepEqual(obligationOf(decided('allow', name, argument)), { id, ...wanted });
    });

  it('stands in a denial as in a permit, in its words', () => {
    assert.deepEqual(obligationOf(decided('deny', 'notification', 'soc')), {
      id: 'notification:soc',
      type: 'notification',
      properties: { to: 'soc', body: 'Access was denied by p1, p2.' },
    });
  });

  it('is of an announced type', () => {
    for (const [name, argument] of cases) {
      const { type } = obligationOf(decided('allow', name, argument)) as { readonly type: string };
      assert.ok(supportedObligations.includes(type));
    }
  });
});

const point = await openDecisionPoint({
  schema: `entity User; entity record;
    action read, write, list, strict appliesTo { principal: [User], resource: [record],
      context: { supported_obligations?: Set<String> } };`,
  policies: `
    @id("plain") permit (principal, action == Action::"list", resource);
    @id("strong") @obligations("step_up:aal2") permit (principal, action == Action::"read", resource);
    @id("both") @obligations("step_up:aal2, audit:strict")
    permit (principal, action == Action::"write", resource);
    @id("able") permit (principal, action == Action::"strict", resource)
      when { context has supported_obligations && context.supported_obligations.containsAll(["step-up"])
        && !context.supported_obligations.contains("teleport") };`,
  entities: [
    { uid: { type: 'User', id: 'alice' }, attrs: {}, parents: [] },
    { uid: { type: 'record', id: 'r1' }, attrs: {}, parents: [] },
  ],
});
after(() => point.close());

const question = (name: string, supported?: unknown) => ({
  subject,
  action: { name },
  resource: { type: 'record', id: 'r1' },
  ...(supported === undefined ? {} : { context: { supported_obligations: supported } }),
});
type Answer = {
  readonly decision: boolean;
  readonly context?: { readonly obligations?: readonly object[]; readonly error?: unknown };
};
const ask = async (name: string, supported?: unknown): Promise<Answer> =>
  (await point.post('evaluation', question(name, supported))) as Answer;

describe('an enforcement point that says what it can carry out', () => {
  const cases: readonly (readonly [string, unknown, boolean])[] = [
    ['list', [], true],
    ['read', undefined, true],
    ['read', ['step-up'], true],
    ['read', ['step-up', 'teleport'], true],
    ['read', [], false],
    ['read', ['custom', 'teleport'], false],
    ['read', 'step-up', true],
    ['write', ['step-up'], false],
    ['write', ['custom', 'step-up'], true],
    ['strict', ['teleport', 'step-up', 7], true],
    ['strict', undefined, false],
    ['strict', 'step-up', false],
  ];
  for (const [action, supported, decision] of cases)
    it(`${JSON.stringify(supported)}: ${action} is ${decision}`, async () => {
      assert.equal((await ask(action, supported)).decision, decision);
    });

  it('is told what it lacks, and still gets all obligations', async () => {
    const { decision, context } = await ask('write', ['step-up']);
    assert.equal(decision, false);
    assert.equal(context?.obligations?.length, 2);
    assert.deepEqual(context.error, {
      status: 403,
      message: 'obligation audit:strict is not supported',
    });
  });

  it('finds in searches only what an evaluation would permit', async () => {
    const { action: _action, ...rest } = question('', ['step-up']);
    const { results } = (await point.post('search/action', rest)) as {
      readonly results: readonly { readonly name: string }[];
    };
    assert.deepEqual(results.map(({ name }) => name).sort(), ['list', 'read', 'strict']);
    for (const { name } of results) assert.equal((await ask(name, ['step-up'])).decision, true);
  });
});
