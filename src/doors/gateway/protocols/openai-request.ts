/**
 * OpenAI requests: which fields must be there, how much output was asked for, and the rewriting
 * that makes the body say exactly what was decided.
 */
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import type { JsonObject, JsonValue } from '../../../kernel/json-value.ts';
import { gatewayErrors } from '../errors.ts';
import type { OpenAiOperation } from '../route.ts';
import {
  chatChecks,
  completionChecks,
  embeddingChecks,
  type FieldChecks,
  firstFault,
  responseChecks,
} from './openai-fields.ts';
import { overridingFault } from './overriding-fields.ts';

type OperationRules = {
  readonly checks: FieldChecks;
  readonly needed: string;
  /** Fields that bound the output, the one to write when none is given last. */
  readonly outputFields: readonly string[];
  /** Output of one choice when nothing is asked; undefined: as much as the endpoint allows. */
  readonly defaultOutput?: number;
};

const rules: Readonly<Record<OpenAiOperation, OperationRules>> = {
  chat: {
    checks: chatChecks,
    needed: 'messages',
    outputFields: ['max_tokens', 'max_completion_tokens'],
  },
  // 16 is the default the API reference documents; upstreams differ, so it is always written.
  complete: {
    checks: completionChecks,
    needed: 'prompt',
    outputFields: ['max_tokens'],
    defaultOutput: 16,
  },
  embed: { checks: embeddingChecks, needed: 'input', outputFields: [], defaultOutput: 0 },
  respond: { checks: responseChecks, needed: 'input', outputFields: ['max_output_tokens'] },
};

/** What a valid request asks for. */
export type OpenAiAsk = {
  /** Field that bounds the output; empty when the operation produces none. */
  readonly outputField: string;
  /** Output tokens asked for per choice; infinite when left open. */
  readonly outputPerChoice: number;
  readonly choices: number;
  readonly isStream: boolean;
  readonly wantsUsage: boolean;
  readonly isTool: boolean;
  readonly messages: number;
};

const bad = (param: string, what: string): Refusal =>
  refuse(gatewayErrors.E_REQUEST_INVALID, `${param}: ${what}`, { param });

const numberOr = (value: JsonValue | undefined, otherwise: number): number =>
  typeof value === 'number' ? value : otherwise;

const isGiven = (value: JsonValue | undefined): boolean => value !== undefined && value !== null;

/** Prompts in a batch; each is answered by its own choices. */
const prompts = (prompt: JsonValue | undefined): number =>
  Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt.length : 1;

const choicesOf = (operation: OpenAiOperation, body: JsonObject): number => {
  if (operation === 'chat') return numberOr(body['n'], 1);
  if (operation !== 'complete') return 1;
  return prompts(body['prompt']) * Math.max(numberOr(body['n'], 1), numberOr(body['best_of'], 1));
};

const includesUsage = (options: JsonValue | undefined): boolean =>
  (options as JsonObject | null | undefined)?.['include_usage'] === true;

const itemsOf = (value: JsonValue | undefined): number =>
  Array.isArray(value) ? value.length : isGiven(value) ? 1 : 0;

const outputFieldOf = (body: JsonObject, { outputFields }: OperationRules): string | Refusal => {
  const given = outputFields.filter((field) => isGiven(body[field]));
  if (given.length > 1) return bad(given[0] as string, `cannot stand beside ${given[1]}`);
  return given[0] ?? outputFields.at(-1) ?? '';
};

/** Checks the shape and reads what is asked for. */
export const readOpenAi = (operation: OpenAiOperation, body: JsonObject): OpenAiAsk | Refusal => {
  const rule = rules[operation];
  if (!isGiven(body[rule.needed])) return bad(rule.needed, 'is missing');
  const fault = firstFault(body, rule.checks) ?? overridingFault(body, rule.checks);
  if (fault !== undefined) return bad(fault.param, fault.what);
  const outputField = outputFieldOf(body, rule);
  if (typeof outputField !== 'string') return outputField;
  const otherwise = rule.defaultOutput ?? Number.POSITIVE_INFINITY;
  return {
    outputField,
    outputPerChoice: outputField === '' ? 0 : numberOr(body[outputField], otherwise),
    choices: choicesOf(operation, body),
    isStream: operation !== 'embed' && body['stream'] === true,
    wantsUsage: includesUsage(body['stream_options']),
    isTool: itemsOf(body['tools']) + itemsOf(body['functions']) > 0,
    messages: itemsOf(body[rule.needed]),
  };
};

/** Makes a stream of chat or completions end with its usage. */
export const askForUsage = (body: Record<string, JsonValue>): void => {
  const options = body['stream_options'];
  body['stream_options'] = { ...(options as JsonObject | null), include_usage: true };
};
