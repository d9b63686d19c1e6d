/**
 * Reads foreign JSON values field by field; a value of the wrong form leaves with a `SchemaFault`
 * that carries its path. Looks only at own properties, so no prototype gets in.
 */
import { problem, SchemaFault, schemaCodes } from './errors.ts';
import { didYouMean } from './suggest.ts';

/** A value and where it stands, for example `N.entityTypes.User.shape`. */
export type Place = { readonly value: unknown; readonly path: string; readonly depth: number };

const maxDepth = 100;

export const fault = ({ path }: Place, message: string, help?: string): SchemaFault =>
  new SchemaFault(problem(schemaCodes.format, `${message} at ${path}`, { path, help }));

const nameOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
};

const wrongType = (place: Place, expected: string): SchemaFault =>
  fault(place, `expected ${expected}, found ${nameOf(place.value)}`);

const below = (place: Place, key: string | number, value: unknown): Place => {
  if (place.depth >= maxDepth) {
    const message = `the schema nests deeper than ${maxDepth} levels`;
    throw new SchemaFault(problem(schemaCodes.limit, message, { path: place.path }));
  }
  const path = typeof key === 'number' ? `${place.path}[${key}]` : `${place.path}.${key}`;
  return { value, path, depth: place.depth + 1 };
};

/** The fields of an object, in order. */
export const entriesOf = (place: Place): readonly (readonly [string, Place])[] => {
  const { value } = place;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrongType(place, 'an object');
  return Object.entries(value).map(([key, item]) => [key, below(place, key, item)] as const);
};

/** The fields of an object that may have only these. */
export const fieldsOf = (place: Place, allowed: readonly string[]): ReadonlyMap<string, Place> => {
  const fields = new Map(entriesOf(place));
  for (const key of fields.keys())
    if (!allowed.includes(key))
      throw fault(
        place,
        `unknown field \`${key}\``,
        didYouMean(key, allowed) ??
          (allowed.length === 0 ? undefined : `the fields are ${allowed.join(', ')}`),
      );
  return fields;
};

export const requiredField = (
  place: Place,
  fields: ReadonlyMap<string, Place>,
  key: string,
): Place => {
  const field = fields.get(key);
  if (field === undefined) throw fault(place, `the field \`${key}\` is missing`);
  return field;
};

export const itemsOf = (place: Place): readonly Place[] => {
  const { value } = place;
  if (!Array.isArray(value)) throw wrongType(place, 'a list');
  return (value as readonly unknown[]).map((item, index) => below(place, index, item));
};

export const textOf = (place: Place): string => {
  if (typeof place.value !== 'string') throw wrongType(place, 'a string');
  return place.value;
};

export const flagOf = (place: Place): boolean => {
  if (typeof place.value !== 'boolean') throw wrongType(place, 'true or false');
  return place.value;
};
