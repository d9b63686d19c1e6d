/** `like` as a term over strings. */
import type { PatternPart } from '../cedar/index.ts';
import { equal, maxCodePoint, text, type Term } from './smt.ts';
import { Unsupported } from './symbolic.ts';

const literal = (part: string): Term => {
  const term = text(part);
  if (term === undefined)
    throw new Unsupported(`a character beyond U+${maxCodePoint.toString(16).toUpperCase()}`);
  return term;
};

/** Neighbouring literals joined, neighbouring wildcards made one. */
const simplify = (pattern: readonly PatternPart[]): readonly (string | null)[] => {
  const parts: (string | null)[] = [];
  for (const part of pattern) {
    const last = parts.at(-1);
    if (part === 'wildcard') {
      if (last !== null) parts.push(null);
    } else if (part.literal === '') continue;
    else if (typeof last === 'string') parts[parts.length - 1] = last + part.literal;
    else parts.push(part.literal);
  }
  return parts;
};

const general = (value: Term, parts: readonly (string | null)[]): Term => {
  const pieces = parts.map((part) => (part === null ? 're.all' : `(str.to_re ${literal(part)})`));
  return `(str.in_re ${value} (re.++ ${pieces.join(' ')}))`;
};

/** Whether a string matches; the common shapes without a regular expression. */
export const likeTerm = (value: Term, pattern: readonly PatternPart[]): Term => {
  const parts = simplify(pattern);
  const [first, second, third] = parts;
  if (parts.length === 0) return equal(value, '""');
  if (parts.length === 1) return typeof first === 'string' ? equal(value, literal(first)) : 'true';
  if (parts.length === 2 && typeof first === 'string')
    return `(str.prefixof ${literal(first)} ${value})`;
  if (parts.length === 2 && typeof second === 'string')
    return `(str.suffixof ${literal(second)} ${value})`;
  if (parts.length === 3 && first === null && typeof second === 'string' && third === null)
    return `(str.contains ${value} ${literal(second)})`;
  return general(value, parts);
};
