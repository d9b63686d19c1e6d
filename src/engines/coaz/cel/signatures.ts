/** Which functions there are and how many arguments they take; a misspelt one is an error before it runs. */
import { SyntaxFailure } from './syntax-failure.ts';

const functions: ReadonlyMap<string, number> = new Map([
  ['size', 1],
  ['string', 1],
  ['int', 1],
  ['uint', 1],
  ['double', 1],
]);
const methods: ReadonlyMap<string, number> = new Map([
  ['size', 0],
  ['startsWith', 1],
  ['endsWith', 1],
  ['contains', 1],
  ['orValue', 1],
  ['or', 1],
  ['hasValue', 0],
  ['value', 0],
]);
/** Known to CEL, left out here, with the reason. */
const leftOut: ReadonlyMap<string, string> = new Map([
  ['matches', 'regular expressions are not offered'],
  ...['all', 'exists', 'exists_one', 'map', 'filter'].map(
    (name) => [name, 'macros that loop are not offered'] as const,
  ),
]);

const check = (
  table: ReadonlyMap<string, number>,
  name: string,
  { given, at }: { readonly given: number; readonly at: number },
): void => {
  const wanted = table.get(name);
  if (wanted === given) return;
  if (wanted !== undefined)
    throw new SyntaxFailure(`${name}() takes ${wanted} argument(s), not ${given}`, at);
  const names = [...table.keys()].join(', ');
  throw new SyntaxFailure(`${name}(): ${leftOut.get(name) ?? `there are only ${names}`}`, at);
};

/** Throws SyntaxFailure unless this can be called. */
export const checkFunction = (name: string, given: number, at: number): void =>
  check(functions, name, { given, at });
/** As `checkFunction`, for calls on a value. */
export const checkMethod = (name: string, given: number, at: number): void =>
  check(methods, name, { given, at });
