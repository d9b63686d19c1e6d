/** Reads the JSON notation of schemas; strict about fields and names, as Cedar is. */
import { problem, SchemaFault, schemaCodes } from './errors.ts';
import type {
  Annotations,
  RawAction,
  RawActionParent,
  RawAppliesTo,
  RawCommonType,
  RawEntityType,
  RawNamespace,
  Reference,
  SchemaFragment,
} from './fragment.ts';
import {
  entriesOf,
  fault,
  fieldsOf,
  itemsOf,
  type Place,
  requiredField,
  textOf,
} from './json-fields.ts';
import { readAnnotations, readType } from './json-types.ts';
import { isName, isReservedCommonType, nameProblem } from './names.ts';

const readReference = (place: Place): Reference => {
  const name = textOf(place);
  if (!isName(name)) throw fault(place, `\`${name}\` is not a type name`);
  return { name };
};
const readReferences = (place: Place | undefined): readonly Reference[] =>
  place === undefined ? [] : itemsOf(place).map(readReference);

const checkDeclaredName = (name: string, place: Place): void => {
  const wrong = name.includes('::') ? `\`${name}\` must be a simple name` : nameProblem(name);
  if (wrong !== undefined)
    throw new SchemaFault(problem(schemaCodes.name, `${wrong}, at ${place.path}`, place));
};

const readCommonType = (name: string, place: Place): RawCommonType => {
  checkDeclaredName(name, place);
  if (isReservedCommonType(name))
    throw new SchemaFault(
      problem(
        schemaCodes.name,
        `\`${name}\` is a type of the language, not a name for others`,
        place,
      ),
    );
  const type = readType(place, ['annotations']);
  const annotations = entriesOf(place).find(([key]) => key === 'annotations')?.[1];
  return { type, annotations: readAnnotations(annotations) };
};

const readEntityType = (name: string, place: Place): RawEntityType => {
  checkDeclaredName(name, place);
  if (name === 'Action')
    throw new SchemaFault(
      problem(schemaCodes.name, 'the entity type `Action` is the one of actions', place),
    );
  const fields = fieldsOf(place, ['memberOfTypes', 'shape', 'tags', 'enum', 'annotations']);
  const annotations = readAnnotations(fields.get('annotations'));
  const choices = fields.get('enum');
  if (choices === undefined) return readStandardEntityType(fields, annotations);
  for (const other of ['memberOfTypes', 'shape', 'tags'])
    if (fields.has(other)) throw fault(place, `an enumerated entity type has no \`${other}\``);
  const ids = itemsOf(choices).map(textOf);
  if (ids.length === 0) throw fault(choices, 'an enumerated entity type needs at least one id');
  return { memberOf: [], ids, annotations };
};

const readStandardEntityType = (
  fields: ReadonlyMap<string, Place>,
  annotations: Annotations,
): RawEntityType => {
  const shape = fields.get('shape');
  const tags = fields.get('tags');
  return {
    memberOf: readReferences(fields.get('memberOfTypes')),
    ...(shape === undefined ? {} : { shape: readType(shape) }),
    ...(tags === undefined ? {} : { tags: readType(tags) }),
    annotations,
  };
};

const readActionParent = (place: Place): RawActionParent => {
  const fields = fieldsOf(place, ['id', 'type']);
  const id = textOf(requiredField(place, fields, 'id'));
  const type = fields.get('type');
  return type === undefined || type.value === null
    ? { id }
    : { id, type: readReference(type).name };
};

const readAppliesTo = (place: Place): RawAppliesTo => {
  const fields = fieldsOf(place, ['resourceTypes', 'principalTypes', 'context']);
  const context = fields.get('context');
  return {
    principals: readReferences(requiredField(place, fields, 'principalTypes')),
    resources: readReferences(requiredField(place, fields, 'resourceTypes')),
    ...(context === undefined ? {} : { context: readType(context) }),
  };
};

const readAction = (place: Place): RawAction => {
  const fields = fieldsOf(place, ['attributes', 'appliesTo', 'memberOf', 'annotations']);
  const given = (key: string): Place | undefined =>
    fields.get(key)?.value === null ? undefined : fields.get(key);
  const attributes = given('attributes');
  if (attributes !== undefined)
    throw new SchemaFault(
      problem(schemaCodes.unsupported, `actions have no attributes, at ${attributes.path}`, place),
    );
  const memberOf = given('memberOf');
  const appliesTo = given('appliesTo');
  return {
    memberOf: memberOf === undefined ? [] : itemsOf(memberOf).map(readActionParent),
    ...(appliesTo === undefined ? {} : { appliesTo: readAppliesTo(appliesTo) }),
    annotations: readAnnotations(fields.get('annotations')),
  };
};

const mapFields = <T>(
  place: Place | undefined,
  read: (name: string, place: Place) => T,
): ReadonlyMap<string, T> =>
  new Map(
    (place === undefined ? [] : entriesOf(place)).map(([name, item]) => [name, read(name, item)]),
  );

const readNamespace = (name: string, place: Place): RawNamespace => {
  const wrong = name === '' ? undefined : nameProblem(name);
  if (wrong !== undefined) throw new SchemaFault(problem(schemaCodes.name, wrong, place));
  const fields = fieldsOf(place, ['commonTypes', 'entityTypes', 'actions', 'annotations']);
  const annotations = readAnnotations(fields.get('annotations'));
  if (name === '' && annotations.size > 0)
    throw fault(place, 'the unnamed namespace has no annotations');
  return {
    commonTypes: mapFields(fields.get('commonTypes'), readCommonType),
    entityTypes: mapFields(requiredField(place, fields, 'entityTypes'), readEntityType),
    actions: mapFields(requiredField(place, fields, 'actions'), (_, item) => readAction(item)),
    annotations,
  };
};

/**
 * Reads a schema in the JSON notation from a parsed value.
 * @throws SchemaFault at the first thing that is not of the notation.
 */
export const fragmentFromJson = (json: unknown): SchemaFragment =>
  mapFields({ value: json, path: 'schema', depth: 0 }, readNamespace);
