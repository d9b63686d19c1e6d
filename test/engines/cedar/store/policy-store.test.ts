/** The policy store: sources of policies, answers, places of failures, and questions that are none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createEntityStore } from '../../../../src/engines/cedar/entities/entity-store.ts';
import type { CedarDecision } from '../../../../src/engines/cedar/store/decide.ts';
import {
  createPolicyStore,
  type PolicyStore,
} from '../../../../src/engines/cedar/store/policy-store.ts';
import type { CedarRequest } from '../../../../src/engines/cedar/store/request.ts';
import { orThrow, SallyportError } from '../../../../src/kernel/errors.ts';

const ref = (type: string, id: string) => ({ type, id });
const request = {
  principal: ref('User', 'alice'),
  action: ref('Action', 'view'),
  resource: ref('Doc', 'd'),
  context: {},
};
const ids = ({ reasons }: CedarDecision): readonly string[] =>
  reasons.map(({ policyId }) => policyId);

describe('policies', () => {
  it('answers in the form it promises', () => {
    const store = createPolicyStore({
      policies: `permit(principal, action, resource);
        @id("mine") permit(principal == User::"alice", action, resource);
        permit(principal, action, resource) when { context.x };`,
    });
    assert.deepEqual(store.decide(request, []), {
      decision: 'allow',
      reasons: [{ policyId: 'policy0' }, { policyId: 'mine' }],
      errors: [
        { policyId: 'policy2', message: 'context has no attribute `x` (line 3, column 52)' },
      ],
    });
  });

  it('lets a forbid win, also over many permits', () => {
    const policies = `${'permit(principal, action, resource);\n'.repeat(50)}forbid(principal, action, resource is Doc);`;
    assert.deepEqual(ids(createPolicyStore({ policies }).decide(request, [])), ['policy50']);
  });

  it('denies without reasons when nothing matches', () => {
    const answer = createPolicyStore({ policies: '' }).decide(request, []);
    assert.deepEqual(answer, { decision: 'deny', reasons: [], errors: [] });
  });

  const template = 'permit(principal in ?principal, action, resource == ?resource);';
  const values = { '?principal': ref('User', 'alice'), '?resource': ref('Doc', 'd') };
  const link = { templateId: 't', newId: 'linked', values };

  it('links templates from JSON and from the options; unlinked ones decide nothing', () => {
    const set = { staticPolicies: '', templates: { t: template }, templateLinks: [link] };
    assert.deepEqual(ids(createPolicyStore({ policies: set }).decide(request, [])), ['linked']);
    const text = `@id("t") ${template}`;
    const linked = createPolicyStore({ policies: text, links: [link] });
    assert.deepEqual(ids(linked.decide(request, [])), ['linked']);
    assert.deepEqual(ids(createPolicyStore({ policies: text }).decide(request, [])), []);
    assert.throws(() => createPolicyStore({ policies: '', links: [link] }), /no template "t"/);
  });

  it('reads JSON text and lists', () => {
    const json = {
      effect: 'permit',
      principal: { op: 'All' },
      action: { op: 'All' },
      resource: { op: 'All' },
      conditions: [],
    };
    for (const policies of [
      JSON.stringify(json),
      json,
      [json],
      ['permit(principal,action,resource);'],
    ])
      assert.deepEqual(ids(createPolicyStore({ policies }).decide(request, [])), ['policy0']);
  });

  it('refuses what it cannot read, with every place', () => {
    const policies = 'permit(principal, action, resource)\npermit(principl, action, resource);';
    assert.throws(
      () => createPolicyStore({ policies }),
      (error) => {
        assert.ok(error instanceof SallyportError);
        assert.equal(error.code, 'E_CEDAR_POLICIES');
        return Array.isArray(error.data['problems']);
      },
    );
    assert.throws(() => createPolicyStore({ policies: '', schema: 'entity' }), /schema: 1 problem/);
  });
});

describe('a schema', () => {
  it('validates unless told not to', () => {
    const schema =
      'entity User; entity Doc; action view appliesTo { principal: User, resource: Doc };';
    const policies = 'permit(principal, action, resource) when { principal.name == 1 };';
    assert.throws(() => createPolicyStore({ policies, schema }), /validation: 1 problem/);
    const store = createPolicyStore({ policies, schema, validate: false });
    assert.equal(store.decide(request, []).errors[0]?.policyId, 'policy0');
  });

  it('knows the groups of the schema for every kind of entities', () => {
    const schema = `entity User; entity Doc; action look;
      action view in [look] appliesTo { principal: User, resource: Doc };`;
    const policies = `permit(principal, action in Action::"look", resource);
      permit(principal, action, resource) when { action in Action::"look" };`;
    const store = createPolicyStore({ policies, schema });
    const plain = orThrow(createEntityStore());
    const typed = orThrow(createEntityStore(store.schema ? { schema: store.schema } : {}));
    for (const entities of [[], plain, typed, undefined])
      assert.deepEqual(ids(store.decide(request, entities)), ['policy0', 'policy1']);
  });
});

describe('conditions', () => {
  it('evaluates expressions as deep as its readers let in', () => {
    const chain = Array.from({ length: 900 }, () => 'context.a').join(' && ');
    const store = createPolicyStore({
      policies: `permit(principal, action, resource) when { ${chain} };`,
    });
    assert.equal(store.decide({ ...request, context: { a: true } }, []).decision, 'allow');
  });

  it('names the place in the policy that failed, though another has the same condition', () => {
    const line = 'permit(principal, action, resource) when { context.x };';
    const { errors } = createPolicyStore({ policies: `${line}\n\n  ${line}` }).decide(request, []);
    assert.match(errors[0]?.message ?? '', /line 1, column 44/);
    assert.match(errors[1]?.message ?? '', /line 3, column 46/);
  });
});

describe('entities', () => {
  const store = createPolicyStore({
    policies: 'permit(principal in Team::"red", action, resource);',
  });
  const alice = (team: string) => ({
    uid: request.principal,
    attrs: {},
    parents: [ref('Team', team)],
  });

  it('sees every change of a list, and of a store', () => {
    const list = [alice('blue')];
    assert.equal(store.decide(request, list).decision, 'deny');
    list[0] = alice('red');
    assert.equal(store.decide(request, list).decision, 'allow');
    const entities = orThrow(createEntityStore({ entities: list }));
    assert.equal(store.decide(request, entities).decision, 'allow');
    entities.put(alice('blue'));
    assert.equal(store.decide(request, entities).decision, 'deny');
    entities.put({ uid: ref('Team', 'blue'), attrs: {}, parents: [ref('Team', 'red')] });
    assert.equal(store.decide(request, entities).decision, 'allow');
    entities.remove(ref('Team', 'blue'));
    assert.equal(store.decide(request, entities).decision, 'deny');
  });

  it('serves many policy stores from one entity store', () => {
    const entities = orThrow(createEntityStore({ entities: [alice('red')] }));
    const other = createPolicyStore({
      policies: 'forbid(principal in Team::"red", action, resource);',
    });
    for (let n = 0; n < 3; n++) {
      assert.equal(store.decide(request, entities).decision, 'allow');
      assert.deepEqual(ids(other.decide(request, entities)), ['policy0']);
    }
  });
});

describe('questions that are none', () => {
  const store: PolicyStore = createPolicyStore({
    policies: 'permit(principal, action, resource);',
  });
  const thrower = {
    get x(): unknown {
      throw new Error('boom');
    },
  };
  const bad: readonly (readonly [unknown, unknown, RegExp])[] = [
    [null, [], /^request: must be an object/],
    [7, [], /^request: must be an object/],
    [{}, [], /^principal: an entity is written \{type, id\}/],
    [{ ...request, principal: 'User::"x"' }, [], /^principal: an entity is written/],
    [{ ...request, action: { type: 'Action', id: 1 } }, [], /^action: an entity is written/],
    [{ ...request, resource: ref('a b', 'x') }, [], /^resource: "a b" is not the name/],
    [{ ...request, principal: ref('U', '\ud800') }, [], /^principal: the id has a lone surrogate/],
    [{ ...request, context: [] }, [], /^context: a record is written/],
    [{ ...request, context: null }, [], /^context: a record is written/],
    [{ ...request, context: { __entity: ref('U', 'x') } }, [], /^context: a record is needed/],
    [{ ...request, context: thrower }, [], /^request: reading it threw Error: boom/],
    [request, {}, /^entities: must be an entity store or an array/],
    [request, [1], /^entities: entity 0: an entity must be an object/],
  ];
  for (const [asked, entities, message] of bad)
    it(`denies with ${message.source}`, () => {
      const answer = store.decide(asked as CedarRequest, entities as readonly unknown[]);
      assert.equal(answer.decision, 'deny');
      assert.deepEqual(
        answer.errors.map(({ policyId }) => policyId),
        [''],
      );
      assert.match(answer.errors[0]?.message ?? '', message);
    });

  it('takes entities as Cedar writes them in JSON', () => {
    const wrapped = { ...request, principal: { __entity: request.principal } } as unknown;
    assert.equal(store.decide(wrapped as CedarRequest, []).decision, 'allow');
  });
});
