/**
 * Counters, gauges and histograms in the Prometheus text format 0.0.4. Hot paths bind a label set
 * once (`counter.with({code: '200'})`) and then pay for one addition. The number of series per
 * metric is bounded: label sets beyond it share one series whose labels all say "overflow".
 */
import { SallyportError } from '../../kernel/errors.ts';
import { metricsErrors } from './errors.ts';
import { createFamily, type Family, type Labels } from './family.ts';
import { formatNumber, isLabelName, isMetricName } from './text-format.ts';

export type BoundCounter = { readonly inc: (amount?: number) => void };
export type Counter = BoundCounter & { readonly with: (labels: Labels) => BoundCounter };

export type BoundGauge = BoundCounter & {
  readonly dec: (amount?: number) => void;
  readonly set: (value: number) => void;
};
export type Gauge = BoundGauge & { readonly with: (labels: Labels) => BoundGauge };

export type BoundHistogram = { readonly observe: (value: number) => void };
export type Histogram = BoundHistogram & { readonly with: (labels: Labels) => BoundHistogram };

export type HistogramOptions = {
  readonly labels?: readonly string[];
  /** Upper bounds, ascending, in the unit of the metric. Default: 0.5 ms to 30 s, in seconds. */
  readonly buckets?: readonly number[];
};

/** A registry. Asking for an existing name with the same shape returns the same metric. */
export type Metrics = {
  readonly counter: (name: string, help: string, labels?: readonly string[]) => Counter;
  readonly gauge: (name: string, help: string, labels?: readonly string[]) => Gauge;
  /** A gauge without labels whose value is read when the metrics are rendered. */
  readonly observed: (name: string, help: string, read: () => number) => void;
  readonly histogram: (name: string, help: string, options?: HistogramOptions) => Histogram;
  /** The exposition, `text/plain; version=0.0.4`. */
  readonly render: () => string;
};

export type MetricsOptions = {
  /** Most label sets one metric may have before they are folded together. Default 1000. */
  readonly maxSeries?: number;
};

const defaultBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
const defaultMaxSeries = 1000;

type Entry = {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly shape: string;
  readonly metric: unknown;
  readonly lines: () => readonly string[];
};

/** Creates an empty registry. Methods throw E_METRIC_INVALID for a bad name or a changed shape. */
export const createMetrics = ({ maxSeries = defaultMaxSeries }: MetricsOptions = {}): Metrics => {
  const entries = new Map<string, Entry>();
  const claim = <T>(name: string, entry: Entry): T => {
    const known = entries.get(name);
    if (known === undefined) entries.set(name, entry);
    else if (known.kind !== entry.kind || known.shape !== entry.shape)
      throw invalid(`${name} is already a ${known.kind} with labels (${known.shape})`);
    return (known ?? entry).metric as T;
  };
  return {
    counter: (name, help, labels = []) =>
      claim(name, counterEntry({ name, help, labels, maxSeries })),
    gauge: (name, help, labels = []) => claim(name, gaugeEntry({ name, help, labels, maxSeries })),
    observed: (name, help, read) => {
      checkNames(name, []);
      claim(name, {
        kind: 'gauge',
        help,
        shape: '',
        metric: read,
        lines: () => [`${name} ${formatNumber(readSafely(read))}`],
      });
    },
    histogram: (name, help, options = {}) =>
      claim(name, histogramEntry({ name, help, labels: options.labels ?? [], maxSeries }, options)),
    render: () => render(entries),
  };
};

type Definition = {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly maxSeries: number;
};

const counterEntry = (definition: Definition): Entry => {
  const family = familyOf(definition, () => ({ value: 0 }));
  const bind = (labels: Labels): BoundCounter => {
    const cell = family.cell(labels);
    return {
      inc: (amount = 1) => {
        if (amount > 0) cell.value += amount;
      },
    };
  };
  return entryOf({ definition, kind: 'counter', family, metric: withLabels(definition, bind) });
};

