/** The syntax tree of an expression. `at` is the offset of what a fault is blamed on. */
import type { CelValue } from './values.ts';

export type BinaryOperator =
  | '||'
  | '&&'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'in'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';

/** `isOptional`: written with a question mark, left out when it holds nothing. */
export type Item = { readonly value: Expression; readonly isOptional: boolean };
export type Entry = Item & { readonly key: Expression };

export type Select = {
  readonly kind: 'select';
  readonly at: number;
  readonly of: Expression;
  readonly field: string;
  readonly isOptional: boolean;
};
export type Call = {
  readonly kind: 'call';
  readonly at: number;
  readonly name: string;
  readonly receiver?: Expression;
  readonly args: readonly Expression[];
};

export type Expression =
  | { readonly kind: 'literal'; readonly at: number; readonly value: CelValue }
  | { readonly kind: 'name'; readonly at: number; readonly name: string }
  | { readonly kind: 'list'; readonly at: number; readonly items: readonly Item[] }
  | { readonly kind: 'map'; readonly at: number; readonly entries: readonly Entry[] }
  | Select
  | {
      readonly kind: 'index';
      readonly at: number;
      readonly of: Expression;
      readonly index: Expression;
      readonly isOptional: boolean;
    }
  | { readonly kind: 'has'; readonly at: number; readonly of: Expression; readonly field: string }
  | Call
  | {
      readonly kind: 'unary';
      readonly at: number;
      readonly operator: '!' | '-';
      readonly of: Expression;
    }
  | {
      readonly kind: 'binary';
      readonly at: number;
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'choice';
      readonly at: number;
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    };
