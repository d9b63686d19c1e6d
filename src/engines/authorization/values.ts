/**
 * Values on their way to the evaluator: checked (integers only, bounded depth and size, well-formed
 * text), and the notation that keeps 64-bit integers exact in JSON. Makers for the extension values.
 */
import type { CedarValue, EntityRef } from './types.ts';

const maxDepth = 32;
const maxNodes = 20_000;
const minLong = -(2n ** 63n);
const maxLong = 2n ** 63n - 1n;

/** A reference to an entity as an attribute or context value. */
export const entityValue = ({ type, id }: EntityRef): CedarValue => ({ __entity: { type, id } });
const extension = (fn: string, arg: string): CedarValue => ({ __extn: { fn, arg } });
/** An IP address or range, for example `10.0.0.0/8`; the policy engine refuses malformed ones. */
export const ipValue = (address: string): CedarValue => extension('ip', address);
/** A moment, from epoch milliseconds. */
export const datetimeValue = (epochMs: number): CedarValue =>
  extension('datetime', new Date(epochMs).toISOString());
/** A span of time in milliseconds. */
export const durationValue = (ms: number): CedarValue =>
  extension('duration', `${Math.trunc(ms)}ms`);
/** A decimal number with at most four digits behind the point, given as text such as `0.25`. */
export const decimalValue = (text: string): CedarValue => extension('decimal', text);

/** Why a value cannot be used. */
type Finding = { problem: string | undefined; hasBigint: boolean; nodes: number };

const inspectNumber = (value: number, finding: Finding): void => {
  if (!Number.isInteger(value)) finding.problem = `${value} is not an integer; use a decimal value`;
  else if (!Number.isSafeInteger(value))
    finding.problem = `${value} lost digits on its way; send integers beyond 2^53 as bigint`;
};

const inspectLeaf = (value: unknown, finding: Finding): void => {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) finding.problem = 'text holds a lone surrogate';
  } else if (typeof value === 'number') inspectNumber(value, finding);
  else if (typeof value === 'bigint') {
    finding.hasBigint = true;
    if (value < minLong || value > maxLong) finding.problem = `${value} needs more than 64 bits`;
  } else if (typeof value !== 'boolean')
    finding.problem = `${value === null ? 'null' : typeof value} is not a Cedar value`;
};

const inspectValue = (value: unknown, depth: number, finding: Finding): void => {
  if (finding.problem !== undefined) return;
  if (++finding.nodes > maxNodes) finding.problem = `more than ${maxNodes} values`;
  else if (typeof value !== 'object' || value === null) inspectLeaf(value, finding);
  else if (depth >= maxDepth) finding.problem = `values nest deeper than ${maxDepth}`;
  else if (Array.isArray(value))
    for (const item of value as unknown[]) inspectValue(item, depth + 1, finding);
  else
    for (const key in value) {
      if (!key.isWellFormed()) finding.problem = 'a key holds a lone surrogate';
      inspectValue((value as Record<string, unknown>)[key], depth + 1, finding);
    }
};

/** What is wrong with a value, or undefined when the evaluator can take it. */
export const valueProblem = (value: unknown): string | undefined => {
  const finding: Finding = { problem: undefined, hasBigint: false, nodes: 0 };
  inspectValue(value, 0, finding);
  return finding.problem;
};

/** ECMAScript 2026; the compiler's library does not name it yet. */
const rawJson = (text: string): unknown =>
  (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON(text);

const rawIntegers = (value: unknown): unknown => {
  if (typeof value === 'bigint') return rawJson(value.toString());
  if (Array.isArray(value)) return value.map(rawIntegers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rawIntegers(item)]));
};

/** The same value with its 64-bit integers in a form that JSON.stringify writes digit by digit. */
export const withRawIntegers = (value: unknown): unknown => {
  const finding: Finding = { problem: undefined, hasBigint: false, nodes: 0 };
  inspectValue(value, 0, finding);
  return finding.hasBigint ? rawIntegers(value) : value;
};

/** The entity a value names, if it is `{__entity: {type, id}}`. */
export const entityOfValue = (value: unknown): EntityRef | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const reference = (value as { __entity?: unknown }).__entity;
  if (typeof reference !== 'object' || reference === null) return undefined;
  const { type, id } = reference as Partial<EntityRef>;
  return typeof type === 'string' && typeof id === 'string' ? { type, id } : undefined;
};
