/** Plain tables: a heading per column, two spaces between, nothing cut off. */

export type Cell = string | number | boolean | null | undefined | readonly string[];
export type Row = Readonly<Record<string, Cell>>;

/** Formats rows; columns are the keys of the first row. Empty text for no rows. */
export const formatTable = (rows: readonly Row[]): string => {
  const [first] = rows;
  if (first === undefined) return '(none)';
  const columns = Object.keys(first);
  const body = rows.map((row) => columns.map((column) => cellText(row[column])));
  const heading = columns.map((column) => headingOf(column));
  const widths = columns.map((_, i) =>
    Math.max(...[heading, ...body].map((line) => width(line[i] ?? ''))),
  );
  return [heading, ...body].map((line) => joinLine(line, widths)).join('\n');
};

const joinLine = (line: readonly string[], widths: readonly number[]): string =>
  line
    .map((cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - width(cell))))
    .join('  ')
    .trimEnd();

const width = (text: string): number => Array.from(text).length;

/** `expiresAtMs` → `EXPIRES AT`. */
const headingOf = (column: string): string =>
  column
    .replace(/Ms$/, '')
    .replaceAll(/([A-Z])/g, ' $1')
    .toUpperCase();

const cellText = (cell: Cell): string => {
  if (cell === null || cell === undefined) return '-';
  if (typeof cell === 'object') return cell.length === 0 ? '-' : cell.join(',');
  return String(cell).replaceAll('\n', ' ');
};

const maxTimeMs = 8.64e15;

/** Epoch milliseconds as ISO 8601 in UTC, `-` for none, the bare number beyond the calendar. */
export const formatTime = (timeMs: number | null | undefined): string => {
  if (timeMs === null || timeMs === undefined) return '-';
  if (!(Math.abs(timeMs) <= maxTimeMs)) return String(timeMs);
  return new Date(timeMs).toISOString().replace('.000Z', 'Z');
};
