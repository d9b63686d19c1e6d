/**
 * Splits policy text into statements with their places, and weighs how deeply each one nests. Cedar's
 * WebAssembly build overflows its stack on deep text and is unusable afterwards, so text over the
 * limit is refused before it gets there.
 */
import { nextToken, type PolicyToken } from './policy-tokens.ts';

export type Statement = {
  /** Offset of the first character, the `@` of an annotation included. */
  readonly start: number;
  /** The statement with its `;`. */
  readonly text: string;
  /** Offset in `text` of `permit` or `forbid`, when there is one. */
  readonly effectAt: number | undefined;
  /** Offset in `text` just behind the scope's closing parenthesis, when there is one. */
  readonly scopeEnd: number | undefined;
  /** How deeply the statement nests; over `maxWeight` it is not parsed. */
  readonly weight: number;
};

/** Half of what overflows the parser in the worst shape measured (parentheses, records). */
export const maxWeight = 256;
const bracketWeight = 4;
const conditionalWeight = 2;

const chainMarks = new Set(['&&', '||', '+', '-', '*']);
const termMarks = new Set(['.', '!', '==', '<', '>', '=']);
const termWords = new Set(['has', 'in', 'like', 'is']);

/** Operators met on one bracket level: a chain nests once per link, a term once per operator. */
type Level = { chain: number; term: number; widestTerm: number };
const newLevel = (): Level => ({ chain: 0, term: 0, widestTerm: 0 });
const levelWeight = (level: Level): number =>
  level.chain + Math.max(level.term, level.widestTerm) + bracketWeight;

const countToken = (level: Level, token: string): void => {
  if (token === ',') Object.assign(level, newLevel());
  else if (token === 'if') level.chain += conditionalWeight;
  else if (termMarks.has(token) || termWords.has(token)) level.term++;
  else if (chainMarks.has(token)) {
    level.chain++;
    level.widestTerm = Math.max(level.widestTerm, level.term);
    level.term = 0;
  }
};

/** Follows brackets through one statement and remembers the heaviest path of open levels. */
const createWeigher = () => {
  const levels: Level[] = [newLevel()];
  let enclosing = 0;
  let heaviest = 0;
  return {
    depth: (): number => levels.length - 1,
    heaviest: (): number => heaviest,
    take: (token: string): void => {
      const level = levels[levels.length - 1] ?? newLevel();
      if (token === '(' || token === '[' || token === '{') {
        enclosing += levelWeight(level);
        levels.push(newLevel());
      } else if ((token === ')' || token === ']' || token === '}') && levels.length > 1) {
        levels.pop();
        enclosing -= levelWeight(levels[levels.length - 1] ?? newLevel());
      } else countToken(level, token);
      const inner = levels[levels.length - 1] ?? newLevel();
      heaviest = Math.max(heaviest, enclosing + levelWeight(inner));
    },
  };
};

/** Scope and effect of the statement under way. */
type Head = { effectAt: number | undefined; scopeEnd: number | undefined; previous: string };

const noteHead = (head: Head, token: string, place: PolicyToken & { depth: number }): void => {
  const isEffect = token === 'permit' || token === 'forbid';
  if (head.effectAt === undefined) {
    if (isEffect && place.depth === 0 && head.previous !== '@') head.effectAt = place.start;
  } else if (head.scopeEnd === undefined && token === ')' && place.depth === 0)
    head.scopeEnd = place.end;
  head.previous = token;
};

const readStatement = (text: string, first: PolicyToken): { statement: Statement; end: number } => {
  const weigher = createWeigher();
  const head: Head = { effectAt: undefined, scopeEnd: undefined, previous: '' };
  let token: PolicyToken | undefined = first;
  let end = first.end;
  while (token !== undefined) {
    const word = token.kind === 'string' ? '""' : text.slice(token.start, token.end);
    weigher.take(word);
    noteHead(head, word, { ...token, depth: weigher.depth() });
    end = token.end;
    if (word === ';') break;
    token = nextToken(text, token.end);
  }
  const start = first.start;
  const relative = (at: number | undefined) => (at === undefined ? undefined : at - start);
  const statement: Statement = {
    start,
    text: text.slice(start, end),
    effectAt: relative(head.effectAt),
    scopeEnd: relative(head.scopeEnd),
    weight: weigher.heaviest(),
  };
  return { statement, end };
};

/** The statements of a policy file in source order. A last one without `;` is returned as it is. */
export const splitPolicies = (text: string): readonly Statement[] => {
  const statements: Statement[] = [];
  let first = nextToken(text, 0);
  while (first !== undefined) {
    const { statement, end } = readStatement(text, first);
    statements.push(statement);
    first = nextToken(text, end);
  }
  return statements;
};

/** The heaviest nesting of any Cedar text (a schema, say), for the same reason. */
export const weighText = (text: string): number =>
  splitPolicies(text).reduce((heaviest, { weight }) => Math.max(heaviest, weight), 0);
