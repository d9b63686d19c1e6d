/**
 * Holds values in Cedar's JSON notation against types of the schema: explicit forms (`__entity`,
 * `__extn`) and the short ones that a known type allows. Total on any JavaScript value.
 */
import type { CedarErrorCode } from '../syntax/errors.ts';
import { isTypeName } from '../syntax/names.ts';
import type { EntityUid } from '../ast.ts';
import {
  type Attributes,
  isActionType,
  type Schema,
  type SchemaType,
  uidKey,
} from '../schema/model.ts';
import { didYouMean } from '../schema/suggest.ts';
import { toLong } from '../values/long.ts';
import { isFailure, typeOf } from '../values/value.ts';
import { readExtension } from './conform-extension.ts';
import { formatType } from './types.ts';

/** What does not fit, and where: `attrs.address.zip`, `context.level`, `parents[2]`. */
export type ConformanceProblem = {
  readonly code: CedarErrorCode;
  readonly message: string;
  readonly path: string;
  readonly help?: string;
};

export const conformanceCodes = Object.freeze({
  /** A value of another type than the schema says. */
  value: 'E_CEDAR_VALUE_TYPE',
  /** An attribute that must be there. */
  missing: 'E_CEDAR_MISSING_ATTRIBUTE',
  /** An attribute or tag that the schema does not have. */
  unknown: 'E_CEDAR_UNKNOWN_ATTRIBUTE',
  /** An entity that the schema does not allow: its type, its id, its place in a request. */
  entity: 'E_CEDAR_ENTITY_NOT_ALLOWED',
  /** A parent of a type that the schema does not allow. */
  parent: 'E_CEDAR_PARENT_NOT_ALLOWED',
  /** JSON that is no entity and no request. */
  format: 'E_CEDAR_ENTITY_FORMAT',
  /** Entities that contain themselves, or are given twice in different forms. */
  graph: 'E_CEDAR_ENTITY_GRAPH',
  /** A value that nests too deeply. */
  limit: 'E_CEDAR_LIMIT',
} as const);

type Sink = (problem: ConformanceProblem) => void;
export type Conformance = { readonly schema: Schema; readonly report: Sink };
type At = { readonly path: string; readonly depth: number };

const maxDepth = 128;
const maxProblems = 100;

/** Collects problems, a bounded number. */
export const createConformance = (
  schema: Schema,
): Conformance & { readonly problems: ConformanceProblem[] } => {
  const problems: ConformanceProblem[] = [];
  const report: Sink = (problem) => {
    if (problems.length < maxProblems) problems.push(problem);
  };
  return { schema, report, problems };
};

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads `{type, id}` or `{__entity: {type, id}}`; undefined for anything else. */
export const uidOf = (json: unknown): EntityUid | undefined => {
  const inner = isObject(json) && isObject(json['__entity']) ? json['__entity'] : json;
  if (!isObject(inner)) return undefined;
  const { type, id } = inner;
  return typeof type === 'string' && typeof id === 'string' && isTypeName(type)
    ? { type, id }
    : undefined;
};

/** Ids of enumerated types and of actions must be among those the schema has. */
export const checkId = ({ schema, report }: Conformance, uid: EntityUid, path: string): void => {
  const ids = schema.entityTypes.get(uid.type)?.ids;
  const isUnknownAction = isActionType(uid.type) && !schema.actions.has(uidKey(uid));
  if (!isUnknownAction && (ids === undefined || ids.includes(uid.id))) return;
  const what = isUnknownAction ? 'an action' : 'an id of its enumerated type';
  const message = `\`${uidKey(uid)}\` is not ${what} in the schema`;
  const help = didYouMean(uid.id, ids ?? []);
  report({ code: conformanceCodes.entity, message, path, ...(help === undefined ? {} : { help }) });
};

const plainNames: ReadonlyMap<string, string> = new Map([
  ['string', 'String'],
  ['boolean', 'Bool'],
  ['number', 'Long'],
  ['bigint', 'Long'],
]);

