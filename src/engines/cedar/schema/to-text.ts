/** Writes a schema in the human notation. Reading it back gives a schema of the same meaning. */
import { quote } from '../syntax/quote.ts';
import { candidatesOf } from './declared.ts';
import { catchFault, problem, SchemaFault, type SchemaProblem, schemaCodes } from './errors.ts';
import type {
  Annotations,
  RawAction,
  RawActionParent,
  RawEntityType,
  RawNamespace,
  RawType,
  Reference,
  SchemaFragment,
} from './fragment.ts';
import { isIdentifier, qualify } from './names.ts';

type Place = { readonly fragment: SchemaFragment; readonly namespace: string };

const unwritable = (message: string): SchemaFault =>
  new SchemaFault(problem(schemaCodes.unsupported, `${message}; write it in the JSON notation`));

/** An entity type and a common type of one name cannot be told apart in the human notation. */
const checkClear = ({ fragment, namespace }: Place, name: string): void => {
  for (const [space, { commonTypes }] of fragment)
    for (const common of commonTypes.keys())
      if (candidatesOf(name, namespace).includes(qualify(space, common)))
        throw unwritable(`the entity type \`${name}\` has the name of a common type`);
};

const indented = (text: string): string => text.replaceAll('\n', '\n  ');

const writeAnnotations = (annotations: Annotations): string =>
  Array.from(annotations, ([key, value]) =>
    value === '' ? `@${key}\n` : `@${key}(${quote(value)})\n`,
  ).join('');

const writeKey = (name: string): string => (isIdentifier(name) ? name : quote(name));

const writeType = (type: RawType, place: Place): string => {
  if (type.kind === 'primitive') return `__cedar::${type.name === 'Boolean' ? 'Bool' : type.name}`;
  if (type.kind === 'extension') return `__cedar::${type.name}`;
  if (type.kind === 'set') return `Set<${writeType(type.element, place)}>`;
  if (type.kind === 'name') {
    if (type.as === 'entity') checkClear(place, type.name);
    return type.name;
  }
  const members = Array.from(
    type.attributes,
    ([name, { type: inner, required, annotations }]) =>
      `${writeAnnotations(annotations)}${writeKey(name)}${required ? '' : '?'}: ${writeType(inner, place)},`,
  );
  return members.length === 0 ? '{}' : `{\n  ${indented(members.join('\n'))}\n}`;
};

const writeNames = (names: readonly Reference[]): string =>
  `[${names.map(({ name }) => name).join(', ')}]`;

const writeEntityType = (
  name: string,
  { memberOf, shape, tags, ids, annotations }: RawEntityType,
  place: Place,
): string => {
  if (shape !== undefined && shape.kind !== 'record')
    throw unwritable(`the shape of \`${name}\` is a common type`);
  const parts = [
    `${writeAnnotations(annotations)}entity ${name}`,
    ids === undefined ? '' : `enum [${ids.map(quote).join(', ')}]`,
    memberOf.length === 0 ? '' : `in ${writeNames(memberOf)}`,
    shape === undefined || shape.attributes.size === 0 ? '' : `= ${writeType(shape, place)}`,
    tags === undefined ? '' : `tags ${writeType(tags, place)}`,
  ];
  return `${parts.filter((part) => part !== '').join(' ')};`;
};

const writeParent = ({ type = 'Action', id }: RawActionParent): string => `${type}::${quote(id)}`;

const writeAppliesTo = (appliesTo: RawAction['appliesTo'], place: Place): string => {
  const { principals = [], resources = [], context } = appliesTo ?? {};
  if (principals.length === 0 || resources.length === 0) return '';
  const isWritable =
    context === undefined ||
    context.kind === 'record' ||
    (context.kind === 'name' && context.as !== 'entity');
  if (!isWritable) throw unwritable('a context is neither a record nor a common type');
  const lines = [
    `principal: ${writeNames(principals)},`,
    `resource: ${writeNames(resources)},`,
    ...(context === undefined ? [] : [`context: ${writeType(context, place)},`]),
  ];
  return ` appliesTo {\n  ${indented(lines.join('\n'))}\n}`;
};

const writeAction = (name: string, action: RawAction, place: Place): string => {
  const { memberOf, appliesTo, annotations } = action;
  const groups = memberOf.length === 0 ? '' : ` in [${memberOf.map(writeParent).join(', ')}]`;
  const head = `${writeAnnotations(annotations)}action ${quote(name)}${groups}`;
  return `${head}${writeAppliesTo(appliesTo, place)};`;
};

const writeNamespace = (
  name: string,
  namespace: RawNamespace,
  fragment: SchemaFragment,
): string => {
  const place = { fragment, namespace: name };
  const { commonTypes, entityTypes, actions, annotations } = namespace;
  const items = [
    ...Array.from(
      commonTypes,
      ([key, item]) =>
        `${writeAnnotations(item.annotations)}type ${key} = ${writeType(item.type, place)};`,
    ),
    ...Array.from(entityTypes, ([key, item]) => writeEntityType(key, item, place)),
    ...Array.from(actions, ([key, item]) => writeAction(key, item, place)),
  ];
  if (name === '') return items.join('\n');
  const body = items.length === 0 ? '' : `\n  ${indented(items.join('\n'))}\n`;
  return `${writeAnnotations(annotations)}namespace ${name} {${body}}`;
};

/**
 * The schema as text, or why the human notation cannot say it: shapes that are common types, and
 * entity types with the name of a common type.
 */
export const schemaToText = (
  fragment: SchemaFragment,
): { readonly text: string } | readonly SchemaProblem[] =>
  catchFault(() => {
    const parts = Array.from(fragment, ([name, content]) =>
      writeNamespace(name, content, fragment),
    );
    return { text: `${parts.join('\n\n')}\n` };
  });
