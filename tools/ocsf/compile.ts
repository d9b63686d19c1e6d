/** Compiles resolved OCSF definitions into the tables of src/engines/ocsf/schema-format.ts. */
import {
  type ClassTable,
  type Constraint,
  type EnumTable,
  type ObjectTable,
  type OcsfSchema,
  packAttribute,
  type TypeName,
  typeCodes,
} from '../../src/engines/ocsf/schema-format.ts';
import type { Attribute, Definition, Source } from './resolve.ts';

/** Types with a form of their own; every other scalar type of the schema is plain text. */
const scalarTypes: Readonly<Record<string, TypeName>> = {
  json_t: 'json',
  object: 'object',
  boolean_t: 'boolean',
  integer_t: 'integer',
  long_t: 'integer',
  timestamp_t: 'integer',
  float_t: 'float',
  port_t: 'port',
  ip_t: 'ip',
  email_t: 'email',
  uuid_t: 'uuid',
  mac_t: 'mac',
  datetime_t: 'datetime',
  bytestring_t: 'bytestring',
  subnet_t: 'subnet',
};

/** Attributes whose value follows from the class; the interpreter checks them itself. */
const computed = new Set(['class_uid', 'category_uid', 'type_uid']);

type Compiler = {
  readonly source: Source;
  readonly objectNumbers: Map<string, number>;
  readonly objects: ObjectTable[];
  readonly enumNumbers: Map<string, number>;
  readonly enums: EnumTable[];
  readonly siblings: Map<string, string>;
};

const enumTable = (attribute: Attribute): EnumTable => {
  if (attribute.type === 'string_t') return { strings: attribute.values.toSorted() };
  const numbers = attribute.values.map(Number).toSorted((a, b) => a - b);
  const small = numbers.filter((value) => value >= 0 && value <= 30);
  return {
    bits: small.reduce((bits, value) => bits | (1 << value), 0),
    more: numbers.filter((value) => value < 0 || value > 30),
  };
};

const enumNumber = (compiler: Compiler, attribute: Attribute): number => {
  const table = enumTable(attribute);
  const key = JSON.stringify(table);
  const known = compiler.enumNumbers.get(key);
  if (known !== undefined) return known;
  compiler.enumNumbers.set(key, compiler.enums.push(table) - 1);
  return compiler.enums.length - 1;
};

const objectNumber = (compiler: Compiler, name: string): number => {
  const known = compiler.objectNumbers.get(name);
  if (known !== undefined) return known;
  const number = compiler.objects.length;
  compiler.objectNumbers.set(name, number);
  // The place is taken before the fields are compiled: objects refer to each other in circles.
  compiler.objects.push({ name, attributes: {}, constraints: [] });
  compiler.objects[number] = compileDefinition(compiler, compiler.source.findObject(name));
  return number;
};

const compileAttribute = (
  compiler: Compiler,
  name: string,
  attribute: Attribute & { readonly presence: number },
): number => {
  const { isArray, presence } = attribute;
  const profile =
    attribute.profile === undefined ? -1 : compiler.source.profiles.indexOf(attribute.profile);
  if (attribute.type !== 'object' && !compiler.source.typeNames.has(attribute.type)) {
    const target = objectNumber(compiler, attribute.type);
    return packAttribute({ type: typeCodes.nested, isArray, presence, profile, target });
  }
  if (attribute.sibling !== undefined) compiler.siblings.set(name, attribute.sibling);
  const hasValues = attribute.values.length > 0 && !computed.has(name);
  const target = hasValues ? enumNumber(compiler, attribute) : -1;
  const type = typeCodes[scalarTypes[attribute.type] ?? 'string'];
  return packAttribute({ type, isArray, presence, profile, target });
};

const requiredConstraints = (
  definition: Definition,
  profiles: readonly string[],
): readonly Omit<Constraint, 'mask'>[] => {
  const byProfile = Map.groupBy(
    [...definition.attributes].filter(([, attribute]) => attribute.required),
    ([, attribute]) => attribute.profile,
  );
  return [...byProfile].map(([profile, attributes]) => ({
    kind: 'all',
    names: attributes.map(([name]) => name).toSorted(),
    ...(profile === undefined ? {} : { profile: profiles.indexOf(profile) }),
  }));
};

const declaredConstraints = (definition: Definition): readonly Omit<Constraint, 'mask'>[] => {
  const { at_least_one: some, just_one: one } = definition.constraints;
  return [
    ...(some === undefined ? [] : [{ kind: 'some' as const, names: some }]),
    ...(one === undefined ? [] : [{ kind: 'one' as const, names: one }]),
  ];
};

const compileDefinition = (compiler: Compiler, definition: Definition): ObjectTable => {
  const constraints = [
    ...requiredConstraints(definition, compiler.source.profiles),
    ...declaredConstraints(definition),
  ];
  const counted = [...new Set(constraints.flatMap(({ names }) => names))];
  const attributes: Record<string, number> = {};
  for (const name of [...definition.attributes.keys()].toSorted()) {
    const attribute = definition.attributes.get(name);
    if (attribute === undefined) continue;
    const presence = counted.indexOf(name);
    attributes[name] = compileAttribute(compiler, name, { ...attribute, presence });
  }
  return {
    name: definition.name,
    attributes,
    constraints: constraints.map((constraint) => ({
      ...constraint,
      mask: constraint.names.reduce((mask, name) => mask | (1 << counted.indexOf(name)), 0),
    })),
  };
};

/** Bits of all profiles that give a class or any object it can hold an attribute. */
const applicableProfiles = (compiler: Compiler, root: ObjectTable): number => {
  const seen = new Set<ObjectTable>();
  let bits = 0;
  const visit = (table: ObjectTable): void => {
    if (seen.has(table)) return;
    seen.add(table);
    for (const packed of Object.values(table.attributes)) {
      const profile = ((packed >> 11) & 0xf) - 1;
      if (profile >= 0) bits |= 1 << profile;
      const nested =
        (packed & 0x1f) === typeCodes.nested ? compiler.objects[(packed >> 15) - 1] : undefined;
      if (nested !== undefined) visit(nested);
    }
  };
  visit(root);
  return bits;
};

const compileClass = (compiler: Compiler, name: string): ClassTable => {
  const definition = compiler.source.findClass(name);
  const categoryUid = compiler.source.categories.get(definition.category ?? '');
  if (definition.uid === undefined || categoryUid === undefined)
    throw new Error(`${name} is not a concrete class`);
  const table = compileDefinition(compiler, definition);
  return {
    ...table,
    classUid: categoryUid * 1000 + definition.uid,
    categoryUid,
    profiles: applicableProfiles(compiler, table),
  };
};

/** Compiles the named classes and every object they can hold. Deterministic. */
export const compileSchema = (source: Source, classNames: readonly string[]): OcsfSchema => {
  const compiler: Compiler = {
    source,
    objectNumbers: new Map(),
    objects: [],
    enumNumbers: new Map(),
    enums: [],
    siblings: new Map(),
  };
  const classes: Record<number, ClassTable> = {};
  for (const name of classNames) {
    const table = compileClass(compiler, name);
    classes[table.classUid] = table;
  }
  return {
    version: source.version,
    profiles: source.profiles,
    enums: compiler.enums,
    objects: compiler.objects,
    classes,
    siblings: Object.fromEntries([...compiler.siblings].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
};
