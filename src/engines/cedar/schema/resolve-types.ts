/**
 * Replaces names in types by what they stand for. Common types are resolved once and shared; cycles
 * and types too large to compare are refused.
 */
import { candidatesOf, type Declarations } from './declared.ts';
import { problem, SchemaFault, type SchemaProblem, schemaCodes } from './errors.ts';
import type { RawType, Reference } from './fragment.ts';
import type { AttributeType, ExtensionName, SchemaType } from './model.ts';
import { didYouMean } from './suggest.ts';

const builtins: ReadonlyMap<string, SchemaType> = new Map<string, SchemaType>([
  ['Bool', { kind: 'boolean' }],
  ['Long', { kind: 'long' }],
  ['String', { kind: 'string' }],
  ...(['ipaddr', 'decimal', 'datetime', 'duration'] as const).map(
    (name: ExtensionName) => [name, { kind: 'extension', name }] as const,
  ),
]);
const extensionNames = ['ipaddr', 'decimal', 'datetime', 'duration'];
/** What stands for a type that could not be resolved; the schema is refused anyway. */
const unresolved: SchemaType = { kind: 'boolean' };

/** Bounds of one resolved type: parts, counted each time they occur, and levels. */
const maxParts = 100_000;
const maxLevels = 200;

type Size = { readonly parts: number; readonly levels: number };
export type TypeResolver = {
  readonly declared: Declarations;
  readonly problems: SchemaProblem[];
  readonly common: Map<string, SchemaType>;
  readonly active: Set<string>;
  readonly sizes: Map<SchemaType, Size>;
};

export const createTypeResolver = (declared: Declarations): TypeResolver => ({
  declared,
  problems: [],
  common: new Map(),
  active: new Set(),
  sizes: new Map(),
});

const sizeOf = (resolver: TypeResolver, type: SchemaType): Size =>
  resolver.sizes.get(type) ?? { parts: 1, levels: 1 };

const measured = (
  resolver: TypeResolver,
  type: SchemaType,
  inner: readonly SchemaType[],
): SchemaType => {
  let parts = 1;
  let levels = 0;
  for (const size of inner.map((item) => sizeOf(resolver, item))) {
    parts += size.parts;
    levels = Math.max(levels, size.levels);
  }
  if (parts > maxParts || levels >= maxLevels)
    throw new SchemaFault(
      problem(schemaCodes.limit, `a type has over ${maxParts} parts or ${maxLevels} levels`),
    );
  resolver.sizes.set(type, { parts, levels: levels + 1 });
  return type;
};

type Named = Extract<RawType, { readonly kind: 'name' }>;
type Scope = { readonly namespace: string; readonly level: number };

const resolveCommon = (resolver: TypeResolver, name: string, level: number): SchemaType => {
  const known = resolver.common.get(name);
  if (known !== undefined) return known;
  const declaration = resolver.declared.commonTypes.get(name);
  if (declaration === undefined) return unresolved;
  const { namespace, raw } = declaration;
  if (resolver.active.has(name)) {
    const message = `the common type \`${name}\` contains itself`;
    resolver.problems.push(problem(schemaCodes.cycle, message, { span: raw.span }));
    return unresolved;
  }
  resolver.active.add(name);
  const type = resolveType(resolver, raw.type, { namespace, level: level + 1 });
  resolver.active.delete(name);
  resolver.common.set(name, type);
  return type;
};

const kindNames = {
  entity: 'an entity type',
  common: 'a common type',
  either: 'a common type or an entity type',
};

const knownNames = ({ declared }: TypeResolver, as: Named['as']): readonly string[] => [
  ...(as === 'entity' ? [] : [...declared.commonTypes.keys(), ...builtins.keys()]),
  ...(as === 'common' ? [] : declared.entityTypes.keys()),
];

const reportUnknown = (resolver: TypeResolver, { name, as, span }: Named): void => {
  const help = didYouMean(name, knownNames(resolver, as));
  const message = `\`${name}\` is not declared as ${kindNames[as]}`;
  resolver.problems.push(problem(schemaCodes.unknownType, message, { span, help }));
};

const builtinOf = (name: string): SchemaType | undefined =>
  builtins.get(name.startsWith('__cedar::') ? name.slice(9) : name);

const resolveName = (resolver: TypeResolver, named: Named, scope: Scope): SchemaType => {
  const { declared } = resolver;
  for (const full of candidatesOf(named.name, scope.namespace)) {
    if (named.as !== 'entity' && declared.commonTypes.has(full))
      return resolveCommon(resolver, full, scope.level);
    const isEntity = declared.entityTypes.has(full) || declared.actionTypes.has(full);
    if (named.as !== 'common' && isEntity) return { kind: 'entity', name: full };
  }
  const builtin = named.as === 'entity' ? undefined : builtinOf(named.name);
  if (builtin !== undefined) return builtin;
  reportUnknown(resolver, named);
  return unresolved;
};

const resolveRecord = (
  resolver: TypeResolver,
  raw: Extract<RawType, { readonly kind: 'record' }>,
  scope: Scope,
): SchemaType => {
  const attributes = new Map<string, AttributeType>();
  for (const [name, { type, required }] of raw.attributes)
    attributes.set(name, { type: resolveType(resolver, type, scope), required });
  const inner = Array.from(attributes.values(), ({ type }) => type);
  return measured(resolver, { kind: 'record', attributes }, inner);
};

const resolveExtension = (resolver: TypeResolver, name: string): SchemaType => {
  const type = extensionNames.includes(name) ? builtins.get(name) : undefined;
  if (type !== undefined) return type;
  const message = `there is no extension type \`${name}\``;
  const help = didYouMean(name, extensionNames);
  resolver.problems.push(problem(schemaCodes.unknownType, message, { help }));
  return unresolved;
};

/** Resolves a type as written in a namespace; problems go into the resolver. */
export const resolveType = (resolver: TypeResolver, raw: RawType, outer: Scope): SchemaType => {
  if (outer.level > maxLevels * 2)
    throw new SchemaFault(problem(schemaCodes.limit, 'the types of the schema nest too deeply'));
  const scope = { ...outer, level: outer.level + 1 };
  if (raw.kind === 'name') return resolveName(resolver, raw, scope);
  if (raw.kind === 'record') return resolveRecord(resolver, raw, scope);
  if (raw.kind === 'extension') return resolveExtension(resolver, raw.name);
  if (raw.kind === 'primitive')
    return builtins.get(raw.name === 'Boolean' ? 'Bool' : raw.name) ?? unresolved;
  const element = resolveType(resolver, raw.element, scope);
  return measured(resolver, { kind: 'set', element }, [element]);
};

/** Full name of an entity type that is not one of actions; reports and drops unknown ones. */
export const resolveEntityNames = (
  resolver: TypeResolver,
  references: readonly Reference[],
  namespace: string,
): readonly string[] =>
  references.flatMap(({ name, span }) => {
    const full = candidatesOf(name, namespace).find((candidate) =>
      resolver.declared.entityTypes.has(candidate),
    );
    if (full !== undefined) return [full];
    const named = { kind: 'name', name, as: 'entity' } as const;
    reportUnknown(resolver, span === undefined ? named : { ...named, span });
    return [];
  });
