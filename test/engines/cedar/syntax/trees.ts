/** Trees without their places, for comparing those of different sources. */
import { inspect } from 'node:util';
import {
  isCedarErrors,
  type PolicyNode,
  parsePolicies,
} from '../../../../src/engines/cedar/index.ts';

/** A deep copy without any `span`. Maps and bigints stay. */
export const withoutSpans = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutSpans);
  if (typeof value !== 'object' || value === null || value instanceof Map) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'span');
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutSpans(item)]));
};

/** The only policy of a text; throws when there is none or more. */
export const parseOne = (text: string): PolicyNode => {
  const parsed = parsePolicies(text);
  if (isCedarErrors(parsed)) throw new Error(`${inspect(parsed)} in ${text}`);
  const [only, second] = parsed.policies;
  if (only === undefined || second !== undefined) throw new Error(`not one policy: ${text}`);
  return only.node;
};
