/**
 * Resolves OCSF definitions: `extends`, `$include`d profiles, dictionary defaults and the
 * datetime profile. The result holds, per class or object, every attribute with its final facts.
 */

type RawAttribute = {
  readonly type?: string;
  readonly is_array?: boolean;
  readonly requirement?: string;
  readonly profile?: string | null;
  readonly sibling?: string;
  readonly enum?: Readonly<Record<string, unknown>>;
};
type RawConstraints = {
  readonly at_least_one?: readonly string[];
  readonly just_one?: readonly string[];
};
type RawDefinition = {
  readonly name: string;
  readonly uid?: number;
  readonly category?: string;
  readonly extends?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly constraints?: RawConstraints;
};

export type Attribute = {
  readonly type: string;
  readonly isArray: boolean;
  readonly required: boolean;
  readonly profile: string | undefined;
  readonly sibling: string | undefined;
  readonly values: readonly string[];
};
export type Definition = {
  readonly name: string;
  readonly uid: number | undefined;
  readonly category: string | undefined;
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly constraints: RawConstraints;
};

export type Source = {
  readonly version: string;
  readonly typeNames: ReadonlySet<string>;
  readonly categories: ReadonlyMap<string, number>;
  readonly profiles: readonly string[];
  readonly findClass: (name: string) => Definition;
  readonly findObject: (name: string) => Definition;
};

type Merged = { attributes: Map<string, RawAttribute>; constraints: RawConstraints };
type Files = ReadonlyMap<string, Uint8Array>;

const decode = (files: Files, path: string): Record<string, unknown> => {
  const bytes = files.get(path);
  if (bytes === undefined) throw new Error(`no ${path} in the archive`);
  return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
};

const mergeAttribute = (base: RawAttribute | undefined, over: RawAttribute): RawAttribute => ({
  ...base,
  ...over,
  ...(base?.enum || over.enum ? { enum: { ...base?.enum, ...over.enum } } : {}),
});

const includeProfiles = (files: Files, paths: unknown, into: Map<string, RawAttribute>): void => {
  for (const path of paths as readonly string[]) {
    const profile = decode(files, path) as RawDefinition;
    for (const [name, attribute] of Object.entries(profile.attributes)) {
      const gated = { profile: profile.name, ...(attribute as RawAttribute) };
      into.set(name, mergeAttribute(into.get(name), gated));
    }
  }
};

const mergeDefinition = (files: Files, raw: RawDefinition, parent: Merged): Merged => {
  const attributes = new Map(parent.attributes);
  if (raw.attributes.$include !== undefined)
    includeProfiles(files, raw.attributes.$include, attributes);
  for (const [name, attribute] of Object.entries(raw.attributes)) {
    if (name.startsWith('$')) continue;
    attributes.set(name, mergeAttribute(attributes.get(name), attribute as RawAttribute));
  }
  return { attributes, constraints: raw.constraints ?? parent.constraints };
};

const finish = (attribute: RawAttribute, name: string): Attribute => {
  if (attribute.type === undefined) throw new Error(`${name} has no type`);
  return {
    type: attribute.type,
    isArray: attribute.is_array === true,
    required: attribute.requirement === 'required',
    profile: attribute.profile ?? undefined,
    sibling: attribute.sibling,
    values: Object.keys(attribute.enum ?? {}),
  };
};

const datetimeTwin: Attribute = {
  type: 'datetime_t',
  isArray: false,
  required: false,
  profile: 'datetime',
  sibling: undefined,
  values: [],
};

/** Dictionary first, then the definition on top; every timestamp gains its `_dt` twin. */
const finishAll = (
  merged: Merged,
  dictionary: Readonly<Record<string, RawAttribute>>,
): ReadonlyMap<string, Attribute> => {
  const done = new Map<string, Attribute>();
  for (const [name, attribute] of merged.attributes) {
    const finished = finish(mergeAttribute(dictionary[name], attribute), name);
    done.set(name, finished);
    if (finished.type === 'timestamp_t')
      done.set(`${name}_dt`, { ...datetimeTwin, isArray: finished.isArray });
  }
  return done;
};

const createFinder = (
  files: Files,
  folder: string,
  dictionary: Readonly<Record<string, RawAttribute>>,
): ((name: string) => Definition) => {
  const raws = new Map<string, RawDefinition>();
  for (const path of files.keys()) {
    if (!path.startsWith(folder) || !path.endsWith('.json')) continue;
    const raw = decode(files, path) as RawDefinition;
    raws.set(raw.name, raw);
  }
  const merge = (
    name: string,
  ): Merged & { category: string | undefined; uid: number | undefined } => {
    const raw = raws.get(name);
    if (raw === undefined) throw new Error(`no definition of ${name} in ${folder}`);
    const parent =
      raw.extends === undefined
        ? { attributes: new Map<string, RawAttribute>(), constraints: {}, category: undefined }
        : merge(raw.extends);
    return {
      ...mergeDefinition(files, raw, parent),
      category: raw.category ?? parent.category,
      uid: raw.uid,
    };
  };
  return (name) => {
    const merged = merge(name);
    return { ...merged, name, attributes: finishAll(merged, dictionary) };
  };
};

/** Opens the unpacked schema archive. Extensions (operating systems) are left out. */
export const openSource = (files: Files): Source => {
  const dictionary = decode(files, 'dictionary.json') as {
    attributes: Record<string, RawAttribute>;
    types: { attributes: Record<string, unknown> };
  };
  const categories = decode(files, 'categories.json').attributes as Record<string, { uid: number }>;
  return {
    version: decode(files, 'version.json').version as string,
    typeNames: new Set(Object.keys(dictionary.types.attributes)),
    categories: new Map(Object.entries(categories).map(([name, { uid }]) => [name, uid])),
    profiles: [...files.keys()]
      .filter((path) => path.startsWith('profiles/'))
      .map((path) => path.slice('profiles/'.length, -'.json'.length))
      .toSorted(),
    findClass: createFinder(files, 'events/', dictionary.attributes),
    findObject: createFinder(files, 'objects/', dictionary.attributes),
  };
};
