/**
 * One string for the part of a context that a decision depends on. Two contexts with equal keys
 * cannot be told apart by the policies; unequal keys may still lead to the same decision.
 */
import type { Place } from './usage.ts';
import { valueProblem, withRawIntegers } from './values.ts';

/** JSON keeps types apart; a bigint prints its digits, which no safe number shares. */
const wholeKey = (value: unknown): string => {
  if (value === undefined) return '-';
  if (valueProblem(value) !== undefined) return '?';
  return JSON.stringify(withRawIntegers(value));
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !('__entity' in value);

const leafKey = (value: unknown): string => {
  if (typeof value === 'string') return `"${value.length}:${value}`;
  if (value === true) return 't';
  if (value === false) return 'f';
  if (typeof value === 'number') return `#${value}`;
  const whole = wholeKey(value);
  return `=${whole.length}:${whole}`;
};

/**
 * The key of `value` as far as `place` looks at it. Injective: every part has a fixed shape or says
 * its length, and the order of parts is that of the place, which is the same for equal plans.
 */
export const contextKey = (place: Place, value: unknown): string => {
  if (place.read || place.everything || place.climbs) return leafKey(value);
  if (place.attributes.size === 0) return '';
  if (!isRecord(value)) return leafKey(value);
  let key = '{';
  for (const [name, below] of place.attributes)
    key += Object.hasOwn(value, name) ? contextKey(below, value[name]) : '-';
  return `${key}}`;
};

/** The top-level attributes of a context that `place` looks at; all of them when it looks at the whole. */
export const usedContext = (
  place: Place,
  context: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => {
  if (place.read || place.everything) return context;
  const used: Record<string, unknown> = {};
  for (const name of place.attributes.keys())
    if (Object.hasOwn(context, name))
      Object.defineProperty(used, name, { value: context[name], enumerable: true });
  return used;
};
