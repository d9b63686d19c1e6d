/** Whether two descriptions in JSON are of the same entity, whatever notation they use. */
import type { Schema, SchemaType } from '../schema/model.ts';
import { uidKey } from '../schema/model.ts';
import { formatValue } from '../values/format.ts';
import { isFailure } from '../values/value.ts';
import type { ReadEntity } from './check-entities.ts';
import { isObject, uidOf } from './conform.ts';
import { readExtension } from './conform-extension.ts';

/** A text that is the same for equal values of the type. */
const valueText = (type: SchemaType | undefined, json: unknown, depth = 0): string => {
  if (depth > 128) return '';
  if (type?.kind === 'entity') {
    const uid = uidOf(json);
    return uid === undefined ? '' : uidKey(uid);
  }
  if (type?.kind === 'extension') {
    const value = readExtension(json, type);
    return isFailure(value) ? '' : formatValue(value);
  }
  if (Array.isArray(json)) {
    const element = type?.kind === 'set' ? type.element : undefined;
    const items = (json as readonly unknown[]).map((item) => valueText(element, item, depth + 1));
    return `[${[...new Set(items)].sort().join(',')}]`;
  }
  if (!isObject(json)) return typeof json === 'string' ? JSON.stringify(json) : String(json);
  const attributes = type?.kind === 'record' ? type.attributes : undefined;
  const members = Object.entries(json).map(
    ([key, value]) =>
      `${JSON.stringify(key)}:${valueText(attributes?.get(key)?.type, value, depth + 1)}`,
  );
  return `{${members.sort().join(',')}}`;
};

const entityText = (schema: Schema, { uid, attrs, tags, parents }: ReadEntity): string => {
  const definition = schema.entityTypes.get(uid.type);
  const attributes = definition?.attributes ?? new Map<string, never>();
  const tagTexts = Object.entries(tags).map(
    ([key, value]) => `${JSON.stringify(key)}:${valueText(definition?.tags, value)}`,
  );
  return JSON.stringify([
    valueText({ kind: 'record', attributes }, attrs),
    tagTexts.sort(),
    [...new Set(parents.map(uidKey))].sort(),
  ]);
};

/** Compares by value: order, repetition and notation do not count. */
export const sameEntity = (schema: Schema, left: ReadEntity, right: ReadEntity): boolean =>
  entityText(schema, left) === entityText(schema, right);
