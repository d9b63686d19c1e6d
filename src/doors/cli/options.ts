/** Typed access to parsed options. Wrong values are usage errors that name the option. */
import { kernelErrors, SallyportError } from '../../kernel/errors.ts';

export type Bounds = { readonly min: number; readonly max: number };

export type Options = {
  readonly text: (name: string) => string | undefined;
  /** Throws E_USAGE when absent. */
  readonly required: (name: string) => string;
  readonly flag: (name: string) => boolean;
  readonly list: (name: string) => readonly string[];
  readonly integer: (name: string, bounds: Bounds) => number | undefined;
  /** `90`, `90s`, `15m`, `12h`, `7d` as seconds. */
  readonly seconds: (name: string) => number | undefined;
};

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Wraps what commander parsed. Names are camelCase as commander makes them. */
export const createOptions = (raw: Readonly<Record<string, unknown>>): Options => {
  const text = (name: string): string | undefined => {
    const value = raw[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    text,
    required: (name) => {
      const value = text(name);
      if (value === undefined) throw usage(`--${dashed(name)} is missing`);
      return value;
    },
    flag: (name) => raw[name] === true,
    list: (name) => {
      const value = raw[name];
      return Array.isArray(value) ? value.map(String) : [];
    },
    integer: (name, bounds) => {
      const value = text(name);
      return value === undefined ? undefined : integerOf(name, value, bounds);
    },
    seconds: (name) => {
      const value = text(name);
      return value === undefined ? undefined : secondsOf(name, value);
    },
  };
};

const integerOf = (name: string, text: string, { min, max }: Bounds): number => {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw usage(`--${dashed(name)} must be a whole number from ${min} to ${max}`);
};

const secondsOf = (name: string, text: string): number => {
  const [, digits, unit] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
  if (digits === undefined)
    throw usage(`--${dashed(name)} must be a duration such as 90s, 15m, 12h or 7d`);
  return Number(digits) * (unitSeconds[unit || 's'] ?? 1);
};

const dashed = (name: string): string => {
  let text = '';
  for (const character of name)
    text += character === character.toLowerCase() ? character : `-${character.toLowerCase()}`;
  return text;
};

/** A usage error (exit code 2). */
export const usage = (detail: string): SallyportError =>
  new SallyportError(kernelErrors.E_USAGE, detail);
