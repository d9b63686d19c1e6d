/** COAZ mappings: envelopes, leaves, absent values, required fields, entries. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { coazErrors, readMapping } from '../../../src/engines/coaz/index.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import type { JsonValue } from '../../../src/kernel/json-value.ts';

const params = {
  account: 'acc-1',
  amount: 12,
  list: ['a', 'b'],
  entries: [{ action: { name: 'x' } }],
  thing: { type: 'file', id: 'f-1', extra: 1 },
  nothing: null,
  subject: { subject: { type: 'user', id: 'mallory' } },
};
const token = { sub: 'alice', groups: ['staff'] };

/** The request, or path and detail of what is wrong. */
const map = (mapping: JsonValue): unknown => {
  const read = readMapping(mapping, ['params', 'token']);
  const mapped = isRefusal(read) ? read : read.apply({ params, token });
  if (!isRefusal(mapped)) return mapped.request;
  assert.equal(mapped.error, coazErrors.E_COAZ_MAPPING);
  return mapped.detail;
};

const subject = { type: 'user', id: '$token.sub' };
const action = { name: 'pay' };
const resource = { type: 'account', id: '$params.account' };
const whole = { subject, action, resource };
const filled = {
  subject: { type: 'user', id: 'alice' },
  action,
  resource: { type: 'account', id: 'acc-1' },
};

describe('a mapping of one evaluation', () => {
  const cases: readonly (readonly [string, object, unknown])[] = [
    ['fills expressions', {}, filled],
    [
      'keeps JSON that is no expression',
      { context: { a: [1, null, true, { b: 'text' }] } },
      { ...filled, context: { a: [1, null, true, { b: 'text' }] } },
    ],
    [
      'writes $$ as $',
      { context: { a: '$$5', b: '$$$x' } },
      { ...filled, context: { a: '$5', b: '$$x' } },
    ],
    [
      'keeps the type of what an expression gives',
      { context: { n: '$params.amount', l: '$params.list', m: '$token' } },
      { ...filled, context: { n: 12, l: ['a', 'b'], m: token } },
    ],
    [
      'leaves out what is absent, in objects and lists',
      { context: { a: '$params.?zz', b: ['$params.?zz', 1], c: '$params.?nothing' } },
      { ...filled, context: { b: [1], c: null } },
    ],
    ['leaves out a whole context', { context: '$params.?zz' }, filled],
    [
      'takes an object from an expression, and of it what belongs there',
      { resource: '$params.thing' },
      { ...filled, resource: { type: 'file', id: 'f-1' } },
    ],
    [
      'carries properties',
      { subject: { ...subject, properties: { groups: '$token.groups' } } },
      { ...filled, subject: { ...filled.subject, properties: { groups: ['staff'] } } },
    ],
    ['drops members it does not know', { extra: 1 }, filled],
  ];
  for (const [what, more, wanted] of cases)
    it(what, () =>
      assert.deepEqual(map({ evaluation: { ...whole, ...more } } as JsonValue), wanted),
    );
});

