/** Partial evaluation by example: what is decided early, what is left, and what search finds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createEntityStore } from '../../../../src/engines/cedar/entities/entity-store.ts';
import {
  decidePartially,
  type PartialRequest,
} from '../../../../src/engines/cedar/partial/decide-partially.ts';
import { searchEntities } from '../../../../src/engines/cedar/partial/search.ts';
import { createPolicyStore } from '../../../../src/engines/cedar/store/policy-store.ts';
import { formatExpression } from '../../../../src/engines/cedar/syntax/format-expression.ts';
import { orThrow } from '../../../../src/kernel/errors.ts';

const ref = (type: string, id: string) => ({ type, id });
const user = { uid: ref('User', 'alice'), attrs: { level: 3 }, parents: [ref('Team', 'red')] };
const doc = (id: string, folder: string, secret: boolean) => ({
  uid: ref('Doc', id),
  attrs: { secret, owner: { __entity: ref('User', id === 'd1' ? 'alice' : 'bob') } },
  parents: [ref('Folder', folder)],
});
const entities = orThrow(
  createEntityStore({
    entities: [user, doc('d1', 'a', true), doc('d2', 'a', false), doc('d3', 'b', false)],
  }),
);
const asked = { principal: ref('User', 'alice'), action: ref('Action', 'read') };

const partially = (policies: string, request: PartialRequest) => {
  const { decision, residuals, errors } = decidePartially(
    createPolicyStore({ policies }),
    request,
    entities,
  );
  const left = residuals.map(({ condition }) => formatExpression(condition));
  return { decision, left, errors: errors.map(({ policyId }) => policyId) };
};
const permit = (condition: string): string =>
  `permit(principal, action, resource) when { ${condition} };`;

const open = { ...asked, context: {} };
const cases: readonly (readonly [
  string,
  PartialRequest,
  'allow' | 'deny' | undefined,
  readonly string[],
])[] = [
  [permit('principal.level > 2'), open, 'allow', []],
  [permit('principal.level > 9'), open, 'deny', []],
  [
    permit('principal.level > 2 && resource.secret == false'),
    open,
    undefined,
    ['resource.secret == false'],
  ],
  [
    'permit(principal in Team::"red", action, resource in Folder::"a");',
    open,
    undefined,
    ['resource in Folder::"a"'],
  ],
  ['permit(principal in Team::"blue", action, resource in Folder::"a");', open, 'deny', []],
  [
    'permit(principal, action, resource is Doc);',
    { ...open, resource: { type: 'Doc' } },
    'allow',
    [],
  ],
  [
    'permit(principal, action, resource is Doc);',
    { ...open, resource: { type: 'Pic' } },
    'deny',
    [],
  ],
  [
    'permit(principal, action, resource == Doc::"d1");',
    { ...open, resource: { type: 'Pic' } },
    'deny',
    [],
  ],
  [permit('resource in Folder::"a" && false'), open, 'deny', []],
  [permit('resource in Folder::"a" || true'), open, 'allow', []],
  [permit('resource.secret && false'), open, undefined, ['resource.secret && false']],
  [permit('context.mfa'), { ...asked, resource: ref('Doc', 'd1') }, undefined, ['context.mfa']],
  [
    permit('context.mfa && context.risk < 5'),
    { ...asked, resource: ref('Doc', 'd1'), context: { risk: 3 }, unknownContext: ['mfa'] },
    undefined,
    ['context.mfa && true'],
  ],
  [
    `${permit('true')} forbid(principal, action, resource) when { resource.secret };`,
    open,
    undefined,
    ['resource.secret'],
  ],
  [
    `${permit('resource.secret')} forbid(principal, action, resource);`,
    open,
    'deny',
    ['resource.secret'],
  ],
];

describe('residuals', () => {
  for (const [policies, request, decision, left] of cases)
    it(`leaves ${JSON.stringify(left)} of ${policies}`, () =>
      assert.deepEqual(partially(policies, request), { decision, left, errors: [] }));

  it('reports what fails in any case, keeps what may fail', () => {
    const policies = `${permit('principal.gone && resource.secret')} ${permit('resource.secret && principal.gone')}`;
    assert.deepEqual(partially(policies, open), {
      decision: undefined,
      left: ['resource.secret && principal.gone'],
      errors: ['policy0'],
    });
  });

  it('says what is wrong with the question', () => {
    const answer = decidePartially(
      createPolicyStore({ policies: permit('true') }),
      { principal: { type: 'a b' } },
      entities,
    );
    assert.match(
      answer.errors[0]?.message ?? '',
      /principal: "a b" is not the name of an entity type/,
    );
  });
});

describe('search', () => {
  const store = createPolicyStore({
    policies: `permit(principal in Team::"red", action == Action::"read", resource in Folder::"a");
      permit(principal, action == Action::"write", resource) when { resource.owner == principal };
      forbid(principal, action, resource) when { resource.secret && !(context has mfa) };`,
  });
  const ids = (answer: ReturnType<typeof searchEntities>): readonly string[] =>
    answer.found.map(({ id }) => id);

  it('finds what a principal may read, who may, and what may be done', () => {
    const resources = { find: 'resource', type: 'Doc' } as const;
    assert.deepEqual(ids(searchEntities(store, { ...resources, request: asked }, entities)), [
      'd2',
    ]);
    const context = { mfa: true };
    const strong = { ...resources, request: { ...asked, context } };
    assert.deepEqual(ids(searchEntities(store, strong, entities)), ['d1', 'd2']);
    assert.deepEqual(ids(searchEntities(store, { ...strong, limit: 1 }, entities)), ['d1']);
    const resource = ref('Doc', 'd1');
    const who = { find: 'principal', type: 'User' } as const;
    const request = { action: ref('Action', 'write'), resource, context };
    assert.deepEqual(ids(searchEntities(store, { ...who, request }, entities)), ['alice']);
    const what = {
      find: 'action',
      type: 'Action',
      request: { principal: asked.principal, resource, context },
      candidates: ['read', 'write', 'delete'].map((id) => ref('Action', id)),
    } as const;
    assert.deepEqual(ids(searchEntities(store, what, entities)), ['read', 'write']);
  });

  it('gives nothing for types nobody knows, and says which part is missing', () => {
    const search = { find: 'resource', type: 'Nothing', request: asked } as const;
    assert.deepEqual(searchEntities(store, search, entities), { found: [] });
    const missing = { ...search, request: { principal: asked.principal } };
    assert.match(searchEntities(store, missing, entities).problem ?? '', /^action: is needed/);
  });
});
