/**
 * Tensor data as JSON (Open Inference Protocol V2, tensor data): flat or nested, row-major. Every
 * element is looked at once: type, integer range, declared range, and the shape it claims.
 */
import type { TensorDatatype } from '../../../domains/endpoints/index.ts';
import type { JsonArray, JsonValue } from '../../../kernel/json-value.ts';

export type ElementRule = {
  readonly datatype: TensorDatatype;
  /** Inclusive; the narrower of datatype and declaration. Not used for BOOL and BYTES. */
  readonly minimum: number;
  readonly maximum: number;
};

/** Integers beyond 2^53 cannot pass through JSON unchanged, so 64-bit types end there. */
const safe = Number.MAX_SAFE_INTEGER;

const ranges: Readonly<Partial<Record<TensorDatatype, readonly [number, number]>>> = {
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  UINT64: [0, safe],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
  INT64: [-safe, safe],
  FP16: [-65_504, 65_504],
  FP32: [-3.402_823_466_385_288_6e38, 3.402_823_466_385_288_6e38],
};

const integers: ReadonlySet<TensorDatatype> = new Set([
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
]);

/** Rule of a datatype, narrowed by a declared range. */
export const elementRule = (
  datatype: TensorDatatype,
  declared: { readonly minimum?: number; readonly maximum?: number } = {},
): ElementRule => {
  const [lowest, highest] = ranges[datatype] ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
  return {
    datatype,
    minimum: Math.max(lowest, declared.minimum ?? lowest),
    maximum: Math.min(highest, declared.maximum ?? highest),
  };
};

/** What is wrong with one element; undefined when nothing. */
type ElementCheck = (value: JsonValue) => string | undefined;

const checkNumber = ({ datatype, minimum, maximum }: ElementRule): ElementCheck => {
  const isInteger = integers.has(datatype);
  // The comparison is written so that NaN fails it, whatever parser made it.
  return (value) => {
    if (typeof value !== 'number') return 'is not a number';
    if (isInteger && !Number.isInteger(value)) return 'is not an integer';
    return value >= minimum && value <= maximum ? undefined : `is outside ${minimum} to ${maximum}`;
  };
};

const elementCheck = (rule: ElementRule): ElementCheck => {
  if (rule.datatype === 'BOOL')
    return (value) => (typeof value === 'boolean' ? undefined : 'is not a boolean');
  if (rule.datatype === 'BYTES')
    return (value) => (typeof value === 'string' ? undefined : 'is not a string');
  return checkNumber(rule);
};

type Walk = {
  readonly check: ElementCheck;
  readonly shape: readonly number[];
  /** Elements seen; the place named in a fault. */
  seen: number;
};

const walkFlat = (walk: Walk, data: JsonArray): string | undefined => {
  for (let i = 0; i < data.length; i++) {
    const fault = walk.check(data[i] as JsonValue);
    if (fault !== undefined) return `element ${walk.seen + i} ${fault}`;
  }
  walk.seen += data.length;
  return undefined;
};

/** Depth is that of the shape, at most 16, so recursion is bounded by the declaration. */
const walkNested = (walk: Walk, data: JsonValue, axis: number): string | undefined => {
  if (!Array.isArray(data)) return `axis ${axis} is not an array`;
  const rows = data as JsonArray;
  if (rows.length !== walk.shape[axis])
    return `axis ${axis} holds ${rows.length} instead of ${walk.shape[axis]}`;
  if (axis === walk.shape.length - 1) return walkFlat(walk, rows);
  for (const row of rows) {
    const fault = walkNested(walk, row, axis + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

/** Product of a shape; infinite when it is larger than any tensor we accept. */
export const elementCount = (shape: readonly number[]): number => {
  let count = 1;
  for (const size of shape) count *= size;
  return Number.isSafeInteger(count) ? count : Number.POSITIVE_INFINITY;
};

/** First fault of the data of one tensor; undefined when it is what shape and rule say. */
export const dataFault = (
  data: JsonValue | undefined,
  shape: readonly number[],
  rule: ElementRule,
): string | undefined => {
  if (!Array.isArray(data)) return 'data must be an array';
  const walk: Walk = { check: elementCheck(rule), shape, seen: 0 };
  const values = data as JsonArray;
  if (shape.length > 1 && Array.isArray(values[0])) return walkNested(walk, values, 0);
  const expected = elementCount(shape);
  if (values.length !== expected)
    return `data holds ${values.length} elements, the shape ${expected}`;
  return walkFlat(walk, values);
};
