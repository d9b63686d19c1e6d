/**
 * Pure readers of what Linux writes under /proc: bounded, total, without regular expressions on
 * foreign text. What cannot be understood is absent, and then matches no selector.
 */

export type ProcessStatus = {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
};

const maxTextLength = 65_536;
const maxGroups = 1024;

const lineOf = (text: string, name: string): string | undefined => {
  const bounded = text.slice(0, maxTextLength);
  const start = bounded.startsWith(`${name}:`) ? 0 : bounded.indexOf(`\n${name}:`) + 1;
  if (start === 0 && !bounded.startsWith(`${name}:`)) return undefined;
  const from = start + name.length + 1;
  const end = bounded.indexOf('\n', from);
  return bounded.slice(from, end < 0 ? undefined : end).trim();
};

const isDigits = (text: string): boolean => {
  for (const character of text) if (character < '0' || character > '9') return false;
  return text.length > 0 && text.length <= 10;
};

/** Numbers between blanks; undefined when something else stands there. */
const numbersIn = (text: string | undefined): readonly number[] | undefined => {
  if (text === undefined) return undefined;
  const words = text.split(/[ \t]/, maxGroups + 1).filter((word) => word !== '');
  return words.every(isDigits) ? words.map(Number) : undefined;
};

/** Effective uid, gid and supplementary groups from /proc/PID/status. */
export const parseStatus = (text: string): ProcessStatus | undefined => {
  const uid = numbersIn(lineOf(text, 'Uid'))?.[1];
  const gid = numbersIn(lineOf(text, 'Gid'))?.[1];
  const groups = numbersIn(lineOf(text, 'Groups') ?? '') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid, gid, groups };
};

/** Clock ticks since boot at which the process started: field 22 of /proc/PID/stat. */
export const parseStartTime = (text: string): string | undefined => {
  // The command in field 2 may hold anything, parentheses and blanks too: it ends at the last one.
  const close = text.lastIndexOf(')');
  const fields = close < 0 ? [] : text.slice(close + 2, close + 1024).split(' ');
  const ticks = fields[19];
  return ticks !== undefined && isDigits(ticks.slice(0, 10)) && ticks.length <= 20
    ? ticks
    : undefined;
};
