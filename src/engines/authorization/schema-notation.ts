/**
 * With a schema at hand Cedar accepts short notations: `{type, id}` for an entity, `"10.0.0.1"` for an
 * ipaddr. This rewrites them to the explicit notation (`__entity`, `__extn`), which means the same
 * with and without the schema. Values that do not fit are left alone for validation to find.
 */
import { readEntityRef } from './read-entities.ts';
import { isRefusal } from '../../kernel/errors.ts';
import type { CedarValue, Entity, EntityRef } from './types.ts';

type Shape = {
  readonly type?: string;
  readonly name?: string;
  readonly element?: Shape;
  readonly attributes?: Readonly<Record<string, Shape>>;
};
type Namespace = {
  readonly commonTypes?: Readonly<Record<string, Shape>>;
  readonly entityTypes?: Readonly<
    Record<string, { readonly shape?: Shape; readonly tags?: Shape }>
  >;
  readonly actions?: Readonly<
    Record<string, { readonly appliesTo?: { readonly context?: Shape } }>
  >;
};
type Names<T> = ReadonlyMap<string, T>;
type Book = {
  readonly common: Names<Shape>;
  readonly entities: Names<{ readonly shape?: Shape; readonly tags?: Shape }>;
  readonly contexts: Names<Shape>;
};

export type Notation = {
  readonly entity: (entity: Entity) => Entity;
  readonly attributes: (type: string, attrs: Entity['attrs']) => Entity['attrs'];
  readonly context: (
    action: EntityRef,
    context: Readonly<Record<string, CedarValue>>,
  ) => Readonly<Record<string, CedarValue>>;
};

/** Name of the type in policies, and of the function that makes its values. */
const extensions: Readonly<Record<string, string>> = {
  ipaddr: 'ip',
  decimal: 'decimal',
  datetime: 'datetime',
  duration: 'duration',
};
const maxDepth = 32;

const bookOf = (json: Readonly<Record<string, unknown>>): Book => {
  const common = new Map<string, Shape>();
  const entities = new Map<string, { readonly shape?: Shape; readonly tags?: Shape }>();
  const contexts = new Map<string, Shape>();
  for (const [namespace, content] of Object.entries(json as Record<string, Namespace>)) {
    const full = (name: string): string => (namespace === '' ? name : `${namespace}::${name}`);
    for (const [name, shape] of Object.entries(content.commonTypes ?? {})) {
      common.set(full(name), shape);
      common.set(`${namespace} ${name}`, shape);
    }
    for (const [name, type] of Object.entries(content.entityTypes ?? {}))
      entities.set(full(name), type);
    for (const [id, { appliesTo }] of Object.entries(content.actions ?? {}))
      if (appliesTo?.context !== undefined)
        contexts.set(`${full('Action')}"${id}`, appliesTo.context);
  }
  return { common, entities, contexts };
};

type Walk = { readonly book: Book; readonly namespace: string; readonly depth: number };

/** Follows names of common types to what they stand for. */
const resolve = (shape: Shape, { book, namespace }: Walk): Shape => {
  let found = shape;
  for (let hops = 0; hops < maxDepth; hops++) {
    const name = found.name ?? found.type ?? '';
    const next = book.common.get(`${namespace} ${name}`) ?? book.common.get(name);
    if (next === undefined || found.type === 'Entity') return found;
    found = next;
  }
  return found;
};

const isRecord = (value: unknown): value is Readonly<Record<string, CedarValue>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isExplicit = (value: CedarValue): boolean =>
  isRecord(value) && ('__entity' in value || '__extn' in value);

const explicitEntity = (value: CedarValue): CedarValue => {
  const ref = isRecord(value) ? readEntityRef(value) : undefined;
  return ref === undefined || isRefusal(ref) ? value : { __entity: ref };
};

const explicitRecord = (
  attributes: Readonly<Record<string, Shape>>,
  value: Readonly<Record<string, CedarValue>>,
  walk: Walk,
): Readonly<Record<string, CedarValue>> =>
  Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const shape = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
      return [name, shape === undefined ? item : explicitValue(shape, item, walk)];
    }),
  );

const explicitValue = (given: Shape, value: CedarValue, outer: Walk): CedarValue => {
  const walk = { ...outer, depth: outer.depth + 1 };
  if (isExplicit(value) || walk.depth > maxDepth) return value;
  const shape = resolve(given, walk);
  const name = shape.name ?? shape.type ?? '';
  if (shape.type === 'Set' && shape.element !== undefined && Array.isArray(value)) {
    const { element } = shape;
    return (value as readonly CedarValue[]).map((item) => explicitValue(element, item, walk));
  }
  if (shape.attributes !== undefined && isRecord(value))
    return explicitRecord(shape.attributes, value, walk);
  if (Object.hasOwn(extensions, name) && typeof value === 'string')
    return { __extn: { fn: extensions[name] ?? name, arg: value } };
  const isEntity = shape.type === 'Entity' || shape.type === 'EntityOrCommon';
  return isEntity ? explicitEntity(value) : value;
};

const namespaceOf = (type: string): string => type.split('::').slice(0, -1).join('::');

/** The notation of a schema in its JSON format. */
export const createNotation = (json: Readonly<Record<string, unknown>>): Notation => {
  const book = bookOf(json);
  const walkFor = (type: string): Walk => ({ book, namespace: namespaceOf(type), depth: 0 });
  const record = (
    shape: Shape | undefined,
    value: Readonly<Record<string, CedarValue>>,
    walk: Walk,
  ): Readonly<Record<string, CedarValue>> => {
    const attributes = shape === undefined ? undefined : resolve(shape, walk).attributes;
    return attributes === undefined ? value : explicitRecord(attributes, value, walk);
  };
  const attributes: Notation['attributes'] = (type, attrs) =>
    record(book.entities.get(type)?.shape, attrs, walkFor(type));
  return {
    attributes,
    entity: (entity) => {
      const type = book.entities.get(entity.uid.type);
      const walk = walkFor(entity.uid.type);
      const explicit = { ...entity, attrs: attributes(entity.uid.type, entity.attrs) };
      const { tags } = entity;
      if (tags === undefined || type?.tags === undefined) return explicit;
      const shape = type.tags;
      const tagged = Object.entries(tags).map(([key, value]) => [
        key,
        explicitValue(shape, value, walk),
      ]);
      return { ...explicit, tags: Object.fromEntries(tagged) as Entity['attrs'] };
    },
    context: (action, context) =>
      record(book.contexts.get(`${action.type}"${action.id}`), context, walkFor(action.type)),
  };
};
