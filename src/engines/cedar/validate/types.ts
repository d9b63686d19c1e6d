/**
 * Types of expressions: those a schema can name, the two single booleans, and `never` for what has
 * no value or was reported already (it fits everywhere, so that one mistake is one finding).
 */
import type { EntityTypeDefinition, ExtensionName, Schema } from '../schema/model.ts';
import { isActionType } from '../schema/model.ts';

export type RecordType = {
  readonly kind: 'record';
  readonly attributes: ReadonlyMap<string, { readonly type: Type; readonly required: boolean }>;
};
export type Type =
  | { readonly kind: 'never' | 'true' | 'false' | 'boolean' | 'long' | 'string' }
  | { readonly kind: 'set'; readonly element: Type }
  | RecordType
  | { readonly kind: 'entity'; readonly name: string }
  | { readonly kind: 'extension'; readonly name: ExtensionName };

export const never: Type = Object.freeze({ kind: 'never' });
export const boolean: Type = Object.freeze({ kind: 'boolean' });
export const long: Type = Object.freeze({ kind: 'long' });
export const string: Type = Object.freeze({ kind: 'string' });
const truth: Type = Object.freeze({ kind: 'true' });
const falsehood: Type = Object.freeze({ kind: 'false' });

/** The type of one boolean value. */
export const single = (value: boolean): Type => (value ? truth : falsehood);

export const isBoolean = ({ kind }: Type): boolean =>
  kind === 'boolean' || kind === 'true' || kind === 'false';

/** Why two types have no common type. */
export type Clash = 'types' | 'entities' | 'attributes' | 'required';
export type Joined = Type | Clash;
export const isClash = (joined: Joined): joined is Clash => typeof joined === 'string';

const joinRecords = (left: RecordType, right: RecordType): Joined => {
  if (left.attributes.size !== right.attributes.size) return 'attributes';
  const attributes = new Map<string, { readonly type: Type; readonly required: boolean }>();
  for (const [name, mine] of left.attributes) {
    const other = right.attributes.get(name);
    if (other === undefined) return 'attributes';
    if (other.required !== mine.required) return 'required';
    const type = join(mine.type, other.type);
    if (isClash(type)) return type;
    attributes.set(name, { type, required: mine.required });
  }
  return { kind: 'record', attributes };
};

/**
 * The one type that has the values of both, by the strict rules: only single booleans widen, and
 * records need the same attributes.
 */
export const join = (left: Type, right: Type): Joined => {
  if (left === right || right.kind === 'never') return left;
  if (left.kind === 'never') return right;
  if (isBoolean(left) && isBoolean(right)) return left.kind === right.kind ? left : boolean;
  if (left.kind === 'set' && right.kind === 'set') {
    const element = join(left.element, right.element);
    return isClash(element) ? element : { kind: 'set', element };
  }
  if (left.kind === 'record' && right.kind === 'record') return joinRecords(left, right);
  if (left.kind === 'entity' && right.kind === 'entity')
    return left.name === right.name ? left : 'entities';
  if (left.kind === 'extension' && right.kind === 'extension')
    return left.name === right.name ? left : 'types';
  return left.kind === right.kind ? left : 'types';
};

const maxShown = 120;
const names = {
  never: 'nothing',
  true: 'true',
  false: 'false',
  boolean: 'Bool',
  long: 'Long',
  string: 'String',
};

const write = (type: Type, depth: number): string => {
  if (type.kind === 'entity' || type.kind === 'extension') return type.name;
  if (depth > 4) return '…';
  if (type.kind === 'set') return `Set<${write(type.element, depth + 1)}>`;
  if (type.kind !== 'record') return names[type.kind];
  const parts: string[] = [];
  let length = 0;
  for (const [name, item] of type.attributes) {
    if (length > maxShown) break;
    const part = `${name}${item.required ? '' : '?'}: ${write(item.type, depth + 1)}`;
    length += part.length;
    parts.push(part);
  }
  return `{${parts.join(', ')}}`;
};

/** A type as a person writes it, cut to a bounded length. */
export const formatType = (type: Type): string => {
  const text = write(type, 0);
  return text.length > maxShown ? `${text.slice(0, maxShown).toWellFormed()}…` : text;
};

const none: EntityTypeDefinition['attributes'] = new Map();

/** Attributes of values of an entity type; actions have none. */
export const attributesOf = (schema: Schema, name: string): EntityTypeDefinition['attributes'] =>
  schema.entityTypes.get(name)?.attributes ?? none;

/** Whether an entity of one type can be in one of the other; each is in itself. */
export const canBeIn = (schema: Schema, inner: string, outer: string): boolean => {
  if (inner === outer) return true;
  if (!isActionType(inner)) return schema.entityTypes.get(inner)?.ancestors.has(outer) ?? false;
  return schema.actions.values().some(({ uid, ancestors }) => {
    const groups = uid.type === inner ? [...ancestors] : [];
    return groups.some((key) => schema.actions.get(key)?.uid.type === outer);
  });
};
