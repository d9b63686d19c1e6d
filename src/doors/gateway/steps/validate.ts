/** Step 7: the body means something in its protocol and fits what the endpoint declares. */
import { isRefusal } from '../../../kernel/errors.ts';
import type { JsonArray, JsonObject, JsonValue } from '../../../kernel/json-value.ts';
import { bodyOf, type Exchange, filled } from '../exchange.ts';
import { readOpenAi } from '../protocols/openai-request.ts';
import { readV2 } from '../protocols/v2-request.ts';
import type { OpenAiOperation } from '../route.ts';
import type { StepResult } from '../types.ts';

/** Three bytes a token is more tokens than any common tokenizer makes of ordinary text. */
const bytesPerToken = 3;

/** Text of token ids can be as short as this: a digit and a comma. */
const bytesPerTokenId = 2;

const tokenIds = (value: JsonValue | undefined): number => {
  if (typeof value === 'number') return 1;
  if (!Array.isArray(value)) return 0;
  let count = 0;
  for (const item of value as JsonArray) count += tokenIds(item);
  return count;
};

/** Tokens of the input, estimated high: ids count as what they are, the rest by its bytes. */
const inputTokensOf = ({ prompt, input }: JsonObject, bytes: number): number => {
  const ids = tokenIds(prompt) + tokenIds(input);
  return ids + Math.ceil(Math.max(0, bytes - ids * bytesPerTokenId) / bytesPerToken);
};

const validateV2 = (exchange: Exchange): StepResult => {
  const ask = readV2(bodyOf(exchange), filled(exchange.endpoint, 'endpoint'));
  if (isRefusal(ask)) return ask;
  exchange.facts = {
    inputTokens: 0,
    outputField: '',
    outputPerChoice: 0,
    choices: 1,
    isStream: false,
    isTool: false,
    messages: ask.tensors,
    elements: ask.elements,
  };
  return undefined;
};

const validateOpenAi = (exchange: Exchange, operation: OpenAiOperation): StepResult => {
  const ask = readOpenAi(operation, bodyOf(exchange));
  if (isRefusal(ask)) return ask;
  const { wantsUsage, ...asked } = ask;
  const { limits } = filled(exchange.endpoint, 'endpoint');
  exchange.wantsUsage = wantsUsage;
  exchange.facts = {
    ...asked,
    inputTokens: inputTokensOf(bodyOf(exchange), exchange.requestBytes),
    outputPerChoice: Math.min(asked.outputPerChoice, limits.maxOutputTokens),
    elements: 0,
  };
  return undefined;
};

export const validate = (exchange: Exchange): StepResult => {
  const operation = filled(exchange.match, 'route').route.operation ?? 'infer';
  return operation === 'infer' ? validateV2(exchange) : validateOpenAi(exchange, operation);
};
