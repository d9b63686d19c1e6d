/** Random policies, entities and requests over a small world, ill-typed ones included. */
import fc from 'fast-check';
import type { CedarValue, Entity, EntityRef } from '../../../src/engines/authorization/index.ts';

const types = ['User', 'Team', 'Doc'] as const;
const ids = ['a', 'b', 'c', 'quo"te'] as const;
const actions = ['read', 'write', 'list', 'all'] as const;
const text = ({ type, id }: EntityRef): string => `${type}::${JSON.stringify(id)}`;

const ref = fc.record({ type: fc.constantFrom(...types), id: fc.constantFrom(...ids) });
const literal = ref.map(text);
const actionText = fc.constantFrom(...actions).map((id) => `Action::"${id}"`);

type Expressions = { readonly entity: string; readonly bool: string };
const { bool } = fc.letrec<Expressions>((tie) => ({
  entity: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('principal', 'resource', 'context.who', 'context.sub.who', 'action'),
    literal,
    tie('entity').map((e) => `${e}.owner`),
    tie('entity').map((e) => `${e}.rec.inner`),
    tie('entity').map((e) => `{a: ${e}}.a`),
    tie('entity').map((e) => `${e}.getTag("boss")`),
    fc
      .tuple(tie('bool'), tie('entity'), tie('entity'))
      .map(([b, e, f]) => `(if ${b} then ${e} else ${f})`),
  ),
  bool: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      'context.flag',
      'context has flag',
      'context has sub.n',
      'context.sub == {n: 1}',
      'context == {}',
      'context.n > 1',
      'context.sub.n < 2',
      'true',
      'principal == resource',
      'action in Action::"all"',
      '[principal, resource].contains(context.who)',
    ),
    fc.tuple(tie('entity'), tie('entity')).map(([e, f]) => `${e} in ${f}`),
    fc.tuple(tie('entity'), literal, literal).map(([e, f, g]) => `${e} in [${f}, ${g}]`),
    fc.tuple(tie('entity'), tie('entity')).map(([e, f]) => `${e} == ${f}`),
    fc.tuple(tie('entity'), fc.constantFrom(...types)).map(([e, t]) => `${e} is ${t}`),
    fc
      .tuple(tie('entity'), fc.constantFrom(...types), tie('entity'))
      .map(([e, t, f]) => `${e} is ${t} in ${f}`),
    tie('entity').map((e) => `${e} has level`),
    tie('entity').map((e) => `${e} has rec.inner`),
    tie('entity').map((e) => `${e}.level > 1`),
    tie('entity').map((e) => `${e}.friends.contains(principal)`),
    tie('entity').map((e) => `principal in ${e}.friends`),
    tie('entity').map((e) => `${e}.hasTag("boss")`),
    tie('bool').map((b) => `!(${b})`),
    fc.tuple(tie('bool'), tie('bool')).map(([b, c]) => `(${b}) && (${c})`),
    fc.tuple(tie('bool'), tie('bool')).map(([b, c]) => `(${b}) || (${c})`),
  ),
}));

const subjectScope = (variable: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(variable) },
    { weight: 2, arbitrary: literal.map((e) => `${variable} == ${e}`) },
    { weight: 3, arbitrary: literal.map((e) => `${variable} in ${e}`) },
    { weight: 1, arbitrary: fc.constantFrom(...types).map((t) => `${variable} is ${t}`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...types), literal)
        .map(([t, e]) => `${variable} is ${t} in ${e}`),
    },
  );
const actionScope = fc.oneof(
  fc.constant('action'),
  actionText.map((a) => `action == ${a}`),
  actionText.map((a) => `action in ${a}`),
  fc
    .array(actionText, { minLength: 1, maxLength: 3 })
    .map((list) => `action in [${list.join(', ')}]`),
);
const clause = fc.tuple(fc.constantFrom('when', 'unless'), bool).map(([k, b]) => `${k} { ${b} }`);

/** One policy as text. */
export const arbitraryPolicy = fc
  .tuple(
    fc.constantFrom('permit', 'permit', 'forbid'),
    fc.tuple(subjectScope('principal'), actionScope, subjectScope('resource')),
    fc.array(clause, { maxLength: 2 }),
  )
  .map(([effect, scope, clauses]) => `${effect} (${scope.join(', ')})\n${clauses.join('\n')};`);

const entityValue = ref.map((uid): CedarValue => ({ __entity: uid }));
const attrs = fc.record<Record<string, CedarValue>>(
  {
    level: fc.integer({ min: 0, max: 3 }),
    owner: entityValue,
    friends: fc.array(entityValue, { maxLength: 2 }),
    rec: fc.record({ inner: entityValue }),
  },
  { requiredKeys: [] },
);

/** A cycle-free graph: parents come later in the list. */
export const arbitraryEntities: fc.Arbitrary<readonly Entity[]> = fc
  .uniqueArray(ref, { selector: text, maxLength: 8 })
  .chain((uids) =>
    fc.tuple(
      ...uids.map((uid, index) =>
        fc.record({
          uid: fc.constant(uid),
          attrs,
          parents: fc.subarray(uids.slice(index + 1)),
          tags: fc.record({ boss: entityValue }, { requiredKeys: [] }),
        }),
      ),
      fc.constant({
        uid: { type: 'Action', id: 'read' },
        attrs: {},
        parents: [{ type: 'Action', id: 'all' }],
      }),
    ),
  );

/** Requests about the small world. */
export const arbitraryRequest = fc.record({
  principal: ref,
  action: fc.record({ type: fc.constant('Action'), id: fc.constantFrom(...actions) }),
  resource: ref,
  context: fc.record<Record<string, CedarValue>>(
    {
      flag: fc.oneof(fc.boolean(), fc.constant('yes')),
      n: fc.integer({ min: 0, max: 3 }),
      who: entityValue,
      sub: fc.record({ n: fc.integer({ min: 0, max: 2 }), who: entityValue }, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  ),
});
