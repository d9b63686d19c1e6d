/** Policy files, entities and requests from disk, for the offline policy commands. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  Entity,
  EntityRef,
  PolicyRequest,
  PolicySource,
} from '../../engines/authorization/index.ts';
import { SallyportError } from '../../kernel/errors.ts';
import { isJsonObject, type JsonValue } from '../../kernel/json-value.ts';
import type { Invocation } from './command.ts';
import { cliErrors } from './errors.ts';
import { readJson, readText } from './read-input.ts';

const maxFiles = 1000;

/** The policies named by --policies: files, and the `.cedar` files of directories, by name. */
export const readPolicies = async ({
  options,
  stdin,
}: Pick<Invocation, 'options' | 'stdin'>): Promise<readonly PolicySource[]> => {
  const files = (await Promise.all(options.list('policies').map(expand))).flat();
  if (files.length === 0) throw bad('there are no .cedar files in the directory given');
  if (files.length > maxFiles) throw bad(`there are more than ${maxFiles} policy files`);
  const sources: PolicySource[] = [];
  for (const file of files) sources.push({ file, text: await readText(file, stdin) });
  return sources;
};

/** The schema named by --schema, if any. */
export const readSchema = async ({
  options,
  stdin,
}: Pick<Invocation, 'options' | 'stdin'>): Promise<string | undefined> => {
  const file = options.text('schema');
  return file === undefined ? undefined : readText(file, stdin);
};

/** The entities of a JSON file, in Cedar's format: `[{uid: {type, id}, attrs, parents}]`. */
export const readEntities = async ({
  options,
  stdin,
}: Pick<Invocation, 'options' | 'stdin'>): Promise<readonly Entity[]> => {
  const file = options.required('entities');
  const value = await readJson(file, stdin);
  if (!Array.isArray(value)) throw bad(`${file}: expected a list of entities`);
  return (value as readonly JsonValue[]).map((item, i) => entityOf(item, `${file}[${i}]`));
};

/** The request of a JSON file: `{principal, action, resource: {type, id}, context}`. */
export const readRequest = async ({
  options,
  stdin,
}: Pick<Invocation, 'options' | 'stdin'>): Promise<PolicyRequest> => {
  const file = options.required('request');
  const value = await readJson(file, stdin);
  if (!isJsonObject(value)) throw bad(`${file}: expected an object`);
  const { principal, action, resource, context = {} } = value;
  if (!isJsonObject(context)) throw bad(`${file}: context must be an object`);
  return {
    principal: refOf(principal, `${file}: principal`),
    action: refOf(action, `${file}: action`),
    resource: refOf(resource, `${file}: resource`),
    context: context as PolicyRequest['context'],
  };
};

const entityOf = (value: JsonValue, place: string): Entity => {
  if (!isJsonObject(value)) throw bad(`${place}: expected an object`);
  const { uid, attrs = {}, parents = [], tags } = value;
  if (!isJsonObject(attrs)) throw bad(`${place}: attrs must be an object`);
  if (!Array.isArray(parents)) throw bad(`${place}: parents must be a list`);
  if (tags !== undefined && !isJsonObject(tags)) throw bad(`${place}: tags must be an object`);
  return {
    uid: refOf(uid, `${place}: uid`),
    attrs: attrs as Entity['attrs'],
    parents: (parents as readonly JsonValue[]).map((parent) => refOf(parent, `${place}: parents`)),
    ...(tags === undefined ? {} : { tags: tags as NonNullable<Entity['tags']> }),
  };
};

/** `{type, id}`, also inside Cedar's `{__entity: …}`. */
const refOf = (value: JsonValue | undefined, place: string): EntityRef => {
  const plain = isJsonObject(value) && isJsonObject(value['__entity']) ? value['__entity'] : value;
  if (isJsonObject(plain)) {
    const { type, id } = plain;
    if (typeof type === 'string' && typeof id === 'string') return { type, id };
  }
  throw bad(`${place} must be {"type": "…", "id": "…"}`);
};

const expand = async (path: string): Promise<readonly string[]> => {
  if (path === '-' || !(await isDirectory(path))) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => name.endsWith('.cedar'))
    .sort()
    .map((name) => join(path, name));
};

const isDirectory = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
};

const bad = (detail: string): SallyportError => new SallyportError(cliErrors.E_INPUT_FILE, detail);
