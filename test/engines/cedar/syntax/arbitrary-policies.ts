/** Generated policies: every node of the syntax tree, names and strings of every kind. */
import fc from 'fast-check';
import type {
  ActionConstraint,
  BinaryOperator,
  Condition,
  EntityUid,
  Expr,
  PatternPart,
  PolicyNode,
  ScopeConstraint,
} from '../../../../src/engines/cedar/index.ts';

const word = fc.constantFrom('a', 'B', '_x1', 'principal', 'when', 'permit', 'unknown', 'ip', 'T9');
const typeName = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join('::'));
const text = fc.oneof(
  word,
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('', 'if', '__cedar', '"', '\\', '*', '\\*', '\0\r\n\t', '\u{202e}', '😀', '0'),
);
const uid: fc.Arbitrary<EntityUid> = fc.record({ type: typeName, id: text });
const long = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, -(2n ** 63n), 2n ** 63n - 1n),
);

/** Neighbouring literals are one part, as the parser makes them. */
const pattern = fc
  .array(fc.oneof(fc.constant('wildcard' as const), text), { maxLength: 5 })
  .map((parts) => {
    const merged: PatternPart[] = [];
    for (const part of parts) {
      const last = merged.at(-1);
      if (part === 'wildcard') merged.push(part);
      else if (part === '') continue;
      else if (typeof last === 'object')
        merged[merged.length - 1] = { literal: last.literal + part };
      else merged.push({ literal: part });
    }
    return merged;
  });

const hasPath = fc.oneof(
  text.map((name): [string, ...string[]] => [name]),
  fc.tuple(word, word, word).map((names): [string, ...string[]] => names),
);

const operators: readonly BinaryOperator[] = [
  ...(['==', '!=', '<', '<=', '>', '>=', '+', '-', '*', 'in'] as const),
  ...(['contains', 'containsAll', 'containsAny', 'getTag', 'hasTag'] as const),
];

const leaf: fc.Arbitrary<Expr> = fc.oneof(
  fc.boolean().map((value): Expr => ({ kind: 'bool', value })),
  long.map((value): Expr => ({ kind: 'long', value })),
  text.map((value): Expr => ({ kind: 'string', value })),
  uid.map((entity): Expr => ({ kind: 'entity', uid: entity })),
  fc
    .constantFrom('principal' as const, 'action' as const, 'resource' as const, 'context' as const)
    .map((name): Expr => ({ kind: 'variable', name })),
);

const grow = (inner: fc.Arbitrary<Expr>): fc.Arbitrary<Expr> =>
  fc.oneof(
    fc.record({ kind: fc.constant('if'), condition: inner, then: inner, otherwise: inner }),
    fc.record({ kind: fc.constantFrom('and', 'or'), left: inner, right: inner }),
    fc.record({ kind: fc.constantFrom('not', 'negate', 'isEmpty'), operand: inner }),
    fc.record({
      kind: fc.constant('binary'),
      operator: fc.constantFrom(...operators),
      left: inner,
      right: inner,
    }),
    fc.record({ kind: fc.constant('like'), operand: inner, pattern }),
    fc.record(
      { kind: fc.constant('is'), operand: inner, entityType: typeName, in: inner },
      { requiredKeys: ['kind', 'operand', 'entityType'] },
    ),
    fc.record({ kind: fc.constant('has'), operand: inner, path: hasPath }),
    fc.record({ kind: fc.constant('get'), operand: inner, attribute: text }),
    fc.record({ kind: fc.constant('set'), elements: fc.array(inner, { maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('record'),
      entries: fc.uniqueArray(fc.record({ key: text, value: inner }), {
        maxLength: 3,
        selector: ({ key }) => key,
      }),
    }),
    fc.record({
      kind: fc.constant('call'),
      name: fc.constantFrom('decimal', 'ip', 'lessThan', 'toTime', 'offset'),
      args: fc.array(inner, { minLength: 1, maxLength: 3 }),
    }),
  ) as fc.Arbitrary<Expr>;

/** Expressions a few levels high. */
export const arbitraryExpr: fc.Arbitrary<Expr> = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 4, depthSize: 'max' },
    { arbitrary: leaf, weight: 1 },
    { arbitrary: grow(tie('expr')), weight: 3 },
  ),
})).expr;

const constraint = (variable: 'principal' | 'resource'): fc.Arbitrary<ScopeConstraint> => {
  const target = fc.oneof(uid, fc.constant({ slot: `?${variable}` as const }));
  return fc.oneof(
    fc.constant({ kind: 'any' as const }),
    fc.record({ kind: fc.constantFrom('==' as const, 'in' as const), entity: target }),
    fc.record(
      { kind: fc.constant('is' as const), entityType: typeName, in: target },
      { requiredKeys: ['kind', 'entityType'] },
    ),
  );
};

const actionUid = fc.record({ type: fc.constantFrom('Action', 'A::B::Action'), id: text });
const actionConstraint: fc.Arbitrary<ActionConstraint> = fc.oneof(
  fc.constant({ kind: 'any' as const }),
  fc.record({ kind: fc.constant('==' as const), entity: actionUid }),
  actionUid.map((entity) => ({ kind: 'in' as const, entities: [entity], isList: false })),
  fc.array(actionUid, { maxLength: 3 }).map((entities) => ({
    kind: 'in' as const,
    entities,
    isList: true,
  })),
);

const condition: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constantFrom('when', 'unless'),
  body: arbitraryExpr,
});

/** Policies and templates. */
export const arbitraryPolicy: fc.Arbitrary<PolicyNode> = fc.record({
  effect: fc.constantFrom('permit', 'forbid'),
  principal: constraint('principal'),
  action: actionConstraint,
  resource: constraint('resource'),
  conditions: fc.array(condition, { maxLength: 3 }),
  annotations: fc
    .uniqueArray(fc.tuple(fc.oneof(word, fc.constantFrom('if', '__cedar')), text), {
      maxLength: 3,
      selector: ([name]) => name,
    })
    .map((entries) => new Map(entries)),
});
