/** Reads types of the JSON notation: `{"type": "Set", "element": …}` and the like. */
import { problem, SchemaFault, schemaCodes } from './errors.ts';
import type { Annotations, RawAttribute, RawType } from './fragment.ts';
import {
  entriesOf,
  fault,
  fieldsOf,
  flagOf,
  type Place,
  requiredField,
  textOf,
} from './json-fields.ts';
import { isAnyIdentifier, isName } from './names.ts';

const typeFields = ['type', 'element', 'attributes', 'additionalAttributes', 'name'];
const attributeFields = ['required', 'annotations'];

/** Annotations as an object of texts; `null` stands for an annotation without a value. */
export const readAnnotations = (place: Place | undefined): Annotations => {
  const annotations = new Map<string, string>();
  for (const [key, value] of place === undefined ? [] : entriesOf(place)) {
    if (!isAnyIdentifier(key)) throw fault(value, `\`${key}\` is not an identifier`);
    annotations.set(key, value.value === null ? '' : textOf(value));
  }
  return annotations;
};

type Reader = (place: Place, fields: ReadonlyMap<string, Place>) => RawType;

const nameField: (as: 'entity' | 'either') => Reader = (as) => (place, fields) => {
  const field = requiredField(place, fields, 'name');
  const name = textOf(field);
  if (!isName(name)) throw fault(field, `\`${name}\` is not a type name`);
  return { kind: 'name', name, as };
};

const readExtension: Reader = (place, fields) => {
  const field = requiredField(place, fields, 'name');
  const name = textOf(field);
  if (!isAnyIdentifier(name)) throw fault(field, `\`${name}\` is not an extension type`);
  return { kind: 'extension', name };
};

const readAttribute = (place: Place): RawAttribute => {
  const fields = new Map(entriesOf(place));
  const required = fields.get('required');
  return {
    type: readType(place, attributeFields),
    required: required === undefined || flagOf(required),
    annotations: readAnnotations(fields.get('annotations')),
  };
};

const readRecord: Reader = (place, fields) => {
  const attributes = new Map<string, RawAttribute>();
  for (const [name, item] of entriesOf(requiredField(place, fields, 'attributes')))
    attributes.set(name, readAttribute(item));
  const open = fields.get('additionalAttributes');
  if (open !== undefined && flagOf(open))
    throw new SchemaFault(
      problem(
        schemaCodes.unsupported,
        'records with additional attributes are not supported',
        open,
      ),
    );
  return { kind: 'record', attributes };
};

const primitive = (name: 'Long' | 'String' | 'Boolean'): Reader => {
  const type: RawType = { kind: 'primitive', name };
  return () => type;
};

/** Per type the fields it has besides `type`, and how it is read. */
const readers: ReadonlyMap<string, readonly [readonly string[], Reader]> = new Map<
  string,
  readonly [readonly string[], Reader]
>([
  ['Long', [[], primitive('Long')]],
  ['String', [[], primitive('String')]],
  ['Boolean', [[], primitive('Boolean')]],
  [
    'Set',
    [
      ['element'],
      (place, fields) => ({
        kind: 'set',
        element: readType(requiredField(place, fields, 'element')),
      }),
    ],
  ],
  ['Record', [['attributes', 'additionalAttributes'], readRecord]],
  ['Entity', [['name'], nameField('entity')]],
  ['EntityOrCommon', [['name'], nameField('either')]],
  ['Extension', [['name'], readExtension]],
]);

const readCommonName = (place: Place, name: string): RawType => {
  if (!isName(name)) throw fault(place, `\`${name}\` is not a type`);
  return { kind: 'name', name, as: 'common' };
};

/** Reads a type; the fields in `others` belong to the caller. */
export const readType = (place: Place, others: readonly string[] = []): RawType => {
  const fields = fieldsOf(place, [...typeFields, ...others]);
  const type = requiredField(place, fields, 'type');
  const name = textOf(type);
  const [own, read] = readers.get(name) ?? [[], () => readCommonName(type, name)];
  fieldsOf(place, ['type', ...own, ...others]);
  return read(place, fields);
};
