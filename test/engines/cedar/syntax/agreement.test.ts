/** Our parser and the oracle, over every source we could think of: same verdict, same tree. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatPolicy,
  isCedarErrors,
  parsePolicies,
  policyToJson,
} from '../../../../src/engines/cedar/index.ts';
import { oracleAcceptsText, oracleTree, rounded, withoutNulls } from './oracle.ts';
import { literals } from './sources-of-literals.ts';
import { operators } from './sources-of-operators.ts';
import { policySources } from './sources-of-policies.ts';

const policyWith = (body: string): string => `permit(principal,action,resource) when { ${body} };`;

/** What each parser makes of one policy: its tree, or undefined. */
const compare = (text: string): void => {
  const parsed = parsePolicies(text);
  const expected = oracleTree(text);
  if (isCedarErrors(parsed)) {
    assert.equal(expected, undefined, `we refuse: ${parsed[0]?.message} in ${text}`);
    return;
  }
  const [only] = parsed.policies;
  assert.ok(only !== undefined);
  assert.ok(expected !== undefined, `we accept ${text}`);
  assert.deepEqual(rounded(policyToJson(only.node)), withoutNulls(expected), text);
};

describe('the parser agrees with the oracle', () => {
  it('on operators, attributes, sets and records', () => {
    for (const body of operators) compare(policyWith(body));
  });

  it('on entities, strings, calls and characters', () => {
    for (const body of literals) compare(policyWith(body));
  });

  it('on annotations, scopes and conditions', () => {
    for (const text of policySources) {
      const parsed = parsePolicies(text);
      assert.equal(!isCedarErrors(parsed), oracleAcceptsText(text), text);
      if (!isCedarErrors(parsed) && parsed.policies.length === 1) compare(text);
    }
  });
});

describe('the printer', () => {
  it('writes what the oracle reads as the same tree', () => {
    for (const text of [...operators, ...literals].map(policyWith).concat(policySources)) {
      const parsed = parsePolicies(text);
      if (isCedarErrors(parsed)) continue;
      for (const { node } of parsed.policies) {
        const printed = formatPolicy(node);
        const expected = rounded(policyToJson(node));
        assert.deepEqual(withoutNulls(oracleTree(printed)), expected, printed);
      }
    }
  });
});
