/**
 * SMT-LIB 2 text, written with what is already decided folded away. Terms are text; everything longer
 * than a word gets a name of its own, so that text grows with the policies and not with their copies.
 * https://smt-lib.org/papers/smt-lib-reference-v2.7-r2025-02-05.pdf
 */

/** Text of a term; a symbol or a literal once it was named. */
export type Term = string;
export type Sort = 'Bool' | 'Int' | 'String';

export const not = (term: Term): Term => {
  if (term === 'true') return 'false';
  if (term === 'false') return 'true';
  return term.startsWith('(not ') ? term.slice(5, -1) : `(not ${term})`;
};

const join = (operator: 'and' | 'or', terms: readonly Term[]): Term => {
  const neutral = operator === 'and' ? 'true' : 'false';
  const decisive = operator === 'and' ? 'false' : 'true';
  const left = new Set<Term>();
  for (const term of terms) {
    if (term === decisive || left.has(not(term))) return decisive;
    if (term !== neutral) left.add(term);
  }
  const [first] = left;
  if (first === undefined) return neutral;
  return left.size === 1 ? first : `(${operator} ${[...left].join(' ')})`;
};

export const and = (...terms: readonly Term[]): Term => join('and', terms);
export const or = (...terms: readonly Term[]): Term => join('or', terms);
export const implies = (left: Term, right: Term): Term => or(not(left), right);

export const ite = (condition: Term, then: Term, otherwise: Term): Term => {
  if (condition === 'true' || then === otherwise) return then;
  if (condition === 'false') return otherwise;
  if (then === 'true' && otherwise === 'false') return condition;
  return `(ite ${condition} ${then} ${otherwise})`;
};

const isLiteral = (term: Term): boolean =>
  term === 'true' ||
  term === 'false' ||
  term.startsWith('"') ||
  /^[0-9]+$|^\(- [0-9]+\)$/.test(term);

/** Equality of terms of one sort. Equal literals have equal texts. */
export const equal = (left: Term, right: Term): Term => {
  if (left === right) return 'true';
  if (isLiteral(left) && isLiteral(right)) return 'false';
  return `(= ${left} ${right})`;
};

export const integer = (value: bigint | number): Term => (value < 0 ? `(- ${-value})` : `${value}`);

/** The largest code point of the theory of strings. */
export const maxCodePoint = 0x2ffff;

/** A string literal, or undefined when it holds a character that the theory does not know. */
export const text = (value: string): Term | undefined => {
  let out = '';
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    if (code > maxCodePoint) return undefined;
    const isPlain = code >= 0x20 && code < 0x7f && character !== '"' && character !== '\\';
    out += isPlain ? character : `\\u{${code.toString(16)}}`;
  }
  return `"${out}"`;
};

/** Collects declarations, definitions and assertions in an order a solver can read. */
export type Script = {
  /** The symbol for a function or constant, declared when it is first asked for. */
  readonly symbol: (key: string, args: readonly Sort[], result: Sort) => string;
  /** A constant that nothing else is. */
  readonly fresh: (sort: Sort) => Term;
  /** Gives a long term a name. */
  readonly named: (term: Term, sort: Sort) => Term;
  readonly assert: (term: Term) => void;
  readonly lines: () => readonly string[];
  /** Characters written so far. */
  readonly size: () => number;
};

const shortEnough = 24;

export const createScript = (): Script => {
  const lines: string[] = [];
  const known = new Map<string, string>();
  let size = 0;
  let count = 0;
  const write = (line: string): void => {
    size += line.length;
    lines.push(line);
  };
  const once = (key: string, prefix: string, make: (symbol: string) => string): string => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const symbol = `${prefix}${count++}`;
    write(make(symbol));
    known.set(key, symbol);
    return symbol;
  };
  return {
    symbol: (key, args, result) =>
      once(`f ${key}`, 'f', (symbol) => `(declare-fun ${symbol} (${args.join(' ')}) ${result})`),
    fresh: (sort) => once(`c ${count}`, 'c', (symbol) => `(declare-fun ${symbol} () ${sort})`),
    named: (term, sort) =>
      term.length <= shortEnough || term.startsWith('"')
        ? term
        : once(`t ${term}`, 't', (symbol) => `(define-fun ${symbol} () ${sort} ${term})`),
    assert: (term) => {
      if (term !== 'true') write(`(assert ${term})`);
    },
    lines: () => lines,
    size: () => size,
  };
};
