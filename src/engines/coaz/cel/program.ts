/** Expressions for callers: read once, run often, problems as refusals with their place. */
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import type { JsonValue } from '../../../kernel/json-value.ts';
import { coazErrors } from '../errors.ts';
import { type Budget, createBudget } from './budget.ts';
import type { Code } from './code.ts';
import { compile } from './compile.ts';
import { type CelLimits, defaultCelLimits } from './limits.ts';
import { parseCel } from './parse.ts';
import { SyntaxFailure } from './syntax-failure.ts';
import { toJson } from './to-json.ts';
import { type CelFault, type CelValue, isFault, isOptional } from './values.ts';

/** The value of an expression; `absent` when it is an optional that holds nothing. */
export type CelResult = { readonly value: JsonValue } | { readonly absent: true };

export type CelProgram = {
  /** Variables that the expression reads. */
  readonly uses: ReadonlySet<string>;
  /**
   * Evaluates with these variables: JSON (numbers are doubles), `bigint` for int. Never throws for such
   * values. Refuses with E_CEL_EVALUATION or E_CEL_LIMIT and `data.at`, an offset into the text. A budget
   * may be shared by several runs.
   */
  readonly run: (
    variables: Readonly<Record<string, CelValue>>,
    budget?: Budget,
  ) => CelResult | Refusal;
};

/** A refusal that says where: columns count from 1, `data.at` from 0. */
const refused = (kind: 'E_CEL_SYNTAX' | 'E_CEL_EVALUATION', problem: CelFault | SyntaxFailure) => {
  const { message, at, isLimit } = problem;
  return refuse(coazErrors[isLimit ? 'E_CEL_LIMIT' : kind], `column ${at + 1}: ${message}`, { at });
};

const programOf = (code: Code, names: readonly string[], limits: CelLimits): CelProgram['run'] => {
  return (variables, budget = createBudget(limits)) => {
    const frame = {
      variables: names.map((name) =>
        Object.hasOwn(variables, name) ? variables[name] : undefined,
      ),
      budget,
    };
    const outcome = code(frame);
    if (isFault(outcome)) return refused('E_CEL_EVALUATION', outcome);
    const value = isOptional(outcome) ? outcome.value : outcome;
    if (value === undefined) return { absent: true };
    const json = toJson(value, limits.maxSize);
    return isFault(json) ? refused('E_CEL_EVALUATION', json) : { value: json };
  };
};

/** Reads an expression over these variables. Refuses with E_CEL_SYNTAX or E_CEL_LIMIT; never throws. */
export const compileCel = (
  text: string,
  variables: readonly string[],
  limits: CelLimits = defaultCelLimits,
): CelProgram | Refusal => {
  try {
    const used = new Set<string>();
    const code = compile(parseCel(text, limits), { names: variables, used });
    return { uses: used, run: programOf(code, variables, limits) };
  } catch (error) {
    if (error instanceof SyntaxFailure) return refused('E_CEL_SYNTAX', error);
    throw error;
  }
};
