/** Filled templates as AuthZEN requests: what is required is there and of its type (AuthZEN 1.0, sections 5 to 7). */
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../kernel/json-value.ts';
import { mappingProblem } from './template.ts';
import type {
  AuthzenAction,
  AuthzenThing,
  EvaluationEntry,
  EvaluationRequest,
  EvaluationsRequest,
} from './types.ts';

type Maybe = JsonValue | undefined;

const checkText = (value: Maybe, path: string): string | Refusal => {
  if (value === undefined || value === null) return mappingProblem(path, 'required, but absent');
  if (typeof value !== 'string') return mappingProblem(path, 'must be text');
  return value === '' ? mappingProblem(path, 'required, but empty') : value;
};

const checkObject = (value: Maybe, path: string): JsonObject | Refusal => {
  if (value === undefined || value === null) return mappingProblem(path, 'required, but absent');
  return isJsonObject(value) ? value : mappingProblem(path, 'must be an object');
};

const checkOptional = (value: Maybe, path: string): JsonObject | undefined | Refusal =>
  value === undefined || isJsonObject(value) ? value : mappingProblem(path, 'must be an object');

const withProperties = <Named extends object>(
  named: Named,
  object: JsonObject,
  path: string,
): (Named & { readonly properties?: JsonObject }) | Refusal => {
  const properties = checkOptional(object['properties'], `${path}.properties`);
  if (isRefusal(properties)) return properties;
  return properties === undefined ? named : { ...named, properties };
};

const checkThing = (value: Maybe, path: string): AuthzenThing | Refusal => {
  const object = checkObject(value, path);
  if (isRefusal(object)) return object;
  const type = checkText(object['type'], `${path}.type`);
  if (isRefusal(type)) return type;
  const id = checkText(object['id'], `${path}.id`);
  return isRefusal(id) ? id : withProperties({ type, id }, object, path);
};

const checkAction = (value: Maybe, path: string): AuthzenAction | Refusal => {
  const object = checkObject(value, path);
  if (isRefusal(object)) return object;
  const name = checkText(object['name'], `${path}.name`);
  return isRefusal(name) ? name : withProperties({ name }, object, path);
};

type Checked = {
  action?: AuthzenAction | Refusal;
  resource?: AuthzenThing | Refusal;
  context?: JsonObject | Refusal;
};

/** Action, resource and context of a batch or an entry, as far as they are there. */
const checkParts = (object: JsonObject, path: string): EvaluationEntry | Refusal => {
  const { action, resource, context } = object;
  const parts: Checked = {};
  if (action !== undefined) parts.action = checkAction(action, `${path}.action`);
  if (resource !== undefined) parts.resource = checkThing(resource, `${path}.resource`);
  const facts = checkOptional(context, `${path}.context`);
  if (facts !== undefined) parts.context = facts;
  return Object.values(parts).find(isRefusal) ?? (parts as EvaluationEntry);
};

/** An `evaluation` envelope. */
export const checkEvaluation = (value: Maybe, path: string): EvaluationRequest | Refusal => {
  const object = checkObject(value, path);
  if (isRefusal(object)) return object;
  const subject = checkThing(object['subject'], `${path}.subject`);
  if (isRefusal(subject)) return subject;
  const parts = checkParts(object, path);
  if (isRefusal(parts)) return parts;
  const { action, resource } = parts;
  if (action === undefined) return mappingProblem(`${path}.action`, 'required, but absent');
  if (resource === undefined) return mappingProblem(`${path}.resource`, 'required, but absent');
  return { ...parts, subject, action, resource };
};

const semantics = ['execute_all', 'deny_on_first_deny'] as const;

/** One call needs all that it maps to, so a batch that is content with one permit is refused. */
const checkOptions = (value: Maybe, path: string): EvaluationsRequest['options'] | Refusal => {
  const options = checkOptional(value, path);
  if (isRefusal(options) || options === undefined) return options;
  const { evaluations_semantic: semantic } = options;
  if (semantic === undefined) return {};
  const known = semantics.find((one) => one === semantic);
  if (known !== undefined) return { evaluations_semantic: known };
  return mappingProblem(`${path}.evaluations_semantic`, `must be one of ${semantics.join(', ')}`);
};

const checkEntry = (value: JsonValue, path: string, batch: EvaluationEntry) => {
  if (!isJsonObject(value)) return mappingProblem(path, 'must be an object');
  if (Object.hasOwn(value, 'subject'))
    return mappingProblem(`${path}.subject`, 'an entry has no subject of its own');
  const entry = checkParts(value, path);
  if (isRefusal(entry)) return entry;
  const missing = (['action', 'resource'] as const).find(
    (part) => entry[part] === undefined && batch[part] === undefined,
  );
  return missing === undefined
    ? entry
    : mappingProblem(`${path}.${missing}`, 'required, but absent');
};

/** An `evaluations` envelope. */
export const checkEvaluations = (value: Maybe, path: string): EvaluationsRequest | Refusal => {
  const object = checkObject(value, path);
  if (isRefusal(object)) return object;
  const subject = checkThing(object['subject'], `${path}.subject`);
  if (isRefusal(subject)) return subject;
  const batch = checkParts(object, path);
  if (isRefusal(batch)) return batch;
  const options = checkOptions(object['options'], `${path}.options`);
  if (isRefusal(options)) return options;
  const { evaluations } = object;
  if (!Array.isArray(evaluations) || evaluations.length === 0)
    return mappingProblem(`${path}.evaluations`, 'must be a list with entries');
  const entries: EvaluationEntry[] = [];
  for (const [place, item] of (evaluations as readonly JsonValue[]).entries()) {
    const entry = checkEntry(item, `${path}.evaluations.${place}`, batch);
    if (isRefusal(entry)) return entry;
    entries.push(entry);
  }
  return {
    ...batch,
    subject,
    evaluations: entries,
    ...(options === undefined ? {} : { options }),
  };
};
