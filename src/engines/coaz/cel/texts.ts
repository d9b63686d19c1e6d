/** `size`, `startsWith`, `endsWith`, `contains`. Work is charged by the worst a search can take. */
import { type Budget, spend, spent, unitsPerMember } from './budget.ts';
import {
  type CelOutcome,
  type CelValue,
  entriesOf,
  fault,
  isBytes,
  isBuiltMap,
  isList,
  isMap,
  typeName,
} from './values.ts';

type Place = { readonly budget: Budget; readonly at: number };

/** Letter comparisons of a search that count as one unit of work. */
const comparisonsPerUnit = 16;

const letters = (text: string): number => {
  let count = 0;
  for (const _letter of text) count += 1;
  return count;
};

/** Code points, bytes, elements or members. */
export const sizeOf = (value: CelValue, { budget, at }: Place): CelOutcome => {
  if (isList(value) || isBytes(value)) return BigInt(value.length);
  if (typeof value === 'string')
    return spend(budget, value.length) ? BigInt(letters(value)) : spent(at);
  if (!isMap(value)) return fault(`size(${typeName(value)}) is not defined`, at);
  const size = isBuiltMap(value) ? value.size : entriesOf(value).length;
  return spend(budget, size * unitsPerMember) ? BigInt(size) : spent(at);
};

const tests: ReadonlyMap<string, (text: string, part: string) => boolean> = new Map([
  ['startsWith', (text: string, part: string) => text.startsWith(part)],
  ['endsWith', (text: string, part: string) => text.endsWith(part)],
  ['contains', (text: string, part: string) => text.includes(part)],
]);

/** `text.name(part)` for the three tests above. */
export const testText = (
  name: string,
  [text, part]: readonly [CelValue, CelValue],
  { budget, at }: Place,
): CelOutcome => {
  const test = tests.get(name);
  if (test === undefined || typeof text !== 'string' || typeof part !== 'string')
    return fault(`${typeName(text)}.${name}(${typeName(part)}) is not defined`, at);
  const units =
    name === 'contains' ? (text.length * part.length) / comparisonsPerUnit : part.length;
  return spend(budget, units) ? test(text, part) : spent(at);
};
