/**
 * Selectors: facts about a workload or a node, written `type:value`. A set of required selectors
 * matches a presented set when it is contained in it; nothing else counts, order least of all.
 */
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import { outOfBounds } from '../bounds.ts';

const maxSelectorLength = 512;
const maxTypeLength = 64;
/** Most selectors that an entry may require. */
export const maxRequired = 32;
/** Most selectors that a node may present. */
export const maxPresented = 256;

const isTypeCharacter = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) ||
  (code >= 0x30 && code <= 0x39) ||
  code === 0x5f ||
  code === 0x2d;

const isValueCharacter = (code: number): boolean => code >= 0x20 && code !== 0x7f;

const every = (text: string, test: (code: number) => boolean): boolean => {
  for (let i = 0; i < text.length; i++) if (!test(text.charCodeAt(i))) return false;
  return text.length > 0;
};

/** True for `type:value`: type of `a-z 0-9 _ -`, value without control characters. */
export const isSelector = (text: string): boolean => {
  const colon = text.indexOf(':');
  return (
    text.length <= maxSelectorLength &&
    colon >= 1 &&
    colon <= maxTypeLength &&
    every(text.slice(0, colon), isTypeCharacter) &&
    every(text.slice(colon + 1), isValueCharacter) &&
    text.isWellFormed()
  );
};

/** The same set, sorted and without repetition; refused when empty, too large or misspelt. */
export const readSelectors = (
  selectors: readonly string[],
  most: number = maxRequired,
): readonly string[] | Refusal => {
  const bad = selectors.find((selector) => !isSelector(selector));
  if (bad !== undefined)
    return outOfBounds(`a selector is type:value, not ${JSON.stringify(bad.slice(0, 64))}`);
  const distinct = [...new Set(selectors)].sort();
  if (distinct.length === 0 || distinct.length > most)
    return outOfBounds(`a set of selectors has 1 to ${most} of them`);
  return distinct;
};

/** True when everything required is presented. An empty requirement matches nothing. */
export const matches = (required: readonly string[], presented: ReadonlySet<string>): boolean =>
  required.length > 0 && required.every((selector) => presented.has(selector));

/** A presented set: bad selectors of an attestor are its defect and refuse the whole. */
export const presentedSet = (selectors: readonly string[]): ReadonlySet<string> | Refusal => {
  if (selectors.length === 0) return new Set();
  const read = readSelectors(selectors, maxPresented);
  return isRefusal(read) ? read : new Set(read);
};
