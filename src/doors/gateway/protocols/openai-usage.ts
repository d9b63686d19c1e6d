/** Token usage in OpenAI answers, whole or streamed, and what to assume when there is none. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../kernel/json-value.ts';
import type { RequestFacts, Usage } from '../exchange.ts';

const bytesPerToken = 3;
/** Beyond this no count is believed. */
const maxCount = 1e9;

const countOf = (value: JsonValue | undefined): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxCount
    ? value
    : undefined;

/** Reads `usage` of chat, completions, embeddings (prompt_…) and responses (input_…). */
export const usageOf = (answer: JsonObject): Usage | undefined => {
  const nested = answer['response'];
  const usage = answer['usage'] ?? (isJsonObject(nested) ? nested['usage'] : undefined);
  if (!isJsonObject(usage)) return undefined;
  const inputTokens = countOf(usage['prompt_tokens'] ?? usage['input_tokens']);
  if (inputTokens === undefined) return undefined;
  // Embeddings have no output; a count that is there and nonsense makes the whole usage nonsense.
  const outputTokens = countOf(usage['completion_tokens'] ?? usage['output_tokens'] ?? 0);
  if (outputTokens === undefined) return undefined;
  const total = countOf(usage['total_tokens']) ?? 0;
  return {
    inputTokens,
    // Reasoning tokens are counted in the total by some upstreams only.
    outputTokens: Math.max(outputTokens, total - inputTokens),
    isEstimate: false,
  };
};

/** What an answer of so many bytes costs when the upstream does not say. */
export const estimateUsage = (facts: RequestFacts, answerBytes: number): Usage => ({
  inputTokens: facts.inputTokens,
  outputTokens:
    facts.outputField === ''
      ? 0
      : Math.min(Math.ceil(answerBytes / bytesPerToken), facts.outputPerChoice * facts.choices),
  isEstimate: true,
});

/** The chunk that carries nothing but usage: choices present and empty. */
export const isUsageChunk = (event: JsonObject): boolean => {
  const { choices } = event;
  return Array.isArray(choices) && choices.length === 0 && isJsonObject(event['usage']);
};

/** Bytes of text in one streamed event: every string below `delta`, `text` and `choices`. */
export const textBytes = (value: JsonValue | undefined, depth = 0): number => {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (depth > 8 || typeof value !== 'object' || value === null) return 0;
  let bytes = 0;
  for (const member of Object.values(value)) bytes += textBytes(member as JsonValue, depth + 1);
  return bytes;
};
