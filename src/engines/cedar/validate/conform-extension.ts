/**
 * Reads extension values in JSON where the schema says that one stands there: a text, `{fn, arg}` or
 * `{fn, args}`, with or without `__extn` around, and the same for the arguments of functions.
 */
import type { ExtensionName } from '../schema/model.ts';
import { extensionFunctions } from '../values/extensions.ts';
import { failure, isFailure, type Outcome, type Value } from '../values/value.ts';
import { signatures } from './signatures.ts';
import type { Type } from './types.ts';

const constructors: Readonly<Record<ExtensionName, string>> = {
  ipaddr: 'ip',
  decimal: 'decimal',
  datetime: 'datetime',
  duration: 'duration',
};
const maxDepth = 16;

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const argumentsOf = (call: Json): readonly unknown[] | undefined => {
  if ('arg' in call) return [call['arg']];
  return Array.isArray(call['args']) ? (call['args'] as readonly unknown[]) : undefined;
};

const readArgument = (json: unknown, type: Type | undefined, depth: number): Outcome => {
  if (type?.kind === 'extension') return read(json, type.name, depth + 1);
  return typeof json === 'string' ? json : failure('type', 'expected a text as argument');
};

const callFunction = (call: Json, depth: number): Outcome => {
  const name = String(call['fn']);
  const [known, signature] = [extensionFunctions.get(name), signatures.get(name)];
  if (known === undefined || signature === undefined)
    return failure('type', `there is no extension function ${JSON.stringify(name.slice(0, 40))}`);
  const given = argumentsOf(call) ?? [];
  if (given.length !== signature.parameters.length)
    return failure('arity', `${name} takes ${signature.parameters.length} argument(s)`);
  const args: Value[] = [];
  for (const [index, argument] of given.entries()) {
    const value = readArgument(argument, signature.parameters[index], depth);
    if (isFailure(value)) return value;
    args.push(value);
  }
  return known.call(args);
};

const read = (json: unknown, name: ExtensionName, depth: number): Outcome => {
  if (depth > maxDepth) return failure('type', `calls nest at most ${maxDepth} levels`);
  if (typeof json === 'string') return callFunction({ fn: constructors[name], arg: json }, depth);
  const inner = isObject(json) && isObject(json['__extn']) ? json['__extn'] : json;
  if (isObject(inner) && typeof inner['fn'] === 'string' && argumentsOf(inner) !== undefined)
    return callFunction(inner, depth);
  return failure('type', `expected ${name}: a text, or {"__extn": {"fn": …, "arg": …}}`);
};

/** The value, or why there is none. The caller looks whether it is of the type expected. */
export const readExtension = (json: unknown, { name }: { readonly name: ExtensionName }): Outcome =>
  read(json, name, 0);
