/** One entity in Cedar's JSON notation: `{uid, attrs, parents, tags}`. */
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { Schema } from '../schema/model.ts';
import { formatEntity } from '../values/format.ts';
import type { RecordValue } from '../values/record.ts';
import { type EntityValue, isFailure } from '../values/value.ts';
import { entityErrors } from './errors.ts';
import { type Reader, readCedarValue, readRecord, readUid } from './read-value.ts';

export type EntityContent = EntityValue & {
  readonly attrs: RecordValue;
  readonly tags: RecordValue | undefined;
  readonly parents: readonly EntityValue[];
};

const invalid = (what: string): Refusal => refuse(entityErrors.E_CEDAR_ENTITIES, what);

type Fields = Readonly<Record<string, unknown>>;
type Owner = { readonly name: string; readonly reader: Reader };

const readParents = (json: unknown, { name, reader }: Owner): readonly EntityValue[] | Refusal => {
  if (!Array.isArray(json)) return invalid(`${name}: parents must be an array`);
  const parents: EntityValue[] = [];
  for (let at = 0; at < json.length; at++) {
    const parent = readUid(json[at], reader);
    if (isFailure(parent)) return invalid(`${name}: parents[${at}]${parent.message}`);
    parents.push(parent);
  }
  return parents;
};

type TagType = Parameters<typeof readCedarValue>[2];

const readTags = (
  json: unknown,
  owner: Owner,
  type: TagType,
): RecordValue | Refusal | undefined => {
  if (json === undefined) return undefined;
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return invalid(`${owner.name}: tags must be an object`);
  const keys = Object.keys(json);
  if (keys.length === 0) return undefined;
  const values = [];
  for (const key of keys) {
    const value = readCedarValue((json as Fields)[key], owner.reader, type);
    if (isFailure(value))
      return invalid(`${owner.name}: tags[${JSON.stringify(key)}]${value.message}`);
    values.push(value);
  }
  const shape = owner.reader.shapes.of(keys);
  if (shape === undefined) return invalid(`${owner.name}: a tag has a lone surrogate`);
  return { kind: 'record', shape, values };
};

/** Reads an entity; refused with E_CEDAR_ENTITIES, naming the entity and the place inside it. */
export const readEntity = (
  json: unknown,
  reader: Reader,
  schema: Schema | undefined,
): EntityContent | Refusal => {
  if (typeof json !== 'object' || json === null) return invalid('an entity must be an object');
  const fields = json as Fields;
  const uid = readUid(fields['uid'], reader);
  if (isFailure(uid)) return invalid(`uid${uid.message}`);
  const definition = schema?.entityTypes.get(uid.type);
  const owner = { name: formatEntity(uid), reader };
  const attrs = readRecord(fields['attrs'], reader, definition?.attributes);
  if (isFailure(attrs)) return invalid(`${owner.name}: attrs${attrs.message}`);
  const parents = readParents(fields['parents'], owner);
  if (isRefusal(parents)) return parents;
  const tags = readTags(fields['tags'], owner, definition?.tags);
  if (isRefusal(tags)) return tags;
  return { kind: 'entity', type: uid.type, id: uid.id, attrs, tags, parents };
};
