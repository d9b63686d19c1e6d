/** What conditions read: the same as the analysis of JSON policies finds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usageOf as usageOfJson } from '../../../../src/engines/authorization/usage.ts';
import { isCedarErrors } from '../../../../src/engines/cedar/syntax/errors.ts';
import { policyToJson } from '../../../../src/engines/cedar/syntax/json-write.ts';
import { parsePolicies } from '../../../../src/engines/cedar/syntax/parse-policies.ts';
import { usageOf } from '../../../../src/engines/cedar/validate/usage.ts';
import { createDice, randomPolicy } from './random.ts';

const nodeOf = (text: string) => {
  const parsed = parsePolicies(text);
  assert.ok(!isCedarErrors(parsed), text);
  const [policy] = parsed.policies;
  assert.ok(policy !== undefined);
  return policy.node;
};

const usageOfText = (body: string) =>
  usageOf(
    nodeOf(`permit(principal, action, resource) when { ${body} };`).conditions.map(
      (condition) => condition.body,
    ),
  );

test('finds the attributes of the context, nested ones too', () => {
  const { context, principal } = usageOfText(
    'context.network.zone == "a" && context has mfa && principal.age > 1',
  );
  assert.deepEqual([...context.attributes.keys()], ['network', 'mfa']);
  assert.equal(context.attributes.get('network')?.read, false);
  assert.equal(context.attributes.get('network')?.attributes.get('zone')?.read, true);
  assert.equal(context.read, false);
  assert.equal(principal.attributes.get('age')?.read, true);
});

test('tells whose ancestors are asked for', () => {
  const { principal, resource } = usageOfText('principal in resource.owners && resource is A');
  assert.deepEqual([principal.climbs, resource.climbs], [true, false]);
});

test('counts tags and records taken apart as everything', () => {
  const { principal, context } = usageOfText('principal.hasTag("a") && {a: context}.a.b');
  assert.deepEqual([principal.everything, context.everything], [true, true]);
});

/** Paths and marks as plain data; the keys of literals differ between the two, so they go. */
const plain = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (!(value instanceof Map))
    return Object.entries(value as Record<string, unknown>).map(([key, item]) => [
      key,
      plain(item),
    ]);
  return Array.from(value as Map<string, object>, ([key, item]) =>
    JSON.stringify(['ref' in item ? '' : key, plain(item)]),
  ).sort();
};

test('agrees with the analysis of JSON policies on random policies', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const text = randomPolicy(createDice(seed));
    const node = nodeOf(text);
    const json = policyToJson(node) as {
      readonly conditions: readonly { readonly body: unknown }[];
    };
    assert.deepEqual(
      plain(usageOf(node.conditions.map(({ body }) => body))),
      plain(usageOfJson(json.conditions.map(({ body }) => body))),
      text,
    );
  }
});
