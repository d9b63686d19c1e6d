/** JSON policies: the oracle's verdicts and trees, sets with templates and links, exact integers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatPolicy,
  isCedarErrors,
  policiesFromJson,
  policyToJson,
  policyToJsonText,
} from '../../../../src/engines/cedar/index.ts';
import { oracleAcceptsSet, oracleTree, rounded, withoutNulls } from './oracle.ts';
import { jsonActions, jsonConstraints, jsonExpressions } from './sources-of-json.ts';
import { parseOne, withoutSpans } from './trees.ts';

const all = { op: 'All' };
const policy = (part: object = {}): object => ({
  effect: 'permit',
  principal: all,
  action: all,
  resource: all,
  conditions: [],
  ...part,
});
const withBody = (body: unknown): object => policy({ conditions: [{ kind: 'when', body }] });
const user = { type: 'User', id: 'a' };
const template = policy({ principal: { op: '==', slot: '?principal' } });
const wide = { ...template, resource: { op: 'in', slot: '?resource' } };
const link = (values: object, newId = 'l', templateId = 't'): object => ({
  templateId,
  newId,
  values,
});

/** Same verdict; and when both accept, the oracle reads our text as our tree. */
const compare = (json: object): void => {
  const read = policiesFromJson(json);
  const label = JSON.stringify(json);
  if (isCedarErrors(read)) {
    assert.equal(oracleTree(json), undefined, `we refuse ${label}: ${read[0]?.message}`);
    return;
  }
  assert.ok(oracleTree(json) !== undefined, `we accept ${label}`);
  const [only] = [...read.policies, ...read.templates];
  assert.ok(only !== undefined);
  const canPrint = !JSON.stringify(json).match(/"attr":\["(a b|if)"/);
  const again = canPrint ? formatPolicy(only.node) : policyToJson(only.node);
  assert.deepEqual(withoutNulls(oracleTree(again)), rounded(policyToJson(only.node)), label);
};

describe('policies in JSON', () => {
  it('agree with the oracle on expressions and literals', () => {
    for (const body of jsonExpressions) compare(withBody(body));
  });

  it('agree with the oracle on scopes', () => {
    for (const principal of jsonConstraints) compare(policy({ principal }));
    for (const action of jsonActions) compare(policy({ action }));
    compare(policy({ resource: { op: 'in', slot: '?resource' } }));
    compare(policy({ resource: { op: '==', slot: '?principal' } }));
  });

  it('agree with the oracle on members, annotations and conditions', () => {
    const { effect: _, ...noEffect } = policy() as Record<string, unknown>;
    const { conditions: __, ...noConditions } = policy() as Record<string, unknown>;
    const parts: readonly object[] = [
      { effect: 'allow' },
      { x: 1 },
      { conditions: {} },
      { conditions: null },
      { annotations: { a: 'b', if: '', c: null } },
      { annotations: { 'a b': 'c' } },
      { annotations: { a: 1 } },
      { annotations: null },
      { annotations: { '': 'c' } },
      { annotations: { __cedar: 'x' } },
      { conditions: [{ kind: 'when' }] },
      { conditions: [{ kind: 'if', body: { Value: true } }] },
      { conditions: [{ kind: 'when', body: { Value: true }, x: 1 }] },
    ];
    for (const part of parts) compare(policy(part));
    for (const json of [noConditions, noEffect]) compare(json);
  });

  it('are refused where text could not write them, though the oracle reads them', () => {
    for (const body of [{ lessThan: [] }, { Value: { __extn: { fn: 'foo', arg: '1' } } }]) {
      assert.ok(isCedarErrors(policiesFromJson(withBody(body))));
      assert.ok(oracleTree(withBody(body)) !== undefined);
    }
  });

  it('say where the fault is', () => {
    const body = { '&&': { left: { Value: true }, right: { Set: [{ Value: 1.5 }] } } };
    const read = policiesFromJson({ staticPolicies: { p: withBody(body) } });
    assert.ok(isCedarErrors(read));
    assert.match(
      read[0]?.message ?? '',
      / at staticPolicies\.p\.conditions\[0\]\.body\.&&\.right\.Set\[0\]\.Value$/,
    );
    const text = policiesFromJson('{"effect":\n "permit",, }');
    assert.ok(isCedarErrors(text));
    assert.deepEqual([text[0]?.line, text[0]?.column], [2, 11]);
  });
});

describe('integers in JSON', () => {
  const longs = ['9223372036854775807', '-9223372036854775808', '9007199254740993', '-0', '12'];

  it('keep every digit in text, both ways', () => {
    for (const digits of longs) {
      const text = JSON.stringify(withBody({ Value: '@' })).replace('"@"', digits);
      const read = policiesFromJson(text);
      assert.ok(!isCedarErrors(read));
      const [only] = read.policies;
      assert.ok(only !== undefined);
      assert.deepEqual(only.node.conditions[0]?.body, { kind: 'long', value: BigInt(digits) });
      assert.ok(policyToJsonText(only.node).includes(`"Value":${BigInt(digits)}`));
      assert.ok(formatPolicy(only.node).includes(`{ ${BigInt(digits)} }`));
    }
  });

  it('are refused beyond 64 bits, with a fraction or an exponent, and unsafe as numbers', () => {
    for (const digits of ['9223372036854775808', '-9223372036854775809', '1.0', '1e3', '1.5'])
      assert.ok(
        isCedarErrors(
          policiesFromJson(JSON.stringify(withBody({ Value: '@' })).replace('"@"', digits)),
        ),
        digits,
      );
    assert.ok(isCedarErrors(policiesFromJson(withBody({ Value: 2 ** 53 }))));
    assert.ok(!isCedarErrors(policiesFromJson(withBody({ Value: 2n ** 53n }))));
  });
});

const text = 'permit(principal,action,resource);';
const slotText = 'permit(principal==?principal,action,resource);';
const sets: readonly object[] = [
  {},
  { staticPolicies: { a: policy() } },
  { staticPolicies: [text] },
  { staticPolicies: [text + text] },
  { staticPolicies: { a: text } },
  { staticPolicies: text + text },
  { staticPolicies: { a: template } },
  { staticPolicies: slotText },
  { templates: { a: policy() } },
  { templates: { t: template } },
  { templates: { t: slotText } },
  { templates: [template] },
  { staticPolicies: {}, x: 1 },
  { staticPolicies: null },
  { staticPolicies: { '': policy() } },
  { staticPolicies: [''] },
  { templates: { t: template }, templateLinks: [link({ '?principal': user })] },
  { templates: { t: template }, templateLinks: [link({ '?principal': { __entity: user } })] },
  { templates: { t: template }, templateLinks: [link({})] },
  {
    templates: { t: template },
    templateLinks: [link({ '?principal': user, '?resource': user })],
  },
  { templates: { t: template }, templateLinks: [link({ '?principal': user, '?x': user })] },
  { templateLinks: [link({})] },
  { templates: { t: template }, templateLinks: [link({ '?principal': user }, 't')] },
  {
    staticPolicies: { l: policy() },
    templates: { t: template },
    templateLinks: [link({ '?principal': user })],
  },
  {
    templates: { t: template },
    templateLinks: [link({ '?principal': user }), link({ '?principal': user })],
  },
  { staticPolicies: { t: policy() }, templateLinks: [link({})] },
  { staticPolicies: { t: policy() }, templates: { t: template } },
  { templates: { t: wide }, templateLinks: [link({ '?principal': user })] },
  { templates: { t: wide }, templateLinks: [link({ '?principal': user, '?resource': user })] },
  { templates: { t: template }, templateLinks: [{ ...link({ '?principal': user }), x: 1 }] },
  { templates: { t: template }, templateLinks: [{ templateId: 't', newId: 'l' }] },
  {
    templates: { t: template },
    templateLinks: [link({ '?principal': { type: 'a b', id: 'x' } })],
  },
];

describe('policy sets in JSON', () => {
  it('agree with the oracle', () => {
    for (const set of sets)
      assert.equal(
        !isCedarErrors(policiesFromJson(set)),
        oracleAcceptsSet(set),
        JSON.stringify(set),
      );
  });

  it('are read alike from text and from objects', () => {
    for (const set of sets) {
      const [fromText, fromObject] = [policiesFromJson(JSON.stringify(set)), policiesFromJson(set)];
      assert.deepEqual(fromText, fromObject);
    }
  });

  it('name policies by key, annotation or place, and remember the template of a link', () => {
    const ids = (set: object): readonly string[] => {
      const read = policiesFromJson(set);
      return isCedarErrors(read) ? [] : read.policies.map(({ id }) => id);
    };
    assert.deepEqual(ids({ staticPolicies: { k: `@id("x")${text}` } }), ['k']);
    assert.deepEqual(ids({ staticPolicies: `@id("x")${text}${text}` }), ['x', 'policy1']);
    assert.deepEqual(ids({ staticPolicies: [policy(), policy()] }), ['policy0', 'policy1']);
    assert.deepEqual(ids(policy()), ['policy0']);
    assert.deepEqual(ids(policy({ annotations: { id: 'y' } })), ['y']);
    const linked = policiesFromJson({
      templates: { t: slotText },
      templateLinks: [link({ '?principal': user })],
    });
    assert.ok(!isCedarErrors(linked));
    assert.equal(linked.policies[0]?.templateId, 't');
    assert.deepEqual(
      withoutSpans(linked.policies[0]?.node),
      withoutSpans(parseOne('permit(principal == User::"a",action,resource);')),
    );
  });

  it('refuse duplicate members of an object', () => {
    const doubled = '{"staticPolicies":{"a":"x","a":"x"}}';
    const read = policiesFromJson(doubled);
    assert.ok(isCedarErrors(read) && read[0]?.code === 'E_CEDAR_JSON');
  });
});