const gaugeEntry = (definition: Definition): Entry => {
  const family = familyOf(definition, () => ({ value: 0 }));
  const bind = (labels: Labels): BoundGauge => {
    const cell = family.cell(labels);
    return {
      inc: (amount = 1) => {
        cell.value += amount;
      },
      dec: (amount = 1) => {
        cell.value -= amount;
      },
      set: (value) => {
        cell.value = value;
      },
    };
  };
  return entryOf({ definition, kind: 'gauge', family, metric: withLabels(definition, bind) });
};

const histogramEntry = (definition: Definition, options: HistogramOptions): Entry => {
  const bounds = options.buckets ?? defaultBuckets;
  if (bounds.some((bound, i) => i > 0 && bound <= (bounds[i - 1] as number)))
    throw invalid(`buckets of ${definition.name} must ascend`);
  const family = familyOf(definition, () => ({
    counts: new Float64Array(bounds.length + 1),
    sum: 0,
  }));
  const bind = (labels: Labels): BoundHistogram => {
    const cell = family.cell(labels);
    return {
      observe: (value) => {
        const bucket = bucketOf(bounds, value);
        cell.counts[bucket] = (cell.counts[bucket] ?? 0) + 1;
        cell.sum += value;
      },
    };
  };
  const { name, help, labels } = definition;
  return {
    kind: 'histogram',
    help,
    shape: labels.join(','),
    metric: withLabels(definition, bind),
    lines: () =>
      family.series().flatMap(({ cell, label }) => {
        let cumulative = 0;
        const lines = [...bounds, Number.POSITIVE_INFINITY].map((bound, i) => {
          cumulative += cell.counts[i] as number;
          return `${name}_bucket${label({ le: formatNumber(bound) })} ${cumulative}`;
        });
        return [
          ...lines,
          `${name}_sum${label({})} ${formatNumber(cell.sum)}`,
          `${name}_count${label({})} ${cumulative}`,
        ];
      }),
  };
};

const bucketOf = (bounds: readonly number[], value: number): number => {
  let index = 0;
  while (index < bounds.length && value > (bounds[index] as number)) index += 1;
  return index;
};

const familyOf = <Cell>(definition: Definition, create: () => Cell): Family<Cell> => {
  checkNames(definition.name, definition.labels);
  return createFamily({ labels: definition.labels, maxSeries: definition.maxSeries, create });
};

const withLabels = <Bound extends object>(
  { labels }: Definition,
  bind: (labels: Labels) => Bound,
): Bound & { with: (labels: Labels) => Bound } => {
  // Without declared labels the one series exists from the start, so that it is shown as 0.
  const own = labels.length === 0 ? bind({}) : unbound<Bound>(labels);
  return { ...own, with: bind };
};

const unbound = <Bound extends object>(labels: readonly string[]): Bound => {
  const fail = (): never => {
    throw invalid(`bind the labels first: with({${labels.join(', ')}})`);
  };
  return { inc: fail, dec: fail, set: fail, observe: fail } as unknown as Bound;
};

const entryOf = (parts: {
  readonly definition: Definition;
  readonly kind: Entry['kind'];
  readonly family: Family<{ value: number }>;
  readonly metric: unknown;
}): Entry => ({
  kind: parts.kind,
  help: parts.definition.help,
  shape: parts.definition.labels.join(','),
  metric: parts.metric,
  lines: () =>
    parts.family
      .series()
      .map(({ cell, label }) => `${parts.definition.name}${label({})} ${formatNumber(cell.value)}`),
});

const render = (entries: ReadonlyMap<string, Entry>): string => {
  const blocks: string[] = [];
  for (const [name, { help, kind, lines }] of entries) {
    const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    blocks.push(`# HELP ${name} ${escaped}`, `# TYPE ${name} ${kind}`, ...lines());
  }
  return `${blocks.join('\n')}\n`;
};

const readSafely = (read: () => number): number => {
  try {
    return read();
  } catch {
    return Number.NaN;
  }
};

const checkNames = (name: string, labels: readonly string[]): void => {
  if (!isMetricName(name)) throw invalid(`${JSON.stringify(name)} is no metric name`);
  const bad = labels.find((label) => !isLabelName(label));
  if (bad !== undefined) throw invalid(`${JSON.stringify(bad)} is no label name`);
};

const invalid = (detail: string): SallyportError =>
  new SallyportError(metricsErrors.E_METRIC_INVALID, detail);
