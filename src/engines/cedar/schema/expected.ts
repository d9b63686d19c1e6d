/** Which type the schema expects where, so that values in JSON can be read in their short forms. */
import type { EntityUid } from '../ast.ts';
import { type Attributes, type Schema, type SchemaType, uidKey } from './model.ts';

/** The attributes that entities of a type have; undefined for types the schema does not know. */
export const expectedAttributes = (schema: Schema, entityType: string): Attributes | undefined =>
  schema.entityTypes.get(entityType)?.attributes;

/** The type of one attribute of an entity type. */
export const expectedAttribute = (
  schema: Schema,
  entityType: string,
  attribute: string,
): SchemaType | undefined => expectedAttributes(schema, entityType)?.get(attribute)?.type;

/** The type of all tags of an entity type; undefined when it has no tags. */
export const expectedTag = (schema: Schema, entityType: string): SchemaType | undefined =>
  schema.entityTypes.get(entityType)?.tags;

/** The attributes of the context of an action; undefined for actions the schema does not know. */
export const expectedContext = (schema: Schema, action: EntityUid): Attributes | undefined =>
  schema.actions.get(uidKey(action))?.context;
