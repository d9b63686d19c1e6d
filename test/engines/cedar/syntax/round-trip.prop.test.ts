/** Trees survive every notation: text and back, JSON and back, and through the oracle. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import {
  type Expr,
  formatExpression,
  formatPolicy,
  isCedarErrors,
  parseExpression,
  policiesFromJson,
  policyToJson,
  policyToJsonText,
  type PolicyNode,
} from '../../../../src/engines/cedar/index.ts';
import { arbitraryExpr, arbitraryPolicy } from './arbitrary-policies.ts';
import { oracleTree, rounded, withoutNulls } from './oracle.ts';
import { parseOne, withoutSpans } from './trees.ts';

/** JSON writes a list of one action as the one, and gives no order to annotations and keys. */
const asJsonTells = (node: PolicyNode): unknown => {
  const { action } = node;
  const isLone = action.kind === 'in' && action.entities.length === 1;
  return { ...node, action: isLone ? { ...action, isList: false } : action };
};

const sortedEntries = (value: unknown): unknown => {
  if (value instanceof Map)
    return new Map([...(value as Map<string, string>)].sort(([a], [b]) => (a < b ? -1 : 1)));
  if (Array.isArray(value)) return value.map(sortedEntries);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, sortedEntries(item)]),
  );
  if (copy['kind'] === 'record')
    (copy['entries'] as { key: string }[]).sort((a, b) => (a.key < b.key ? -1 : 1));
  return copy;
};

test('prints policies that parse back to the same tree', () => {
  fc.assert(
    fc.property(arbitraryPolicy, (node) => {
      assert.deepEqual(withoutSpans(parseOne(formatPolicy(node))), withoutSpans(node));
    }),
    { numRuns: 300 },
  );
});

test('prints expressions that parse back to the same tree', () => {
  fc.assert(
    fc.property(arbitraryExpr, (expr) => {
      const parsed = parseExpression(formatExpression(expr));
      assert.ok(!isCedarErrors(parsed), formatExpression(expr));
      assert.deepEqual(withoutSpans(parsed.expr), withoutSpans(expr));
    }),
    { numRuns: 300 },
  );
});

test('writes JSON that reads back to the same tree, every digit of every integer', () => {
  fc.assert(
    fc.property(arbitraryPolicy, (node) => {
      for (const json of [policyToJsonText(node), policyToJson(node)]) {
        const read = policiesFromJson(json);
        assert.ok(!isCedarErrors(read), inspect(read));
        const [only] = [...read.policies, ...read.templates];
        const expected = sortedEntries(asJsonTells(node));
        assert.deepEqual(sortedEntries(only?.node), expected);
      }
    }),
    { numRuns: 200 },
  );
});

test('prints text and writes JSON that the oracle reads as the same tree', () => {
  fc.assert(
    fc.property(arbitraryPolicy, (node) => {
      const json = rounded(policyToJson(node));
      const fromText = oracleTree(formatPolicy(node));
      assert.ok(fromText !== undefined, formatPolicy(node));
      assert.deepEqual(withoutNulls(fromText), json);
    }),
    { numRuns: 150 },
  );
});

/** Every expression inside a tree, itself included. */
const nodesIn = (value: unknown): readonly Expr[] => {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(nodesIn);
  return 'kind' in value ? [value as Expr, ...inner] : inner;
};

test('gives each node the place of its own text', () => {
  fc.assert(
    fc.property(arbitraryExpr, (expr) => {
      const text = `( ${formatExpression(expr)} )`;
      const parsed = parseExpression(text);
      assert.ok(!isCedarErrors(parsed));
      for (const node of nodesIn(parsed.expr)) {
        assert.ok(node.span !== undefined);
        const own = text.slice(node.span.start, node.span.end);
        const again = parseExpression(own);
        assert.ok(!isCedarErrors(again), `${own} in ${text}`);
        assert.deepEqual(withoutSpans(again.expr), withoutSpans(node), `${own} in ${text}`);
      }
    }),
    { numRuns: 200 },
  );
});
