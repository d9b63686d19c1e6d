/**
 * Slurm's notation for many hosts: `gpu[001-004,7],login1`. Membership is decided without writing
 * the list out, so a short text cannot stand for endless work.
 */

const maxLength = 16_384;

/** Splits at commas outside brackets. */
const splitHosts = (text: string): readonly string[] => {
  const parts: string[] = [];
  let start = 0;
  let isInside = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '[') isInside = true;
    if (character === ']') isInside = false;
    if (character !== ',' || isInside) continue;
    parts.push(text.slice(start, at));
    start = at + 1;
  }
  return [...parts, text.slice(start)];
};

const isNumber = (text: string): boolean => {
  for (const character of text) if (character < '0' || character > '9') return false;
  return text.length > 0 && text.length <= 9;
};

/** `001-004` or `7`; padded ranges only hold numbers of the same width. */
const isInRange = (range: string, number: string): boolean => {
  const dash = range.indexOf('-');
  const low = dash < 0 ? range : range.slice(0, dash);
  const high = dash < 0 ? range : range.slice(dash + 1);
  if (!isNumber(low) || !isNumber(high)) return false;
  const isPadded = low.startsWith('0') && low.length > 1;
  const fits = isPadded ? number.length === low.length : number === String(Number(number));
  return fits && Number(number) >= Number(low) && Number(number) <= Number(high);
};

const isHostOf = (expression: string, host: string): boolean => {
  const open = expression.indexOf('[');
  if (open < 0) return expression === host;
  const close = expression.indexOf(']', open);
  // Several brackets in one name are not understood, hence hold nobody.
  if (close < 0 || expression.includes('[', open + 1)) return false;
  const prefix = expression.slice(0, open);
  const suffix = expression.slice(close + 1);
  if (host.length <= prefix.length + suffix.length) return false;
  if (!host.startsWith(prefix) || !host.endsWith(suffix)) return false;
  const number = host.slice(prefix.length, host.length - suffix.length);
  if (!isNumber(number)) return false;
  const ranges = expression.slice(open + 1, close).split(',');
  return ranges.some((range) => isInRange(range, number));
};

/** True when the expression names the host. Total; nonsense names nobody. */
export const hostlistHas = (expression: string, host: string): boolean =>
  expression.length <= maxLength &&
  host.length > 0 &&
  splitHosts(expression).some((part) => isHostOf(part, host));
