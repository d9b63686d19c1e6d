/** How much an expression may be and do. */
export type CelLimits = {
  /** UTF-16 units of source text. */
  readonly maxLength: number;
  /** Brackets in each other. */
  readonly maxDepth: number;
  /** Parts of the syntax tree. */
  readonly maxNodes: number;
  /** Steps of one evaluation; work on data counts by its size. */
  readonly maxSteps: number;
  /** Letters, bytes or elements of any value that is computed, and of the result as JSON. */
  readonly maxSize: number;
};

export const defaultCelLimits: CelLimits = Object.freeze({
  maxLength: 4096,
  maxDepth: 32,
  maxNodes: 1000,
  maxSteps: 100_000,
  maxSize: 65_536,
});
