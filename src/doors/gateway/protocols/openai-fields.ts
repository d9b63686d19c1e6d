/**
 * Checks of single OpenAI fields. Only what budgets, policies or inspection rely on is judged here;
 * fields nobody knows pass to the upstream as they are.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../kernel/json-value.ts';

/** Undefined when good, otherwise what is wrong with it. */
export type FieldCheck = (value: JsonValue) => string | undefined;
/** Walked for every request: a list, so that walking it allocates nothing. */
export type FieldChecks = readonly { readonly param: string; readonly check: FieldCheck }[];

const isCount = (value: JsonValue, minimum: number, maximum: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum;

const count =
  (minimum: number, maximum: number): FieldCheck =>
  (value) =>
    isCount(value, minimum, maximum)
      ? undefined
      : `must be an integer from ${minimum} to ${maximum}`;

const between =
  (minimum: number, maximum: number): FieldCheck =>
  (value) =>
    typeof value === 'number' && value >= minimum && value <= maximum
      ? undefined
      : `must be a number from ${minimum} to ${maximum}`;

const flag: FieldCheck = (value) => (typeof value === 'boolean' ? undefined : 'must be a boolean');
const text: FieldCheck = (value) => (typeof value === 'string' ? undefined : 'must be a string');
const object: FieldCheck = (value) => (isJsonObject(value) ? undefined : 'must be an object');
const objects: FieldCheck = (value) =>
  Array.isArray(value) && value.every(isJsonObject) ? undefined : 'must be an array of objects';
const texts: FieldCheck = (value) =>
  typeof value === 'string' ||
  (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    ? undefined
    : 'must be a string or an array of strings';

const notOffered =
  (why: string): FieldCheck =>
  (value) =>
    value === false ? undefined : `is not offered: ${why}`;

const roles = new Set(['developer', 'system', 'user', 'assistant', 'tool', 'function']);
const maxMessages = 10_000;
const maxChoices = 128;
const maxTokens = 100_000_000;

const isPart = (part: JsonValue): boolean => isJsonObject(part) && typeof part['type'] === 'string';

const isContent = (content: JsonValue | undefined): boolean =>
  content === undefined ||
  content === null ||
  typeof content === 'string' ||
  (Array.isArray(content) && content.every(isPart));

const messageFault = (message: JsonValue): string | undefined => {
  if (!isJsonObject(message)) return 'must be an object';
  const role = message['role'];
  if (typeof role !== 'string' || !roles.has(role)) return 'has an unknown role';
  return isContent(message['content']) ? undefined : 'has content that is neither text nor parts';
};

const messages: FieldCheck = (value) => {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxMessages)
    return `must be an array of 1 to ${maxMessages} messages`;
  for (let i = 0; i < value.length; i++) {
    const fault = messageFault((value as readonly JsonValue[])[i] as JsonValue);
    if (fault !== undefined) return `message ${i} ${fault}`;
  }
  return undefined;
};

const isTokens = (value: JsonValue): boolean =>
  Array.isArray(value) && value.every((token: JsonValue) => isCount(token, 0, 0x7fff_ffff));

/** The four forms of a prompt: text, texts, token ids, lists of token ids. */
const prompt: FieldCheck = (value) => {
  if (typeof value === 'string') return undefined;
  const isList = Array.isArray(value) && value.length > 0;
  if (isList && value.every((item) => typeof item === 'string')) return undefined;
  if (isList && (isTokens(value as JsonValue) || value.every(isTokens))) return undefined;
  return 'must be text, texts, token ids or lists of token ids, and not empty';
};

const responseInput: FieldCheck = (value) =>
  typeof value === 'string' || (Array.isArray(value) && value.every(isJsonObject))
    ? undefined
    : 'must be a string or an array of items';

const listOf = (checks: Readonly<Record<string, FieldCheck>>): FieldChecks =>
  Object.entries(checks).map(([param, check]) => ({ param, check }));

const sampling: Readonly<Record<string, FieldCheck>> = {
  stream: flag,
  temperature: between(0, 2),
  top_p: between(0, 1),
  user: text,
};

/** History kept by the upstream was never judged here and may belong to another caller. */
const upstreamState = notOffered('state kept by the upstream is not under policy');

export const chatChecks: FieldChecks = listOf({
  ...sampling,
  messages,
  n: count(1, maxChoices),
  max_tokens: count(1, maxTokens),
  max_completion_tokens: count(1, maxTokens),
  stream_options: object,
  stop: texts,
  tools: objects,
  functions: objects,
  logprobs: flag,
  top_logprobs: count(0, 100),
  logit_bias: object,
  presence_penalty: between(-2, 2),
  frequency_penalty: between(-2, 2),
});

export const completionChecks: FieldChecks = listOf({
  ...sampling,
  prompt,
  suffix: text,
  n: count(1, maxChoices),
  best_of: count(1, maxChoices),
  max_tokens: count(1, maxTokens),
  stream_options: object,
  stop: texts,
  logprobs: count(0, 100),
  echo: flag,
});

export const embeddingChecks: FieldChecks = listOf({
  input: prompt,
  encoding_format: (value) =>
    value === 'float' || value === 'base64' ? undefined : 'must be float or base64',
  dimensions: count(1, 1_000_000),
  user: text,
});

export const responseChecks: FieldChecks = listOf({
  ...sampling,
  input: responseInput,
  instructions: text,
  max_output_tokens: count(1, maxTokens),
  tools: objects,
  include: texts,
  background: upstreamState,
  previous_response_id: upstreamState,
  conversation: upstreamState,
  prompt: upstreamState,
});

/** First fault of a body: `messages: message 0 has an unknown role`. Null counts as absent. */
export const firstFault = (
  body: JsonObject,
  checks: FieldChecks,
): { readonly param: string; readonly what: string } | undefined => {
  for (const { param, check } of checks) {
    const value = body[param];
    if (value === undefined || value === null) continue;
    const what = check(value);
    if (what !== undefined) return { param, what };
  }
  return undefined;
};
