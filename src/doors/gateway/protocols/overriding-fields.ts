/**
 * Fields by which a body would say something else to the upstream than was judged here: a judged
 * name in another case, which case-insensitive readers take for the same field, and names that known
 * servers obey before the model or the bound of the output.
 */
import type { JsonObject } from '../../../kernel/json-value.ts';
import type { FieldChecks } from './openai-fields.ts';

type Fault = { readonly param: string; readonly what: string };

const otherModel = 'is not offered: it asks for a model that was not judged';
const otherBound = 'is not offered: it would get around the bound of the output';
const otherPlace = 'is not offered: where a request goes is the matter of the endpoint';

const overriding: ReadonlyMap<string, string> = new Map([
  ['models', otherModel],
  ['fallbacks', otherModel],
  ['n_predict', otherBound],
  ['num_predict', otherBound],
  ['max_new_tokens', otherBound],
  ['best_of', otherBound],
  ['use_beam_search', otherBound],
  ['api_base', otherPlace],
  ['base_url', otherPlace],
  ['api_key', otherPlace],
  ['user_config', otherPlace],
]);

const plain = /^[a-z0-9_]*$/;

/** As the most generous readers compare: both ways, so that ſ and the Kelvin sign fold as well. */
const fold = (name: string): string => name.toUpperCase().toLowerCase();

/** First field of a body that overrides what was judged; what the operation itself judges may stand. */
export const overridingFault = (body: JsonObject, checks: FieldChecks): Fault | undefined => {
  const isJudged = (name: string): boolean =>
    name === 'model' || checks.some(({ param }) => param === name);
  for (const param of Object.keys(body)) {
    const name = plain.test(param) ? param : fold(param);
    const what = overriding.get(name);
    if (name !== param && (what !== undefined || isJudged(name)))
      return { param, what: `must be written as ${name}` };
    const value = body[param];
    if (what === undefined || value === null || value === false || isJudged(name)) continue;
    return { param, what };
  }
  return undefined;
};
