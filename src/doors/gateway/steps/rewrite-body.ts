/**
 * Step 10: the body is made to say what was decided: the upstream's own model name, no more output
 * than will be reserved, usage at the end of a stream. From here on it is what will be sent.
 */
import type { JsonValue } from '../../../kernel/json-value.ts';
import { type Exchange, filled } from '../exchange.ts';
import { askForUsage } from '../protocols/openai-request.ts';
import type { StepResult } from '../types.ts';

const logprobFields = ['logprobs', 'top_logprobs', 'logit_bias'] as const;

const capOutput = (exchange: Exchange, body: Record<string, JsonValue>): void => {
  const facts = filled(exchange.facts, 'facts');
  if (facts.outputField === '') return;
  const outputPerChoice = Math.min(facts.outputPerChoice, exchange.duties.maxOutputTokens);
  body[facts.outputField] = outputPerChoice;
  exchange.facts = { ...facts, outputPerChoice };
};

/** The Responses API asks for them in `include`: `message.output_text.logprobs`. */
const dropLogprobs = (body: Record<string, JsonValue>): void => {
  for (const field of logprobFields) delete body[field];
  const { include } = body;
  if (include === undefined || include === null) return;
  const kept = [include]
    .flat()
    .filter((what) => typeof what !== 'string' || !what.includes('logprobs'));
  if (kept.length === 0) delete body['include'];
  else body['include'] = kept;
};

export const rewriteBody = (exchange: Exchange): StepResult => {
  const { route } = filled(exchange.match, 'route');
  const body = filled(exchange.body, 'body');
  if (route.protocol === 'v2') return undefined;
  body['model'] = filled(exchange.endpoint, 'endpoint').upstreamModel;
  capOutput(exchange, body);
  if (exchange.duties.dropsLogprobs) dropLogprobs(body);
  const streamsUsage = route.operation === 'chat' || route.operation === 'complete';
  if (exchange.facts?.isStream === true && streamsUsage) askForUsage(body);
  return undefined;
};
