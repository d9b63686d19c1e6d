/** Lexical rules of the Prometheus text format: names, label escaping, numbers. */

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_';
const digits = '0123456789';

/** `[a-zA-Z_:][a-zA-Z0-9_:]*` */
export const isMetricName = (name: string): boolean => isName(name, `${letters}:`);

/** `[a-zA-Z_][a-zA-Z0-9_]*`, not starting with two underscores (reserved). */
export const isLabelName = (name: string): boolean =>
  isName(name, letters) && !name.startsWith('__');

const isName = (name: string, first: string): boolean => {
  if (name === '' || !first.includes(name.charAt(0))) return false;
  for (const character of name) if (!`${first}${digits}`.includes(character)) return false;
  return true;
};

/** `{a="1",b="2"}` with backslash, quote and newline escaped; nothing for no labels. */
export const formatLabels = (labels: readonly (readonly [string, string])[]): string => {
  if (labels.length === 0) return '';
  return `{${labels.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',')}}`;
};

const escapeLabel = (value: string): string =>
  value.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** A number as the format wants it: `+Inf`, `-Inf`, `NaN` or decimal. */
export const formatNumber = (value: number): string => {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
};