describe('a mapping error', () => {
  const one = (more: object): JsonValue => ({ evaluation: { ...whole, ...more } }) as JsonValue;
  const batch = (more: object): JsonValue =>
    ({ evaluations: { subject, action, evaluations: [{ resource }], ...more } }) as JsonValue;
  const cases: readonly (readonly [JsonValue, RegExp])[] = [
    [null, /^mapping: must hold exactly one/],
    [{}, /exactly one/],
    ['$params', /exactly one/],
    [[], /exactly one/],
    [{ evaluation: whole, evaluations: { ...whole, evaluations: [{}] } }, /exactly one/],
    [{ evaluation: '$params.thing' }, /^evaluation: must be written as an object/],
    [{ evaluation: [whole] }, /^evaluation: must be written as an object/],
    [one({ subject: undefined }), /^evaluation.subject: required, but absent/],
    [one({ action: null }), /^evaluation.action: required, but absent/],
    [one({ action: {} }), /^evaluation.action.name: required, but absent/],
    [one({ resource: '$params.?zz' }), /^evaluation.resource: required, but absent/],
    [one({ resource: 'text' }), /^evaluation.resource: must be an object/],
    [one({ resource: { ...resource, id: '$params.?zz' } }), /resource.id: required, but absent/],
    [
      one({ resource: { ...resource, id: '$params.nothing' } }),
      /resource.id: required, but absent/,
    ],
    [one({ resource: { ...resource, id: '$params.amount' } }), /resource.id: must be text/],
    [one({ resource: { ...resource, id: '$params.list' } }), /resource.id: must be text/],
    [one({ resource: { ...resource, id: '' } }), /resource.id: required, but empty/],
    [one({ resource: '$params.list' }), /resource: must be an object/],
    [one({ context: 'text' }), /context: must be an object/],
    [one({ subject: { ...subject, properties: 1 } }), /subject.properties: must be an object/],
    [one({ context: { a: '$params.zz' } }), /^evaluation.context.a: column 8: no such member/],
    [one({ context: { a: ['x', '$('] } }), /^evaluation.context.a.1: column 2: /],
    [one({ context: { a: '$' } }), /^evaluation.context.a: column 1: /],
    [one({ context: { a: '$nobody' } }), /nobody is unknown; there are params, token/],
    [one({ context: { many: Array.from({ length: 1001 }, () => 1) } }), /too large/],
    [one({ context: { many: Array.from({ length: 101 }, () => '$1') } }), /more than 100 expr/],
    [batch({ subject: null }), /^evaluations.subject: required, but absent/],
    [batch({ evaluations: undefined }), /^evaluations.evaluations: must be written out/],
    [batch({ evaluations: '$params.entries' }), /^evaluations.evaluations: must be written out/],
    [batch({ evaluations: [] }), /must be a list with entries/],
    [batch({ evaluations: ['$params.thing'] }), /evaluations.0: must be written as an object/],
    [batch({ evaluations: [{ resource, subject }] }), /evaluations.0.subject: an entry has no/],
    [batch({ evaluations: [{}] }), /evaluations.0.resource: required, but absent/],
    [
      batch({ evaluations: [{ resource, action: null }] }),
      /evaluations.0.action: required, but abs/,
    ],
    [batch({ action: undefined }), /evaluations.0.action: required, but absent/],
    [
      batch({ evaluations: Array.from({ length: 101 }, () => ({ resource })) }),
      /more than 100 entries/,
    ],
    [batch({ options: { evaluations_semantic: 'permit_on_first_permit' } }), /must be one of/],
  ];
  for (const [mapping, wanted] of cases)
    it(`${wanted.source}: ${JSON.stringify(mapping).slice(0, 100)}`, () => {
      const answer = map(JSON.parse(JSON.stringify(mapping)) as JsonValue);
      assert.match(String(answer), wanted);
    });
});

describe('a mapping of several evaluations', () => {
  it('keeps defaults, entries and options apart', () => {
    const mapping = {
      evaluations: {
        subject,
        action,
        context: { a: '$params.amount' },
        evaluations: [
          { resource },
          { resource: '$params.thing', action: { name: 'look' }, context: { l: '$params.list' } },
        ],
        options: { evaluations_semantic: 'deny_on_first_deny', other: 1 },
      },
    };
    assert.deepEqual(map(mapping), {
      subject: filled.subject,
      action,
      context: { a: 12 },
      evaluations: [
        { resource: filled.resource },
        {
          action: { name: 'look' },
          resource: { type: 'file', id: 'f-1' },
          context: { l: ['a', 'b'] },
        },
      ],
      options: { evaluations_semantic: 'deny_on_first_deny' },
    });
  });

  it('never fans out a list inside an entry', () => {
    const entry = { resource: { type: 'file', id: '$params.list' } };
    const mapping = { evaluations: { subject, action, evaluations: [entry] } };
    assert.match(String(map(mapping)), /evaluations.0.resource.id: must be text/);
  });
});

describe('the expressions of a mapping', () => {
  it('share one budget', () => {
    const costly = '$params.text.contains(params.part)';
    const mapping = (count: number): JsonValue => ({
      evaluation: { ...whole, context: { all: Array.from({ length: count }, () => costly) } },
    });
    const given = { params: { ...params, text: 'a'.repeat(20_000), part: 'a'.repeat(2_000) } };
    const isRefused = (count: number): boolean => {
      const read = readMapping(mapping(count), ['params', 'token']);
      assert.ok(!isRefusal(read));
      return isRefusal(read.apply({ ...given, token }));
    };
    assert.deepEqual([isRefused(2), isRefused(90)], [false, true]);
  });
});
