/**
 * What a bench prints: one JSON line per figure, with the baseline of the same run, the bound it
 * promises to keep and whether it did.
 */

export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline?: number;
  /** `value / baseline`. */
  readonly ratio?: number;
  /** The promise in words, for example `ratio ≥ 0.6`; absent for figures that promise nothing. */
  readonly bound?: string;
  readonly ok: boolean;
};

export type Bound = {
  readonly of: 'value' | 'ratio';
  readonly atLeast?: number;
  readonly atMost?: number;
};

export type Measurement = Omit<Figure, 'ratio' | 'bound' | 'ok'> & { readonly bound?: Bound };

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Compares a measurement with its baseline and its bound. */
export const judge = ({ bound, ...measured }: Measurement): Figure => {
  const { value, baseline } = measured;
  const ratio = baseline === undefined ? {} : { ratio: rounded(value / baseline) };
  const figure = {
    ...measured,
    value: rounded(value),
    ...(baseline === undefined ? {} : { baseline: rounded(baseline) }),
    ...ratio,
  };
  if (bound === undefined) return { ...figure, ok: Number.isFinite(value) };
  const judged = bound.of === 'value' ? value : value / (baseline ?? Number.NaN);
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = bound;
  const words = [
    bound.atLeast === undefined ? '' : `${bound.of} ≥ ${bound.atLeast}`,
    bound.atMost === undefined ? '' : `${bound.of} ≤ ${bound.atMost}`,
  ];
  return {
    ...figure,
    bound: words.filter((word) => word !== '').join(', '),
    ok: judged >= atLeast && judged <= atMost,
  };
};

/** Judges and prints one figure. */
export const report = (measurement: Measurement): void => {
  process.stdout.write(`${JSON.stringify(judge(measurement))}\n`);
};

/** True when the short form is asked for. */
export const isShort = (): boolean =>
  process.argv.includes('--short') || process.env['SALLYPORT_TEST_SHORT'] === '1';

/** The value below which `share` (0 to 1) of the samples lie; sorts a copy. */
export const percentile = (samples: ArrayLike<number>, share: number): number => {
  const sorted = Float64Array.from(samples).sort();
  const index = Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1));
  return sorted[index] ?? Number.NaN;
};
