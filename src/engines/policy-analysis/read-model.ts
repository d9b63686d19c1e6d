/** Reads what a solver printed: the verdict on the first line, then the values of terms. */
import type { Term } from './smt.ts';

export type ModelValue = string | bigint | boolean;
export type Model = ReadonlyMap<Term, ModelValue>;

type Token = { readonly text: string; readonly isString: boolean };

const tokensOf = function* (output: string): Generator<Token> {
  let at = 0;
  while (at < output.length) {
    const character = output.charAt(at);
    if (character === '"') {
      let end = at + 1;
      while (end < output.length && !(output[end] === '"' && output[end + 1] !== '"'))
        end += output[end] === '"' ? 2 : 1;
      yield { text: output.slice(at + 1, end), isString: true };
      at = end + 1;
    } else if (character === '(' || character === ')') {
      yield { text: character, isString: false };
      at++;
    } else if (/\s/.test(character)) at++;
    else {
      const start = at;
      while (at < output.length && !/[\s()]/.test(output.charAt(at))) at++;
      yield { text: output.slice(start, at), isString: false };
    }
  }
};

type Tree = Token | readonly Tree[];
const isTree = (tree: Tree | undefined): tree is readonly Tree[] => Array.isArray(tree);

const parse = (output: string): Tree | undefined => {
  const stack: Tree[][] = [[]];
  for (const token of tokensOf(output)) {
    if (!token.isString && token.text === '(') stack.push([]);
    else if (!token.isString && token.text === ')') {
      const done = stack.pop();
      if (done === undefined || stack.length === 0) return undefined;
      stack.at(-1)?.push(done);
    } else stack.at(-1)?.push(token);
  }
  return stack.length === 1 ? stack[0]?.[0] : undefined;
};

const unescape = (body: string): string =>
  body
    .replaceAll('""', '"')
    .replaceAll(/\\u\{([0-9a-fA-F]{1,5})\}|\\u([0-9a-fA-F]{4})/g, (_all, long, short) =>
      String.fromCodePoint(Number.parseInt((long ?? short) as string, 16)),
    );

const valueOf = (tree: Tree | undefined): ModelValue | undefined => {
  if (tree === undefined) return undefined;
  if (isTree(tree)) {
    const [minus, number] = tree;
    const value = valueOf(number);
    return minus !== undefined && !isTree(minus) && minus.text === '-' && typeof value === 'bigint'
      ? -value
      : undefined;
  }
  if (tree.isString) return unescape(tree.text);
  if (tree.text === 'true' || tree.text === 'false') return tree.text === 'true';
  return /^[0-9]+$/.test(tree.text) ? BigInt(tree.text) : undefined;
};

/** `get-value` answers in the order of the question. Undefined when the answer is not understood. */
export const readModel = (output: string, terms: readonly Term[]): Model | undefined => {
  const tree = parse(output);
  if (!isTree(tree) || tree.length !== terms.length) return undefined;
  const model = new Map<Term, ModelValue>();
  for (const [at, pair] of tree.entries()) {
    const value = isTree(pair) ? valueOf(pair[1]) : undefined;
    if (value === undefined) return undefined;
    model.set(terms[at] ?? '', value);
  }
  return model;
};

export type Answer =
  | { readonly kind: 'unsat' }
  | { readonly kind: 'sat'; readonly rest: string }
  | { readonly kind: 'unknown'; readonly reason: string };

const maxShown = 200;

/** The first line must be the verdict; anything in front of it means that the script was refused. */
export const readAnswer = (output: string): Answer => {
  const line = output.trimStart();
  const end = line.indexOf('\n');
  const verdict = (end < 0 ? line : line.slice(0, end)).trim();
  if (verdict === 'unsat') return { kind: 'unsat' };
  if (verdict === 'sat') return { kind: 'sat', rest: end < 0 ? '' : line.slice(end + 1) };
  if (verdict === 'unknown') return { kind: 'unknown', reason: 'the solver found no answer' };
  return { kind: 'unknown', reason: `the solver said: ${verdict.slice(0, maxShown)}` };
};