const nameOf = (json: unknown): string => {
  if (json === null) return 'null, which is not a value of Cedar';
  if (Array.isArray(json)) return 'a set';
  if (typeof json === 'number' && !Number.isInteger(json)) return 'a fraction';
  if (typeof json === 'object') return uidOf(json) === undefined ? 'a record' : 'an entity';
  return plainNames.get(typeof json) ?? `a ${typeof json}`;
};

type Given = { readonly type: SchemaType; readonly json: unknown };

const mismatch = ({ report }: Conformance, { type, json }: Given, path: string): void => {
  const message = `expected ${formatType(type)}, found ${nameOf(json)}`;
  report({ code: conformanceCodes.value, message, path });
};

const isLong = (json: unknown): boolean =>
  typeof json === 'bigint' ? toLong(json) !== undefined : Number.isInteger(json);

const checkEntity = (
  conformance: Conformance,
  { type, json }: { readonly type: SchemaType & { kind: 'entity' }; readonly json: unknown },
  path: string,
): void => {
  const uid = uidOf(json);
  if (uid === undefined) {
    mismatch(conformance, { type, json }, path);
    return;
  }
  if (uid.type === type.name) checkId(conformance, uid, path);
  else {
    const message = `expected an entity of type ${type.name}, found one of type ${uid.type}`;
    conformance.report({ code: conformanceCodes.value, message, path });
  }
};

const checkExtension = (
  conformance: Conformance,
  { type, json }: { readonly type: SchemaType & { kind: 'extension' }; readonly json: unknown },
  path: string,
): void => {
  const value = readExtension(json, type);
  const code = conformanceCodes.value;
  if (isFailure(value)) conformance.report({ code, message: value.message, path });
  else if (typeOf(value) !== type.name)
    conformance.report({ code, message: `expected ${type.name}, found ${typeOf(value)}`, path });
};

const keyPath = (path: string, key: string): string => {
  const shown = key.length > 64 ? `${key.slice(0, 64).toWellFormed()}…` : key;
  return isTypeName(key) ? `${path}.${shown}` : `${path}[${JSON.stringify(shown)}]`;
};

/** Checks the members of a record, which has these attributes and no others. */
export const checkAttributes = (
  conformance: Conformance,
  {
    attributes,
    json,
  }: { readonly attributes: Attributes; readonly json: Readonly<Record<string, unknown>> },
  { path, depth }: At,
): void => {
  for (const [key, value] of Object.entries(json)) {
    const expected = attributes.get(key);
    const place = { path: keyPath(path, key), depth: depth + 1 };
    if (expected !== undefined) {
      checkValue(conformance, { type: expected.type, json: value }, place);
      continue;
    }
    const help = didYouMean(key, attributes.keys());
    const message = 'the schema has no such attribute here';
    const problem = { code: conformanceCodes.unknown, message, path: place.path };
    conformance.report(help === undefined ? problem : { ...problem, help });
  }
  for (const [key, { required }] of attributes)
    if (required && !Object.hasOwn(json, key)) {
      const message = 'this attribute is required';
      conformance.report({ code: conformanceCodes.missing, message, path: keyPath(path, key) });
    }
};

/** Holds one value against a type. */
export const checkValue = (conformance: Conformance, { type, json }: Given, at: At): void => {
  const { path, depth } = at;
  if (depth > maxDepth) {
    const message = `values nest at most ${maxDepth} levels`;
    conformance.report({ code: conformanceCodes.limit, message, path });
  } else if (type.kind === 'entity') checkEntity(conformance, { type, json }, path);
  else if (type.kind === 'extension') checkExtension(conformance, { type, json }, path);
  else if (type.kind === 'set' && Array.isArray(json))
    for (const [index, item] of (json as readonly unknown[]).entries()) {
      const place = { path: `${path}[${index}]`, depth: depth + 1 };
      checkValue(conformance, { type: type.element, json: item }, place);
    }
  else if (type.kind === 'record' && isObject(json))
    checkAttributes(conformance, { attributes: type.attributes, json }, at);
  else if (!fitsPlain(type, json)) mismatch(conformance, { type, json }, path);
};

const fitsPlain = ({ kind }: SchemaType, json: unknown): boolean =>
  (kind === 'boolean' && typeof json === 'boolean') ||
  (kind === 'string' && typeof json === 'string') ||
  (kind === 'long' && isLong(json));
