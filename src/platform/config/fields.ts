/** The configuration schema as a flat list of keys, with the names derived from each key. */
import { z } from 'zod';
import type { KeyMeta } from './key-meta.ts';
import { configSchema } from './schema.ts';

export type FieldKind = 'text' | 'number' | 'boolean' | 'list' | 'objects';

export type ConfigField = {
  /** Dotted path, for example `server.tls.mode`. */
  readonly key: string;
  readonly path: readonly string[];
  readonly environmentName: string;
  readonly kind: FieldKind;
  readonly schema: z.ZodType;
  readonly meta: KeyMeta;
  /** Members of the objects in a list of objects, as far as they are described. */
  readonly members: readonly ConfigMember[];
};

export type ConfigMember = {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly meta: KeyMeta;
};

/** Every key of the schema, in its order. */
export const listConfigFields = (): readonly ConfigField[] => collect(configSchema, []);

const collect = (group: z.ZodObject, path: readonly string[]): readonly ConfigField[] =>
  Object.entries(group.shape).flatMap(([name, schema]) => {
    const at = [...path, name];
    if (schema instanceof z.ZodObject) return collect(schema, at);
    return [fieldOf(at, schema as z.ZodType)];
  });

const fieldOf = (path: readonly string[], schema: z.ZodType): ConfigField => ({
  key: path.join('.'),
  path,
  environmentName: `SALLYPORT_${path.map(toSnake).join('_')}`,
  kind: kindOf(schema),
  schema,
  meta: schema.meta() as KeyMeta,
  members: membersOf(schema),
});

const membersOf = (schema: z.ZodType): readonly ConfigMember[] => {
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodArray) || !(inner.element instanceof z.ZodObject)) return [];
  return Object.entries(inner.element.shape).flatMap(([name, member]) => {
    const meta = (member as z.ZodType).meta() as KeyMeta | undefined;
    return meta === undefined ? [] : [{ name, schema: member as z.ZodType, meta }];
  });
};

const toSnake = (name: string): string => {
  let snake = '';
  for (const character of name)
    snake += character === character.toLowerCase() ? character : `_${character}`;
  return snake.toUpperCase();
};

const kindOf = (schema: z.ZodType): FieldKind => {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodNumber) return 'number';
  if (inner instanceof z.ZodBoolean) return 'boolean';
  if (!(inner instanceof z.ZodArray)) return 'text';
  return inner.element instanceof z.ZodObject ? 'objects' : 'list';
};

/** The type under defaults, options and transformations. */
export const unwrap = (schema: z.ZodType): z.ZodType => {
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional
  )
    return unwrap(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodPipe) return unwrap(schema.in as z.ZodType);
  return schema;
};
