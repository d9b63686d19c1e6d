/** Writes a schema in the JSON notation. Reading it back gives the same schema. */
import type {
  Annotations,
  RawAction,
  RawActionParent,
  RawEntityType,
  RawNamespace,
  RawType,
  SchemaFragment,
} from './fragment.ts';

/** A part of a schema in the JSON notation. */
export type SchemaJson = { readonly [key: string]: unknown };

const mapped = <T>(items: ReadonlyMap<string, T>, write: (item: T) => unknown): SchemaJson =>
  Object.fromEntries(Array.from(items, ([key, item]) => [key, write(item)]));

const annotated = (annotations: Annotations): SchemaJson =>
  annotations.size === 0 ? {} : { annotations: Object.fromEntries(annotations) };

const writeName = (name: string, as: 'entity' | 'common' | 'either'): SchemaJson => {
  if (as === 'common') return { type: name };
  return { type: as === 'entity' ? 'Entity' : 'EntityOrCommon', name };
};

const writeType = (type: RawType): SchemaJson => {
  if (type.kind === 'name') return writeName(type.name, type.as);
  if (type.kind === 'primitive') return { type: type.name };
  if (type.kind === 'extension') return { type: 'Extension', name: type.name };
  if (type.kind === 'set') return { type: 'Set', element: writeType(type.element) };
  const attributes = mapped(type.attributes, (attribute) => ({
    ...writeType(attribute.type),
    ...(attribute.required ? {} : { required: false }),
    ...annotated(attribute.annotations),
  }));
  return { type: 'Record', attributes };
};

const isEmptyRecord = (type: RawType): boolean =>
  type.kind === 'record' && type.attributes.size === 0;

const writeEntityType = ({ memberOf, shape, tags, ids, annotations }: RawEntityType): SchemaJson =>
  ids === undefined
    ? {
        ...(memberOf.length === 0 ? {} : { memberOfTypes: memberOf.map(({ name }) => name) }),
        ...(shape === undefined || isEmptyRecord(shape) ? {} : { shape: writeType(shape) }),
        ...(tags === undefined ? {} : { tags: writeType(tags) }),
        ...annotated(annotations),
      }
    : { enum: ids, ...annotated(annotations) };

const writeParent = ({ type, id }: RawActionParent): SchemaJson =>
  type === undefined ? { id } : { id, type };

const writeAction = ({ memberOf, appliesTo, annotations }: RawAction): SchemaJson => ({
  ...(appliesTo === undefined
    ? {}
    : {
        appliesTo: {
          resourceTypes: appliesTo.resources.map(({ name }) => name),
          principalTypes: appliesTo.principals.map(({ name }) => name),
          ...(appliesTo.context === undefined || isEmptyRecord(appliesTo.context)
            ? {}
            : { context: writeType(appliesTo.context) }),
        },
      }),
  ...(memberOf.length === 0 ? {} : { memberOf: memberOf.map(writeParent) }),
  ...annotated(annotations),
});

const writeNamespace = (namespace: RawNamespace): SchemaJson => ({
  ...(namespace.commonTypes.size === 0
    ? {}
    : {
        commonTypes: mapped(namespace.commonTypes, ({ type, annotations }) => ({
          ...writeType(type),
          ...annotated(annotations),
        })),
      }),
  entityTypes: mapped(namespace.entityTypes, writeEntityType),
  actions: mapped(namespace.actions, writeAction),
  ...annotated(namespace.annotations),
});

/** The schema as a value for `JSON.stringify`. */
export const schemaToJson = (fragment: SchemaFragment): SchemaJson =>
  mapped(fragment, writeNamespace);
