/** Reading fields out of a server's answer; a missing one means it is no Sallyport server. */
import { SallyportError } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../kernel/json-value.ts';
import { cliErrors } from './errors.ts';

type Kinds = { readonly string: string; readonly number: number; readonly boolean: boolean };

/** A field of a known kind. */
export const field = <K extends keyof Kinds>(
  answer: JsonValue | undefined,
  name: string,
  kind: K,
): Kinds[K] => {
  const value = isJsonObject(answer) ? answer[name] : undefined;
  if (typeof value === kind) return value as Kinds[K];
  throw new SallyportError(cliErrors.E_SERVER_ANSWER, `the answer has no ${kind} ${name}`);
};

/** As `field`, undefined when absent or null. */
export const optionalField = <K extends keyof Kinds>(
  answer: JsonValue | undefined,
  name: string,
  kind: K,
): Kinds[K] | undefined => {
  const value = isJsonObject(answer) ? answer[name] : undefined;
  return value === undefined || value === null ? undefined : field(answer, name, kind);
};

/** A field that holds an object. */
export const objectField = (answer: JsonObject, name: string): JsonObject => {
  const value = answer[name];
  if (value !== undefined && isJsonObject(value)) return value;
  throw new SallyportError(cliErrors.E_SERVER_ANSWER, `the answer has no object ${name}`);
};

/** A field that holds a list. */
export const listField = (answer: JsonValue | undefined, name: string): readonly JsonObject[] => {
  const value = isJsonObject(answer) ? answer[name] : undefined;
  if (Array.isArray(value)) return value.filter(isJsonObject);
  throw new SallyportError(cliErrors.E_SERVER_ANSWER, `the answer has no list ${name}`);
};

/** `{type, id}` as `User::alice`. */
export const refField = (answer: JsonObject, name: string): string => {
  const ref = answer[name];
  return `${field(ref, 'type', 'string')}::${field(ref, 'id', 'string')}`;
};

/** A list of texts, empty when absent. */
export const textsField = (answer: JsonObject, name: string): readonly string[] => {
  const value = answer[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
};
