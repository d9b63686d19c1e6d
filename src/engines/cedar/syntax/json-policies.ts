/** Policies in JSON, in every form Cedar has: one policy, or a set with templates and links. */
import type { EntityUid, PolicyNode } from '../ast.ts';
import { excerpt } from './cursor.ts';
import { type CedarError, errorOf, isCedarErrors, SyntaxFailure, syntaxCodes } from './errors.ts';
import { parseExactJson } from './exact-json.ts';
import {
  asArray,
  asObject,
  asText,
  createJsonCursor,
  failJson,
  isObject,
  type JsonCursor,
  type JsonObject,
  kindOf,
  member,
  onlyMembers,
  within,
} from './json-cursor.ts';
import { readJsonPolicy } from './json-policy.ts';
import { readUid } from './json-values.ts';
import { type NamedPolicy, parsePolicies } from './parse-policies.ts';
import { isTemplate, linkTemplate } from './templates.ts';

/** A policy with the template it was linked from, when it was. */
export type SetPolicy = NamedPolicy & { readonly templateId?: string };
export type PolicySetNodes = {
  /** Static policies and linked templates: what decides. */
  readonly policies: readonly SetPolicy[];
  readonly templates: readonly NamedPolicy[];
};

type Building = {
  readonly cursor: JsonCursor;
  readonly policies: SetPolicy[];
  readonly templates: Map<string, PolicyNode>;
  readonly ids: Set<string>;
};

const claimId = ({ cursor, ids }: Building, id: string): void => {
  if (ids.has(id))
    throw new SyntaxFailure({
      code: syntaxCodes.id,
      message: `two policies have the id ${JSON.stringify(excerpt(id))}`,
    });
  ids.add(asText(cursor, id, 'an id'));
};

/** Policies from text inside JSON; errors keep their place in that text. */
const parseInner = (building: Building, text: string): readonly NamedPolicy[] => {
  const parsed = parsePolicies(text);
  if (!isCedarErrors(parsed)) return parsed.policies;
  const [first] = parsed;
  const { message = 'unreadable', line, column, help } = first ?? {};
  const where = line === undefined ? '' : ` (line ${line}, column ${column} of the text)`;
  return failJson(building.cursor, `${message}${where}`, help);
};

const readOne = (building: Building, value: unknown): PolicyNode => {
  if (typeof value !== 'string') return readJsonPolicy(building.cursor, value);
  const [only, second] = parseInner(building, value);
  if (only === undefined || second !== undefined)
    return failJson(building.cursor, 'the text must be exactly one policy');
  return only.node;
};

const addStatic = (building: Building, id: string, node: PolicyNode): void => {
  if (isTemplate(node))
    failJson(
      building.cursor,
      'a template stands among the static policies',
      'move it to templates',
    );
  claimId(building, id);
  building.policies.push({ id, node });
};

const readStatic = (building: Building, value: unknown): void => {
  const { cursor } = building;
  if (typeof value === 'string') {
    for (const { id, node } of parseInner(building, value)) addStatic(building, id, node);
    return;
  }
  const list = Array.isArray(value);
  const entries = list ? value : asObject(cursor, value, 'staticPolicies');
  for (const [key, item] of Object.entries(entries))
    within(cursor, list ? Number(key) : key, () => {
      const node = readOne(building, item);
      addStatic(building, list ? (node.annotations.get('id') ?? `policy${key}`) : key, node);
    });
};

const readTemplates = (building: Building, value: unknown): void => {
  const { cursor } = building;
  for (const [id, item] of Object.entries(asObject(cursor, value, 'templates')))
    within(cursor, id, () => {
      const node = readOne(building, item);
      if (!isTemplate(node))
        failJson(cursor, 'this policy has no slot', 'move it to staticPolicies');
      claimId(building, id);
      building.templates.set(id, node);
    });
};

const readSlots = (cursor: JsonCursor, value: unknown): Record<string, EntityUid> => {
  const values: Record<string, EntityUid> = {};
  for (const [slot, uid] of Object.entries(asObject(cursor, value, 'values')))
    Object.defineProperty(values, slot, {
      value: within(cursor, slot, () => readUid(cursor, uid)),
      enumerable: true,
    });
  return values;
};

const readLink = (building: Building, value: unknown): void => {
  const { cursor } = building;
  const object = asObject(cursor, value, 'a link');
  onlyMembers(cursor, object, ['templateId', 'newId', 'values']);
  const templateId = asText(cursor, member(object, 'templateId'), 'templateId');
  const id = asText(cursor, member(object, 'newId'), 'newId');
  const values = within(cursor, 'values', () => readSlots(cursor, member(object, 'values')));
  const template = building.templates.get(templateId);
  if (template === undefined)
    return failJson(cursor, `there is no template ${JSON.stringify(excerpt(templateId))}`);
  const linked = linkTemplate(template, values);
  if (isCedarErrors(linked)) return failJson(cursor, linked[0]?.message ?? 'cannot be linked');
  claimId(building, id);
  building.policies.push({ id, node: linked.node, templateId });
};

const setMembers = ['staticPolicies', 'templates', 'templateLinks'];

const readSet = (building: Building, object: JsonObject): void => {
  const { cursor } = building;
  onlyMembers(cursor, object, setMembers);
  const part = (key: string, read: (value: unknown) => void): void => {
    if (Object.hasOwn(object, key)) within(cursor, key, () => read(object[key]));
  };
  part('staticPolicies', (value) => readStatic(building, value));
  part('templates', (value) => readTemplates(building, value));
  part('templateLinks', (value) =>
    asArray(cursor, value, 'templateLinks').forEach((link, at) =>
      within(cursor, at, () => readLink(building, link)),
    ),
  );
};

const readSingle = (building: Building, object: JsonObject): void => {
  const node = readJsonPolicy(building.cursor, object);
  const id = node.annotations.get('id') ?? 'policy0';
  if (isTemplate(node)) building.templates.set(id, node);
  else building.policies.push({ id, node });
};

const valueOf = (json: unknown): { readonly value: unknown } | CedarError =>
  typeof json === 'string' ? parseExactJson(json) : { value: json };

/**
 * Reads policies in JSON: one policy or template, or `{staticPolicies, templates, templateLinks}` with
 * static policies as text, as a list or by id. A string is read as JSON text with 64-bit integers
 * exact; in objects integers beyond 2^53 must be bigint. Never throws; reports the first error.
 */
export const policiesFromJson = (json: string | object): PolicySetNodes | readonly CedarError[] => {
  const building: Building = {
    cursor: createJsonCursor(),
    policies: [],
    templates: new Map(),
    ids: new Set(),
  };
  try {
    const parsed = valueOf(json);
    if ('code' in parsed) return [parsed];
    const { value } = parsed;
    if (!isObject(value)) failJson(building.cursor, `policies are an object, not ${kindOf(value)}`);
    else if (Object.hasOwn(value, 'effect')) readSingle(building, value);
    else readSet(building, value);
  } catch (cause) {
    return [errorOf(cause)];
  }
  const templates = [...building.templates].map(([id, node]) => ({ id, node }));
  return { policies: building.policies, templates };
};
