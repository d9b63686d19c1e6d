/** Changes to inference answers (Open Inference Protocol V2) that policies can ask for. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../kernel/json-value.ts';

const floats: ReadonlySet<unknown> = new Set(['FP16', 'FP32', 'FP64', 'BF16']);

const round = (value: JsonValue, factor: number): JsonValue => {
  if (Array.isArray(value)) return value.map((item) => round(item as JsonValue, factor));
  if (typeof value !== 'number') return value;
  const scaled = value * factor;
  // So large that it has no decimal places; scaled it would leave the range and become null.
  return Number.isFinite(scaled) ? Math.round(scaled) / factor : value;
};

/** Rounds every floating-point output to so many decimal places; integers and text stay. */
export const roundOutputs = (answer: JsonObject, decimals: number): JsonObject => {
  const { outputs } = answer;
  if (!Array.isArray(outputs)) return answer;
  const factor = 10 ** decimals;
  const rounded = (outputs as readonly JsonValue[]).map((output) =>
    isJsonObject(output) && floats.has(output['datatype'])
      ? { ...output, data: round(output['data'] ?? [], factor) }
      : output,
  );
  return { ...answer, outputs: rounded };
};
