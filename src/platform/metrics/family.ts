/** The series of one metric: one cell per label set, bounded in number. */
import { formatLabels } from './text-format.ts';

export type Labels = Readonly<Record<string, string>>;

export type Series<Cell> = {
  readonly cell: Cell;
  /** The label part of a line, with extra labels appended. */
  readonly label: (extra: Labels) => string;
};

export type Family<Cell> = {
  /** The cell of a label set; missing labels count as empty, undeclared ones are ignored. */
  readonly cell: (labels: Labels) => Cell;
  readonly series: () => readonly Series<Cell>[];
};

export type FamilyOptions<Cell> = {
  readonly labels: readonly string[];
  readonly maxSeries: number;
  readonly create: () => Cell;
};

const maxLabelLength = 128;

/** Creates a family; the label set number `maxSeries + 1` and later ones share an overflow cell. */
export const createFamily = <Cell>(options: FamilyOptions<Cell>): Family<Cell> => {
  const { labels: names, maxSeries, create } = options;
  const cells = new Map<string, Series<Cell>>();
  const at = (values: readonly string[]): Series<Cell> => {
    const key = JSON.stringify(values);
    const known = cells.get(key);
    if (known !== undefined) return known;
    const pairs = names.map((name, i): [string, string] => [name, values[i] as string]);
    const series = {
      cell: create(),
      label: (extra: Labels) => formatLabels([...pairs, ...Object.entries(extra)]),
    };
    cells.set(key, series);
    return series;
  };
  const overflow = names.map(() => 'overflow');
  return {
    cell: (labels) => {
      const values = names.map((name) => (labels[name] ?? '').slice(0, maxLabelLength));
      const isFull = cells.size >= maxSeries && !cells.has(JSON.stringify(values));
      return at(isFull ? overflow : values).cell;
    },
    series: () => [...cells.values()],
  };
};
