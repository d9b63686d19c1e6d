/** Makes the resolved schema from a written one: every name known, no cycles, groups closed. */
import type { EntityUid } from '../ast.ts';
import { candidatesOf, collectDeclarations, findShadowing } from './declared.ts';
import { problem, SchemaFault, type SchemaProblem, schemaCodes } from './errors.ts';
import type { RawAction, RawEntityType, RawType, SchemaFragment } from './fragment.ts';
import {
  type ActionDefinition,
  type Attributes,
  type EntityTypeDefinition,
  type Schema,
  uidKey,
} from './model.ts';
import { qualify } from './names.ts';
import {
  createTypeResolver,
  resolveEntityNames,
  resolveType,
  type TypeResolver,
} from './resolve-types.ts';
import { didYouMean } from './suggest.ts';

const noAttributes: Attributes = new Map();

/** Bounds of a schema: memberships over any number of steps, and kinds of requests. */
const maxMemberships = 1_000_000;
const maxRequestKinds = 2_000_000;

const checkTotal = (total: number, limit: number, what: string): void => {
  if (total <= limit) return;
  throw new SchemaFault(problem(schemaCodes.limit, `the schema has over ${limit} ${what}`));
};

type Home = { readonly namespace: string; readonly name: string };

/** Everything reachable over one step or more. */
export const reachable = (
  start: string,
  next: (name: string) => readonly string[],
): ReadonlySet<string> => {
  const found = new Set<string>();
  const open = [...next(start)];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    open.push(...next(name));
  }
  return found;
};

const resolveRecord = (
  resolver: TypeResolver,
  raw: RawType | undefined,
  { namespace, what }: { readonly namespace: string; readonly what: string },
): Attributes => {
  if (raw === undefined) return noAttributes;
  const before = resolver.problems.length;
  const type = resolveType(resolver, raw, { namespace, level: 0 });
  if (type.kind === 'record') return type.attributes;
  const span = 'span' in raw ? raw.span : undefined;
  if (resolver.problems.length === before)
    resolver.problems.push(problem(schemaCodes.record, `${what} is not a record`, { span }));
  return noAttributes;
};

const resolveEntityType = (
  resolver: TypeResolver,
  raw: RawEntityType,
  { namespace, name }: Home,
): Omit<EntityTypeDefinition, 'ancestors'> => {
  const full = qualify(namespace, name);
  const what = `the shape of the entity type \`${full}\``;
  return {
    name: full,
    attributes: resolveRecord(resolver, raw.shape, { namespace, what }),
    memberOf: resolveEntityNames(resolver, raw.memberOf, namespace),
    ...(raw.tags === undefined
      ? {}
      : { tags: resolveType(resolver, raw.tags, { namespace, level: 0 }) }),
    ...(raw.ids === undefined ? {} : { ids: raw.ids }),
    ...(raw.span === undefined ? {} : { span: raw.span }),
  };
};

const resolveParents = (
  resolver: TypeResolver,
  raw: RawAction,
  namespace: string,
): readonly EntityUid[] =>
  raw.memberOf.flatMap(({ type = 'Action', id, span }) => {
    const { actions } = resolver.declared;
    const uid = candidatesOf(type, namespace)
      .map((candidate) => ({ type: candidate, id }))
      .find((candidate) => actions.has(uidKey(candidate)));
    if (uid !== undefined) return [uid];
    const message = `the action \`${uidKey({ type, id })}\` is not declared`;
    const help = didYouMean(
      id,
      Array.from(actions.values(), ({ name }) => name),
    );
    resolver.problems.push(problem(schemaCodes.unknownAction, message, { span, help }));
    return [];
  });

const resolveAction = (
  resolver: TypeResolver,
  raw: RawAction,
  { namespace, name }: Home,
): Omit<ActionDefinition, 'ancestors'> => {
  const uid = { type: qualify(namespace, 'Action'), id: name };
  const { principals = [], resources = [], context } = raw.appliesTo ?? {};
  const what = `the context of the action \`${uidKey(uid)}\``;
  return {
    uid,
    memberOf: resolveParents(resolver, raw, namespace),
    principals: [...new Set(resolveEntityNames(resolver, principals, namespace))],
    resources: [...new Set(resolveEntityNames(resolver, resources, namespace))],
    context: resolveRecord(resolver, context, { namespace, what }),
    ...(raw.span === undefined ? {} : { span: raw.span }),
  };
};

/** Closes a hierarchy: each item with everything it is in. */
const closed = <T extends object>(
  open: ReadonlyMap<string, T>,
  parents: (item: T) => readonly string[],
): Map<string, T & { readonly ancestors: ReadonlySet<string> }> => {
  const above = (key: string): readonly string[] => {
    const item = open.get(key);
    return item === undefined ? [] : parents(item);
  };
  let total = 0;
  const result = new Map<string, T & { readonly ancestors: ReadonlySet<string> }>();
  for (const [key, item] of open) {
    const ancestors = reachable(key, above);
    total += ancestors.size;
    checkTotal(total, maxMemberships, 'memberships');
    result.set(key, { ...item, ancestors });
  }
  return result;
};

const resolveEntityTypes = (resolver: TypeResolver): Schema['entityTypes'] => {
  const open = Array.from(
    resolver.declared.entityTypes,
    ([full, home]) => [full, resolveEntityType(resolver, home.raw, home)] as const,
  );
  return closed(new Map(open), ({ memberOf }) => memberOf);
};

const resolveActions = (resolver: TypeResolver): Schema['actions'] => {
  const open = Array.from(
    resolver.declared.actions,
    ([key, home]) => [key, resolveAction(resolver, home.raw, home)] as const,
  );
  const actions = closed(new Map(open), ({ memberOf }) => memberOf.map(uidKey));
  let kinds = 0;
  for (const [key, { ancestors, principals, resources, span }] of actions) {
    kinds += principals.length * resources.length;
    checkTotal(kinds, maxRequestKinds, 'kinds of requests');
    if (!ancestors.has(key)) continue;
    const message = `the action group \`${key}\` contains itself`;
    resolver.problems.push(problem(schemaCodes.cycle, message, { span }));
  }
  return actions;
};

/**
 * Resolves a schema, or says everything that keeps it from having a meaning.
 * @throws SchemaFault when a type, a hierarchy or the kinds of requests are too many to work with.
 */
export const resolveSchema = (fragment: SchemaFragment): Schema | readonly SchemaProblem[] => {
  const declared = collectDeclarations(fragment);
  const resolver = createTypeResolver(declared);
  resolver.problems.push(...findShadowing(declared));
  for (const [full, { namespace }] of declared.commonTypes) {
    const named = { kind: 'name', name: full, as: 'common' } as const;
    resolveType(resolver, named, { namespace, level: 0 });
  }
  const entityTypes = resolveEntityTypes(resolver);
  const actions = resolveActions(resolver);
  if (resolver.problems.length > 0) return resolver.problems;
  return { entityTypes, actions, actionTypes: declared.actionTypes };
};
