/**
 * Templates: JSON whose string leaves are CEL when they start with `$` (`$$` writes one `$`). A leaf that
 * comes to an absent value leaves its member or element out. Read once, filled often, never throws.
 */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../kernel/json-value.ts';
import { type Budget, createBudget } from './cel/budget.ts';
import { defaultCelLimits } from './cel/limits.ts';
import { compileCel } from './cel/program.ts';
import type { CelValue } from './cel/values.ts';
import { coazErrors } from './errors.ts';

/** Limits of one template. */
const maxParts = 1000;
const maxExpressions = 100;
const maxDepth = 32;
const absent = Symbol('absent');

type Variables = Readonly<Record<string, CelValue>>;
/** One filling: what expressions see, and what they may do together. */
type Filling = { readonly variables: Variables; readonly budget: Budget };
type Filled = JsonValue | typeof absent | Refusal;
type Fill = (filling: Filling) => Filled;

export type Template = {
  /** The filled template; undefined when the whole of it is absent. */
  readonly fill: (variables: Variables) => JsonValue | undefined | Refusal;
};

type Reading = { readonly variables: readonly string[]; parts: number; expressions: number };
type Place = { readonly path: string; readonly depth: number };

const problem = (path: string, detail: string, data?: Refusal['data']): Refusal =>
  refuse(coazErrors.E_COAZ_MAPPING, `${path === '' ? 'mapping' : path}: ${detail}`, {
    ...data,
    path,
  });

const readText = (text: string, { path }: Place, reading: Reading): Fill | Refusal => {
  if (!text.startsWith('$')) return () => text;
  const rest = text.slice(1);
  if (rest.startsWith('$')) return () => rest;
  reading.expressions += 1;
  if (reading.expressions > maxExpressions)
    return problem(path, `more than ${maxExpressions} expressions`);
  const program = compileCel(rest, reading.variables);
  if (isRefusal(program)) return problem(path, program.detail, program.data);
  return ({ variables, budget }) => {
    const result = program.run(variables, budget);
    if (isRefusal(result)) return problem(path, result.detail, result.data);
    return 'absent' in result ? absent : result.value;
  };
};

const readAll = (
  values: readonly (readonly [string, JsonValue])[],
  { path, depth }: Place,
  reading: Reading,
): readonly (readonly [string, Fill])[] | Refusal => {
  const fills: (readonly [string, Fill])[] = [];
  for (const [name, value] of values) {
    const place = { path: path === '' ? name : `${path}.${name}`, depth: depth + 1 };
    const fill = readPart(value, place, reading);
    if (isRefusal(fill)) return fill;
    fills.push([name, fill]);
  }
  return fills;
};

const fillAll = (
  fills: readonly (readonly [string, Fill])[],
  filling: Filling,
): readonly (readonly [string, JsonValue])[] | Refusal => {
  const filled: (readonly [string, JsonValue])[] = [];
  for (const [name, fill] of fills) {
    const value = fill(filling);
    if (isRefusal(value)) return value;
    if (value !== absent) filled.push([name, value]);
  }
  return filled;
};

const readPart = (value: JsonValue, place: Place, reading: Reading): Fill | Refusal => {
  reading.parts += 1;
  if (reading.parts > maxParts || place.depth > maxDepth)
    return problem(place.path, 'the mapping is too large');
  if (typeof value === 'string') return readText(value, place, reading);
  if (typeof value !== 'object' || value === null) return () => value;
  const isList = Array.isArray(value);
  const fills = readAll(Object.entries(value as JsonObject), place, reading);
  if (isRefusal(fills)) return fills;
  return (filling) => {
    const filled = fillAll(fills, filling);
    if (isRefusal(filled)) return filled;
    return isList ? filled.map(([, item]) => item) : Object.fromEntries(filled);
  };
};

/** Reads a template over these variables. Refuses with E_COAZ_MAPPING, `data.path` and `data.at`. */
export const readTemplate = (
  value: JsonValue,
  variables: readonly string[],
  path = '',
): Template | Refusal => {
  const fill = readPart(value, { path, depth: 0 }, { variables, parts: 0, expressions: 0 });
  if (isRefusal(fill)) return fill;
  return {
    fill: (given) => {
      const filled = fill({ variables: given, budget: createBudget(defaultCelLimits) });
      return filled === absent ? undefined : filled;
    },
  };
};

/** A mapping problem at a path. */
export const mappingProblem = problem;
/** True for an object as it is written in a mapping. */
export const isWritten = (value: JsonValue | undefined): value is JsonObject => isJsonObject(value);
